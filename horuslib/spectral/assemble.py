"""From folders of events to the networks' inputs, one event at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.core.progress import Progress
from horuslib.spectral.embedding.backbones import Backbone, lite_backbone, load_backbone
from horuslib.spectral.embedding.embedder import Embedder
from horuslib.spectral.embedding.look_cache import LookCache
from horuslib.spectral.embedding.looks import Looker, look_inputs
from horuslib.spectral.embedding.people import PersonDetector, find_pose_model
from horuslib.spectral.events.event import Event, Signals, read_signals
from horuslib.spectral.events.vector import sensor_vector
from horuslib.spectral.models.late_fusion import mel_input
from horuslib.spectral.timing.inputs import MOMENTS, Inputs
from horuslib.tasks import EventsTask


@dataclass(frozen=True)
class ImageNetworks:
    """The networks that embed pictures and detect persons, and where they come from, for reports and metadata."""

    looker: Looker
    width: int
    backbone: Backbone
    detects_people: bool

    @property
    def sentence(self) -> str:
        """Which networks they are."""
        people = "a pose detector looks for persons" if self.detects_people else "no pose detector is installed"
        return f"Pictures are embedded by {self.backbone.name} ({self.backbone.source}); {people}."


@dataclass(frozen=True)
class Assembled:
    """An event as the networks take it.

    Attributes
    ----------
    inputs : of the default network.
    vector : (15,) sensor features; mel : (128, 431, 1); frames : (width,) mean embedding of whole
        frames: what the late-fusion network takes. None where they were not asked for.
    """

    inputs: Inputs
    vector: np.ndarray
    mel: np.ndarray | None
    frames: np.ndarray | None


def open_image_networks(
    task: EventsTask, cache: Path | None, for_late_fusion: bool = False, count: int = MOMENTS
) -> ImageNetworks:
    """The image networks of a task.

    Parameters
    ----------
    cache : a folder where what was seen is kept; None keeps nothing.
    for_late_fusion : embed whole frames too.
    count : how many frames of a film are looked at.
    """
    backbone = load_backbone(task.networks.image_weights)
    path = find_pose_model() if task.networks.person == "auto" else None
    kept = LookCache(cache, f"{backbone.sha256} {path is not None} {for_late_fusion} {count}") if cache else None
    detector = PersonDetector(path) if path else None
    looker = Looker(Embedder(lite_backbone(backbone)), detector, kept, for_late_fusion, count)
    return ImageNetworks(looker, backbone.width, backbone, path is not None)


def assemble(
    signals: Signals, image_networks: ImageNetworks, duration_s: float, for_late_fusion: bool = False
) -> Assembled:
    """One event's inputs."""
    inputs, look = look_inputs(signals, image_networks.looker, duration_s, image_networks.width)
    vector, _ = sensor_vector(signals.sensors, duration_s)
    mel = mel_input(signals.sound) if for_late_fusion else None
    frames = None
    if for_late_fusion:
        frames = (
            look.frames.mean(0)
            if look is not None and look.frames is not None
            else np.zeros(image_networks.width, np.float32)
        )
    return Assembled(inputs, vector, mel, frames)


def assemble_all(
    events: list[Event], image_networks: ImageNetworks, duration_s: float, for_late_fusion: bool = False
) -> Iterator[Assembled]:
    """Every event's inputs, in order; films that were looked at before are not looked at again."""
    with Progress(len(events), "events looked at", "events") as progress:
        for event in events:
            yield assemble(read_signals(event), image_networks, duration_s, for_late_fusion)
            progress.update(1)


def late_fusion_inputs(done: list[Assembled]) -> dict[str, np.ndarray]:
    """What the late-fusion network takes, stacked: `video` (n, width), `mel` (n, 128, 431, 1), `vector` (n, 15)."""
    video = np.stack([one.frames for one in done])
    return {
        "video": video,
        "mel": np.stack([one.mel for one in done]),
        "vector": np.stack([one.vector for one in done]),
    }

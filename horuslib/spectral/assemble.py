"""From folders of events to the networks' inputs: signals are read, looked at and measured, one event at a time."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.core.progress import Progress
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.spectral.embedding.backbones import Backbone, lite_backbone, load_backbone
from horuslib.spectral.embedding.embedder import Embedder
from horuslib.spectral.embedding.look_cache import LookCache
from horuslib.spectral.embedding.looks import Looker
from horuslib.spectral.embedding.people import PersonDetector, find_pose_model
from horuslib.spectral.events.event import Event, Signals, read_signals
from horuslib.spectral.events.vector import sensor_vector
from horuslib.spectral.models.seed import mel_input
from horuslib.spectral.timing.inputs import Inputs, event_inputs
from horuslib.tasks import EventsTask

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Eyes:
    """What looks at pictures, and what it is, for reports and metadata."""

    looker: Looker
    width: int
    backbone: Backbone
    sees_people: bool

    @property
    def sentence(self) -> str:
        """Which networks look."""
        people = "a pose detector looks for persons" if self.sees_people else "no pose detector is installed"
        return f"Pictures are embedded by {self.backbone.name} ({self.backbone.source}); {people}."


@dataclass(frozen=True)
class Assembled:
    """An event as the networks take it.

    Attributes
    ----------
    inputs : of the default network.
    vector, has : (15,) sensor features and their mask; mel : (128, 431, 1); frames : (width,) mean embedding of whole
        frames: what the seed's network takes. None where they were not asked for.
    """

    event: Event
    inputs: Inputs
    vector: np.ndarray
    has: np.ndarray
    mel: np.ndarray | None
    frames: np.ndarray | None
    issues: list[IngestIssue]


def open_eyes(task: EventsTask, cache: Path | None, for_seed: bool = False) -> Eyes:
    """The image networks of a task; `for_seed` embeds whole frames too."""
    backbone = load_backbone(task.networks.image_weights)
    path = find_pose_model() if task.networks.person == "auto" else None
    kept = LookCache(cache, f"{backbone.sha256} {path is not None} {for_seed}") if cache else None
    looker = Looker(Embedder(lite_backbone(backbone)), PersonDetector(path) if path else None, kept, for_seed)
    return Eyes(looker, backbone.width, backbone, path is not None)


def assemble(event: Event, signals: Signals, eyes: Eyes, duration_s: float, for_seed: bool = False) -> Assembled:
    """One event's inputs."""
    look = eyes.looker(signals.picture, duration_s) if signals.picture is not None else None
    parts = (look.change, look.regions, look.person) if look else (None, None, None)
    inputs = event_inputs(signals, duration_s, eyes.width, *parts)
    vector, has = sensor_vector(signals.sensors, duration_s)
    mel = mel_input(signals.sound) if for_seed else None
    frames = None
    if for_seed:
        frames = (
            look.frames.mean(0) if look is not None and look.frames is not None else np.zeros(eyes.width, np.float32)
        )
    return Assembled(event, inputs, vector, has, mel, frames, signals.issues)


def assemble_all(events: list[Event], eyes: Eyes, duration_s: float, for_seed: bool = False) -> Iterator[Assembled]:
    """Every event's inputs, in order; films that were looked at before are not looked at again."""
    with Progress(len(events), "events looked at", "events") as progress:
        for event in events:
            yield assemble(event, read_signals(event), eyes, duration_s, for_seed)
            progress.update(1)


def seed_inputs(done: list[Assembled]) -> dict[str, np.ndarray]:
    """What the seed's network takes, stacked: `video` (n, width), `mel` (n, 128, 431, 1), `vector` (n, 15)."""
    video = np.stack([one.frames for one in done])
    return {
        "video": video,
        "mel": np.stack([one.mel for one in done]),
        "vector": np.stack([one.vector for one in done]),
    }

"""What the image networks give for a film, computed once and kept by its content; with the rest, an event's inputs."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from horuslib.spectral.embedding.embedder import Embedder
from horuslib.spectral.embedding.moments import changed_regions, cut_out, nearest, whole_frames
from horuslib.spectral.embedding.people import PersonDetector
from horuslib.spectral.events.event import Signals
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import Inputs, event_inputs
from horuslib.spectral.timing.picture_curves import WHOLE, Change, picture_change


@dataclass(frozen=True)
class Look:
    """Attributes
    ----------
    change : curves and changed regions.
    regions : (MOMENTS, width) embeddings of the changed regions; None without an image network.
    frames : (MOMENTS, width) embeddings of whole frames; None where they were not asked for.
    person : (MOMENTS, 2) logits of a person, whole frame and changed region; None without a detector.
    """

    change: Change
    regions: np.ndarray | None
    frames: np.ndarray | None
    person: np.ndarray | None


class Cache(Protocol):
    """Keeps looks by the content of the film."""

    def find(self, picture: Picture, duration_s: float) -> Look | None: ...

    def keep(self, picture: Picture, duration_s: float, look: Look) -> None: ...


class Looker:
    """Applies the image networks that are there to films.

    Parameters
    ----------
    embedder, detector : an image network and a detector of persons; None for none.
    cache : where results are kept (`look_cache.LookCache`); None keeps nothing.
    whole : whether whole frames are embedded too, as the late-fusion network needs.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        detector: PersonDetector | None,
        cache: Cache | None = None,
        whole: bool = False,
    ):
        self._embedder, self._detector, self._cache, self._whole = embedder, detector, cache, whole

    def __call__(self, picture: Picture, duration_s: float) -> Look:
        """Curves, embeddings and scores of a film."""
        kept = self._cache.find(picture, duration_s) if self._cache is not None else None
        if kept is not None:
            return kept
        at = nearest(picture, duration_s)
        change = picture_change(picture, duration_s, at)
        regions, frames, person = None, None, None
        if self._embedder is not None:
            regions = self._embedder(changed_regions(picture, change.boxes, duration_s))
            frames = self._embedder(whole_frames(picture, duration_s)) if self._whole else None
        if self._detector is not None:
            person = self._people([picture.frames[i] for i in at], change.boxes)
        look = Look(change, regions, frames, person)
        if self._cache is not None:
            self._cache.keep(picture, duration_s, look)
        return look

    def _people(self, frames: list[np.ndarray], boxes: np.ndarray) -> np.ndarray:
        """(n, 2) logits of whole frames and regions; a region that is the whole frame is not looked at twice."""
        whole = self._detector(frames)
        person = np.stack([whole, whole], 1)
        parts = [i for i, box in enumerate(boxes) if tuple(box) != WHOLE]
        if parts:
            person[parts, 1] = self._detector([cut_out(frames[i], boxes[i]) for i in parts])
        return person


def look_inputs(signals: Signals, looker: Looker, duration_s: float, look_width: int) -> tuple[Inputs, Look | None]:
    """An event's inputs, in training and in the exported package, and what was seen; None without a picture."""
    if signals.picture is None:
        return event_inputs(signals, duration_s, look_width), None
    look = looker(signals.picture, duration_s)
    return event_inputs(signals, duration_s, look_width, look.change, look.regions, look.person), look

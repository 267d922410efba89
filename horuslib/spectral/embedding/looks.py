"""What the image networks give for a film, computed once and kept by its content; with the rest, an event's inputs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from horuslib.spectral.embedding.embedder import Embedder
from horuslib.spectral.embedding.moments import cut_out, nearest, onto_moments, resized
from horuslib.spectral.embedding.people import PersonDetector
from horuslib.spectral.events.event import Signals
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import MOMENTS, Inputs, event_inputs
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
    """Applies the image networks that are there to films, both at the same time; frames that look alike are looked at
    once.

    Parameters
    ----------
    embedder, detector : an image network and a detector of persons; None for none.
    cache : where results are kept (`look_cache.LookCache`); None keeps nothing.
    whole : whether whole frames are embedded too, as the late-fusion network needs.
    count : how many frames are looked at; the network takes MOMENTS of them whatever their number.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        detector: PersonDetector | None,
        cache: Cache | None = None,
        whole: bool = False,
        count: int = MOMENTS,
    ):
        self._embedder, self._detector, self._cache, self._whole = embedder, detector, cache, whole
        self._count = count

    def __call__(self, picture: Picture, duration_s: float) -> Look:
        """Curves, embeddings and scores of a film."""
        kept = self._cache.find(picture, duration_s) if self._cache is not None else None
        if kept is not None:
            return kept
        at = nearest(picture, duration_s, self._count)
        change = picture_change(picture, duration_s, at)
        first, place = np.unique(change.like, return_inverse=True)
        frames, boxes = [picture.frames[at[i]] for i in first], change.boxes[first]
        with ThreadPoolExecutor(1) as other:
            scores = other.submit(self._people, frames, boxes)
            regions, whole = self._embedded(frames, boxes)
            person = scores.result()
        seen = ((regions, np.mean), (whole, np.mean), (person, np.max))
        look = Look(change, *(None if x is None else onto_moments(x[place], reduce) for x, reduce in seen))
        if self._cache is not None:
            self._cache.keep(picture, duration_s, look)
        return look

    def _embedded(self, frames: list[np.ndarray], boxes: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
        """(n, width) of what differs from the event's beginning, and of whole frames; None without a network."""
        if self._embedder is None:
            return None, None
        parts = np.stack([resized(cut_out(frame, box)) for frame, box in zip(frames, boxes, strict=True)])
        return self._embedder(parts), self._embedder(np.stack(list(map(resized, frames)))) if self._whole else None

    def _people(self, frames: list[np.ndarray], boxes: np.ndarray) -> np.ndarray | None:
        """(n, 2) logits of whole frames and regions; a region that is the whole frame is not looked at twice."""
        if self._detector is None:
            return None
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

"""What the image networks see in an event, computed once for each film and kept by its content."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.core.artifacts import write_bytes
from horuslib.spectral.embedding.backbones import Embedder
from horuslib.spectral.embedding.moments import changed_regions, cut_out, nearest, whole_frames
from horuslib.spectral.embedding.people import PersonDetector
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import MOMENTS
from horuslib.spectral.timing.picture_curves import Change, picture_change

_VERSION = 1
"""Counted up when what is computed changes."""


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


class Looker:
    """Looks at films with the networks that are there.

    Parameters
    ----------
    embedder, network : an image network and what it is told by (its hash); None for none.
    detector : of persons; None for none.
    cache : folder in which results are kept; None keeps nothing.
    whole : whether whole frames are embedded too, as the seed's network needs.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        network: str,
        detector: PersonDetector | None,
        cache: Path | None = None,
        whole: bool = False,
    ):
        self._embedder, self._network, self._detector = embedder, network, detector
        self._cache, self._whole = cache, whole

    def __call__(self, picture: Picture, duration_s: float) -> Look:
        """Curves, embeddings and scores of a film."""
        at = nearest(picture, duration_s, MOMENTS)
        path = self._path(picture, duration_s)
        if path is not None and path.is_file():
            return self._kept(path)
        change = picture_change(picture, duration_s, at)
        regions, frames, person = None, None, None
        if self._embedder is not None:
            regions = self._embedder(changed_regions(picture, change.boxes, duration_s))
            frames = self._embedder(whole_frames(picture, duration_s)) if self._whole else None
        if self._detector is not None:
            seen = [picture.frames[i] for i in at]
            parts = [cut_out(frame, box) for frame, box in zip(seen, change.boxes, strict=True)]
            person = np.stack([self._detector(seen), self._detector(parts)], 1)
        look = Look(change, regions, frames, person)
        if path is not None:
            _keep(path, look)
        return look

    def _path(self, picture: Picture, duration_s: float) -> Path | None:
        if self._cache is None:
            return None
        about = f"{_VERSION} {self._network} {self._detector is not None} {self._whole} {duration_s} {MOMENTS}"
        digest = hashlib.sha256(about.encode() + picture.frames.tobytes() + picture.times_s.tobytes()).hexdigest()
        return self._cache / f"{digest[:32]}.npz"

    @staticmethod
    def _kept(path: Path) -> Look:
        with np.load(path) as kept:
            parts = {name: kept[name].astype(np.float32) if name in kept else None for name in ("regions", "frames", "person")}
            return Look(Change(kept["curves"], kept["boxes"]), **parts)


def _keep(path: Path, look: Look) -> None:
    arrays = {"curves": look.change.curves, "boxes": look.change.boxes}
    arrays |= {name: getattr(look, name).astype(np.float16) for name in ("regions", "frames") if getattr(look, name) is not None}
    if look.person is not None:
        arrays["person"] = look.person
    content = io.BytesIO()
    np.savez(content, **arrays)
    write_bytes(path, content.getvalue())

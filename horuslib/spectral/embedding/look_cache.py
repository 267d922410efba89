"""What was seen in a film, kept by the film's content: embeddings are computed once."""

import hashlib
import io
import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from horuslib.core.artifacts import write_bytes
from horuslib.spectral.embedding.looks import Look
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import MOMENTS
from horuslib.spectral.timing.picture_curves import Change

_VERSION = 2
"""Counted up when what is computed changes."""
_SIXTEEN_BITS = ("regions", "frames")


class LookCache:
    """A folder of .npz files.

    Parameters
    ----------
    about : the networks that look (hashes, choices): another one is another entry.
    """

    def __init__(self, folder: Path, about: str):
        self._folder, self._about = folder, f"{_VERSION} {about} {MOMENTS}"

    def find(self, picture: Picture, duration_s: float) -> Look | None:
        """What was kept of a film; None where there is nothing or it cannot be read."""
        try:
            with np.load(self._path(picture, duration_s)) as kept:
                parts = {n: kept[n].astype(np.float32) if n in kept else None for n in (*_SIXTEEN_BITS, "person")}
                return Look(Change(kept["curves"], kept["boxes"], kept["like"]), **parts)
        except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error):
            return None

    def keep(self, picture: Picture, duration_s: float, look: Look) -> None:
        """Keep what was seen."""
        arrays = {"curves": look.change.curves, "boxes": look.change.boxes, "like": look.change.like}
        for name in (*_SIXTEEN_BITS, "person"):
            values = getattr(look, name)
            if values is not None:
                arrays[name] = values.astype(np.float16) if name in _SIXTEEN_BITS else values
        content = io.BytesIO()
        np.savez(content, **arrays)
        write_bytes(self._path(picture, duration_s), content.getvalue())

    def _path(self, picture: Picture, duration_s: float) -> Path:
        digest = hashlib.sha256(f"{self._about} {duration_s} {picture.frames.shape}".encode())
        digest.update(picture.frames.tobytes() + picture.times_s.tobytes())
        return self._folder / f"{digest.hexdigest()[:32]}.npz"

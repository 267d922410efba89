"""What every backend gives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from horuslib.speakers.clusters.comparison import Comparison
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.windows import Windows


@dataclass(frozen=True)
class Voices:
    """A description of every window.

    Attributes
    ----------
    vectors : (n, d) of unit length: the more alike two voices, the higher the cosine.
    comparison : decides whether two clusters are two voices.
    notes : what the user should know, as sentences.
    """

    vectors: np.ndarray
    comparison: Comparison
    notes: tuple[str, ...] = ()


class Backend(Protocol):
    """Describes the windows of a recording."""

    name: str

    @property
    def same(self) -> float | None:
        """Cosine of two mean voices from which they are one person's, in whatever recordings; None where vectors of two
        recordings cannot be compared."""
        ...

    @property
    def overlap(self) -> float | None:
        """By how much less alike than the speaker a second voice may be heard at once (`clusters.overlap`); None where
        that finds more false alarms than overlap."""
        ...

    def describe(self, side: Side, windows: Windows) -> Voices: ...


def unit(vectors: np.ndarray) -> np.ndarray:
    """The rows scaled to unit length; a row of zeros stays."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

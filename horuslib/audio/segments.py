"""Segmentation into overlapping segments: the same grid for recordings in training and for streams in a scan.

Segments of `front_end.segment_s` start every `front_end.hop_s`. A remainder at the end is covered by a last segment
that ends with the sound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from horuslib.tasks.sections import FrontEnd

BATCH = 64
"""Segments per batch."""
CONTEXT_S = 10.0
"""How much of the sound before it a segment carries."""


@dataclass(frozen=True)
class Segment:
    """A segment of mono sound with its position in the file."""

    start_s: float
    end_s: float
    samples: np.ndarray
    """(segment_samples,) float32, or fewer when the whole file is shorter than a segment."""
    before: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32), repr=False)
    """What was heard immediately before, `CONTEXT_S` of it where there is as much."""


def starts(samples: int, front_end: FrontEnd) -> Iterator[int]:
    """Start (in samples) of every segment of a sound of this length, the last one included.

    Example
    -------
    >>> from horuslib.tasks import load_task
    >>> [first / 16000 for first in starts(16000 * 9, load_task("horus").front_end)]
    [0.0, 2.5, 4.0]
    """
    size, ended = front_end.segment_samples, 0
    for first in range(0, samples - size + 1, front_end.hop_samples):
        yield first
        ended = first + size
    if samples > ended:
        yield max(0, samples - size)


def cut(blocks: Iterable[np.ndarray], front_end: FrontEnd) -> Iterator[Segment]:
    """The segments of a stream, at `starts`; memory does not grow with the stream's length.

    A stream shorter than a segment is one segment.
    """
    rate, size, hop = front_end.sample_rate_hz, front_end.segment_samples, front_end.hop_samples
    context = round(CONTEXT_S * rate)
    held, held_from, start, ended = np.zeros(0, np.float32), 0, 0, 0

    def segment(first: int, end: int) -> Segment:
        at = first - held_from
        return Segment(first / rate, end / rate, held[at : end - held_from], held[max(0, at - context) : at])

    for block in blocks:
        held = np.concatenate([held, np.asarray(block, np.float32)])
        total = held_from + len(held)
        while start + size <= total:
            yield segment(start, start + size)
            ended, start = start + size, start + hop
        keep_from = max(held_from, total - size - context)
        held, held_from = held[keep_from - held_from :], keep_from
    total = held_from + len(held)
    if total > ended:
        yield segment(max(0, total - size), total)

"""Segmentation into overlapping segments: the same grid for recordings in training and for streams in a scan.

Segments of `front_end.segment_s` start every `front_end.hop_s`. A remainder at the end is covered by a last segment
that ends with the sound.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from horuslib.audio.streams.lost_sound import Span, lost_within
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


class Cutter:
    """Segments of a stream at `starts`, as its blocks come; memory does not grow with the stream's length.

    Parameters
    ----------
    lost : spans (s) without sound data, which may grow while blocks come. A segment at least half of which lies in them
        is digital silence from end to end: what is left of its sound says nothing of the rest.
    """

    def __init__(self, front_end: FrontEnd, lost: Sequence[Span] = ()):
        self._front_end, self._lost = front_end, lost
        self._held, self._held_from = np.zeros(0, np.float32), 0
        self._start = self._ended = 0
        self._context = round(CONTEXT_S * front_end.sample_rate_hz)

    @property
    def total_s(self) -> float:
        """How much sound came so far."""
        return (self._held_from + len(self._held)) / self._front_end.sample_rate_hz

    def push(self, block: np.ndarray) -> Iterator[Segment]:
        """The segments that a block completes."""
        size = self._front_end.segment_samples
        self._held = np.concatenate([self._held, np.asarray(block, np.float32)])
        total = self._held_from + len(self._held)
        while self._start + size <= total:
            yield self._segment(self._start, self._start + size)
            self._ended, self._start = self._start + size, self._start + self._front_end.hop_samples
        keep_from = max(self._held_from, total - size - self._context)
        self._held, self._held_from = self._held[keep_from - self._held_from :], keep_from

    def finish(self) -> Iterator[Segment]:
        """The segment that ends with the sound; a stream shorter than a segment is one."""
        total = self._held_from + len(self._held)
        if total > self._ended:
            yield self._segment(max(0, total - self._front_end.segment_samples), total)

    def _segment(self, first: int, end: int) -> Segment:
        rate, at = self._front_end.sample_rate_hz, first - self._held_from
        samples, before = self._held[at : end - self._held_from], self._held[max(0, at - self._context) : at]
        start_s, end_s = first / rate, end / rate
        if lost_within(self._lost, start_s, end_s) >= (end_s - start_s) / 2:
            samples = np.zeros_like(samples)
        return Segment(start_s, end_s, samples, before)


def cut(blocks: Iterable[np.ndarray], front_end: FrontEnd, lost: Sequence[Span] = ()) -> Iterator[Segment]:
    """The segments of a stream, as a `Cutter` gives them."""
    cutter = Cutter(front_end, lost)
    for block in blocks:
        yield from cutter.push(block)
    yield from cutter.finish()

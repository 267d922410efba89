"""Loops against echoes: whether a repeat belongs to sound that repeats in time.

A drum machine, a loop or an arpeggio is like itself one beat, one bar, three sixteenths later, to a sample: each of
these gives a peak of the autocorrelation as narrow as an echo's. Two marks tell them from an echo:

- Beat and bar stand on a grid. A loop's peaks lie at fractions of one another (3/4, 3/2, 5/4...), an echo's at its
  delay and multiples of it. The grid is exact, so that an echo laid over a loop rarely falls on it.
- Every bar is as like the next as the one after. A loop's peaks stay high at multiples of its period; repeats of an
  echo fall, the faster the weaker they are.

The longer the sound, the more of the grid is heard: a loop of two seconds does not repeat its repeat within five.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from horuslib.acoustics.evidence import scaled
from horuslib.acoustics.whitening import RATE_HZ

LONGEST_S = 5.0
"""Longest lag at which a grid is looked for: two bars of a slow piece."""
_APART_S = 0.005
_LEAST = 5.0
"""Prominence from which a peak counts as one; noise has one of 5 in 10 000 lags."""
_MOST = 12
_DIVISORS = (2, 3, 4, 6, 8, 12)
"""Parts of a repeat's delay on which other peaks of its grid stand: halves to triplets of sixteenths."""
_SHORTEST_STEP_S = 0.05
"""A finer grid would be met by chance."""
_TOLERANCE_S = 0.0006

# Values of each mark where it says nothing, and where it says that the repeat is a loop's.
_ON_GRID = (1.0, 2.5)
"""Peaks on the grid, each weighted from 0 to 1 by its prominence; two echoes may have a simple ratio by chance."""
_WEIGHT = (5.0, 8.0)
_UNFALLEN = (0.0, 0.25)
"""How much higher the peaks at multiples of the delay are than those of an echo of that gain."""
_SECOND, _LATER = (0.75, 0.2, 1.3), 0.55
"""An echo's second peak is at most 0.75 as high as its first, or 0.2 + 1.3 times its gain; later ones at most 0.55."""


class Peak(NamedTuple):
    """A peak of the autocorrelation."""

    lag: int
    """Samples at `RATE_HZ`."""
    prominence: float
    """Height relative to the standard deviation of its neighbourhood."""
    height: float


def highest(prominences: np.ndarray, correlation: np.ndarray, first: int) -> list[Peak]:
    """The most prominent peaks of one sound, at least 5 ms apart, the highest first.

    Parameters
    ----------
    prominences : (N,) of the lags from `first` on.
    correlation : (first + N or more,) from lag 0 on.
    """
    left, apart, found = prominences.copy(), round(_APART_S * RATE_HZ), []
    while len(found) < _MOST and left[at := int(left.argmax())] >= _LEAST:
        found.append(Peak(first + at, float(prominences[at]), float(correlation[first + at])))
        left[max(0, at - apart) : at + apart + 1] = 0
    return found


def loop(repeat: Peak, gain: float, peaks: Sequence[Peak]) -> float:
    """Evidence that a repeat is a loop's, from 0 to 1: its own peaks tell, or a more prominent one's on whose grid it
    stands.

    Parameters
    ----------
    gain : amplitude with which the sound is repeated.
    peaks : of the same sound and of the sound around it.
    """
    distinct = _distinct(peaks)
    others = [peak for peak in distinct if not _same(peak, repeat) and not _is_multiple(peak.lag, repeat.lag)]
    leaders = [peak for peak in others if peak.prominence >= repeat.prominence and _on_grid(repeat.lag, peak.lag)]
    return max([_own(repeat, gain, distinct), *(_on_own_grid(peak, others) for peak in leaders)])


def _own(repeat: Peak, gain: float, peaks: Sequence[Peak]) -> float:
    multiples: dict[int, float] = {}
    for peak in peaks:
        if _is_multiple(peak.lag, repeat.lag):
            times = round(peak.lag / repeat.lag)
            multiples[times] = max(peak.height, multiples.get(times, 0.0))
    return max(_on_own_grid(repeat, peaks), scaled(_unfallen(repeat, gain, multiples), *_UNFALLEN))


def _on_own_grid(repeat: Peak, peaks: Sequence[Peak]) -> float:
    """How surely other peaks stand at simple fractions of a repeat's delay, from 0 to 1."""
    others = (peak for peak in peaks if not _same(peak, repeat) and not _is_multiple(peak.lag, repeat.lag))
    return scaled(sum(scaled(p.prominence, *_WEIGHT) for p in others if _on_grid(p.lag, repeat.lag)), *_ON_GRID)


def _distinct(peaks: Sequence[Peak]) -> list[Peak]:
    """The most prominent of peaks that lie within 5 ms."""
    found: list[Peak] = []
    for peak in sorted(peaks, key=lambda peak: -peak.prominence):
        if not any(_same(peak, other) for other in found):
            found.append(peak)
    return found


def _same(one: Peak, other: Peak) -> bool:
    return abs(one.lag - other.lag) <= _APART_S * RATE_HZ


def _is_multiple(lag: int, delay: int) -> bool:
    times = round(lag / delay)
    return times >= 2 and _near(lag, times * delay, times)


def _on_grid(lag: int, delay: int) -> bool:
    """Whether a lag is a multiple of a simple part of the delay."""
    parts = [n for n in _DIVISORS if delay / n >= _SHORTEST_STEP_S * RATE_HZ]
    return any(_near(lag, round(lag * n / delay) * delay / n) for n in parts)


def _near(lag: float, other: float, times: int = 1) -> bool:
    return abs(lag - other) <= _TOLERANCE_S * RATE_HZ * times


def _unfallen(repeat: Peak, gain: float, multiples: dict[int, float]) -> float:
    """How far the highest multiple exceeds what an echo of this gain would have there, as a share of the first peak."""
    least, offset, slope = _SECOND
    limits = {2: max(least, offset + slope * gain)}
    return max((height / repeat.height - limits.get(k, _LATER) for k, height in multiples.items()), default=0.0)

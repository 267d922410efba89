"""Which pieces may hold the same sound: an inverted index over pairs of spectral peaks, as in audio identification.

A peak of the spectrogram, measured against its surroundings, stays where it is under level changes, added noise, echo,
rooms and lossy codecs; and in the pauses of speech the peaks are those of the ambience. Two neighbouring peaks make a
landmark: (frequency, difference in frequency, difference in time). Pieces that hold the same sound agree in landmarks
at one lag far more often than chance would have it (A. Wang, "An industrial-strength audio search algorithm", 2003).
What is found here is a candidate; `horuslib.audio.alignment` decides.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

import numpy as np
import pandas as pd
from numba import njit
from scipy import fft, ndimage

HOP = 64
"""Samples at RATE_HZ (16 ms): the unit of time of landmarks and of lags."""
MAX_FRAMES = 2048
"""A piece has fewer frames."""

_WINDOW = 512
_BINS = slice(21, 236)  # 164-1836 Hz
_FLOOR = 1e-6
_SURROUNDINGS = (21, 15)  # frames, bins: 0.3 s, 117 Hz
_APART = (13, 9)  # frames, bins: within this much there is one peak
_ABOVE_SURROUNDINGS = 0.8  # nepers
_PARTNERS, _NEAREST, _FARTHEST, _SPREAD = 8, 2, 48, 40
_REPEATS = 2
"""A landmark that one piece holds more often (a tone, a hum, a drum machine) says nothing about lags."""
_HASHES = (_BINS.stop - _BINS.start) * (2 * _SPREAD + 1) * (_FARTHEST + 1)

_BLOCK = 128
"""Pieces that are indexed at a time; the votes for all their lags then fit a core's cache."""
_QUERIES = 32
_LAGS = 2 * MAX_FRAMES
_MIN_VOTES = 4
MIN_EVIDENCE = 8.0
"""Nats; the likeliest lag of two unrelated pieces reaches 9, of one pair in fifty 15, of one in five hundred 21."""
SURE_EVIDENCE = 80.0
LOOKS, SURE_LOOKS = 20, 400
"""How many earlier pieces one is checked against at most: the likeliest ones, and those where it is all but sure."""


def landmarks(cut: np.ndarray) -> np.ndarray:
    """Pairs of spectral peaks of a stretch of sound.

    Parameters
    ----------
    cut : (M,) at RATE_HZ, not whitened, at most 30 s.

    Returns
    -------
    (2, L) uint32: the landmarks' hashes, sorted, and the frames (of HOP samples) in which they begin.
    """
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(cut, _WINDOW // 2), _WINDOW)[::HOP]
    spectrum = fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1)[:, _BINS]
    level = np.log(np.abs(spectrum) + _FLOOR)
    height = level - ndimage.uniform_filter(level, _SURROUNDINGS)
    peaks = (height > _ABOVE_SURROUNDINGS) & (height == ndimage.maximum_filter(height, _APART))
    frame, bin_ = np.nonzero(peaks)
    hashes, starts = _pairs(frame, bin_)
    order = np.argsort(hashes, kind="stable")
    hashes, starts = hashes[order], starts[order]
    _, which, count = np.unique(hashes, return_inverse=True, return_counts=True)
    return np.stack([hashes, starts])[:, count[which] <= _REPEATS]


@njit(nogil=True)
def _pairs(frame, bin_):
    """Each peak with the nearest in time that follow it; `frame` ascends."""
    hashes = np.empty(len(frame) * _PARTNERS, np.uint32)
    starts = np.empty(len(frame) * _PARTNERS, np.uint32)
    n = 0
    for i in range(len(frame)):
        partners = 0
        for j in range(i + 1, len(frame)):
            later, higher = frame[j] - frame[i], bin_[j] - bin_[i]
            if later > _FARTHEST or partners == _PARTNERS:
                break
            if later >= _NEAREST and abs(higher) <= _SPREAD:
                hashes[n] = (bin_[i] * (2 * _SPREAD + 1) + higher + _SPREAD) * (_FARTHEST + 1) + later
                starts[n] = frame[i]
                partners += 1
                n += 1
    return hashes[:n], starts[:n]


def candidates(
    marks: Sequence[np.ndarray],
    frames: Sequence[int],
    owners: Sequence[int],
    pool: Executor,
    progress: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """Pairs of pieces of different owners whose landmarks agree at one lag.

    Memory stays at one block of the index and the candidates. Time grows with the square of the number of pieces, by
    about a microsecond a pair, and the candidates with their number.

    Parameters
    ----------
    marks : one array of `landmarks` per piece; read as they are needed, so they may lie on disk.
    frames : length of each piece, in HOP.
    owners : the recording that each piece is from.
    pool : threads that share the work; the result does not depend on them.
    progress : called with the number of pieces that have been compared with all before them.

    Returns
    -------
    One row per pair: first, second (indices, first < second), lag (in HOP: what stands at t in the first stands at
    about t + lag in the second), evidence (nats).
    """
    frames, owners = np.asarray(frames), np.asarray(owners)
    kept = []
    for start in range(0, len(marks), _BLOCK):
        block = range(start, min(start + _BLOCK, len(marks)))
        index = _index([marks[k] for k in block])
        tasks = [range(k, min(k + _QUERIES, block.stop)) for k in range(0, block.stop, _QUERIES)]
        found = pool.map(lambda queries, b=block, i=index: list(_query(marks, frames, owners, queries, b, *i)), tasks)
        kept.append(_likeliest(np.concatenate([hits for task in found for hits in task], axis=1)))
        progress(block.stop)
    hits = np.concatenate(kept, axis=1) if kept else np.zeros((4, 0))
    return pd.DataFrame(hits.T, columns=["first", "second", "lag", "evidence"]).astype(
        {"first": int, "second": int, "lag": int}
    )


def _index(marks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """For every hash, where its entries begin; an entry is (piece within the block, frame) in one number."""
    hashes = np.concatenate([m[0] for m in marks])
    entries = np.concatenate([k * _LAGS + MAX_FRAMES + m[1] for k, m in enumerate(marks)]).astype(np.uint32)
    starts = np.zeros(_HASHES + 1, np.uint32)
    np.cumsum(np.bincount(hashes, minlength=_HASHES), out=starts[1:])
    return starts, entries[np.argsort(hashes, kind="stable")]


def _query(marks, frames, owners, queries: range, block: range, starts, entries) -> Iterator[np.ndarray]:
    """(4, H) per query: itself, the pieces of the block that come after it, lag, evidence."""
    votes, both = np.empty((len(block), _LAGS), np.uint16), np.zeros((len(block), _LAGS), np.uint16)
    for query in queries:
        votes[:] = 0
        hashes, begins = marks[query]
        _vote(hashes, begins, starts, entries, votes.reshape(-1))
        np.add(votes[:, :-1], votes[:, 1:], out=both[:, :-1])  # A lag between two frames has its votes in both.
        best = both.max(1)
        rows = np.flatnonzero((best >= _MIN_VOTES) & (owners[block] != owners[query]) & (np.array(block) > query))
        lag = both[rows].argmax(1) - MAX_FRAMES
        a, b = frames[query], frames[block][rows]
        overlap = np.maximum(np.minimum(a, b - lag) - np.maximum(0, -lag), 1)
        chance = 2 * votes[rows].sum(1) * overlap / (a * b)
        count = best[rows].astype(float)
        evidence = np.where(count > chance, count * np.log(count / chance) - (count - chance), 0)
        likely = evidence >= MIN_EVIDENCE
        yield np.stack([np.full(len(rows), query), rows + block.start, lag, evidence])[:, likely]


@njit(nogil=True)
def _vote(hashes, begins, starts, entries, votes):
    """Count, for every piece and lag, in how many landmarks it agrees; unsigned indices are three times as fast."""
    for k in range(len(hashes)):
        begin = begins[k]
        for n in range(starts[hashes[k]], starts[hashes[k] + 1]):
            votes[np.uint32(entries[n] - begin)] += np.uint16(1)


def _likeliest(hits: np.ndarray) -> np.ndarray:
    """Of each second piece, those with most evidence."""
    hits = hits[:, np.lexsort((hits[0], -hits[3], hits[1]))]
    _, begins, count = np.unique(hits[1], return_index=True, return_counts=True)
    rank = np.arange(hits.shape[1]) - np.repeat(begins, count)
    return hits[:, (rank < LOOKS) | ((rank < SURE_LOOKS) & (hits[3] >= SURE_EVIDENCE))]

"""Which pieces may hold the same sound: an inverted index over pairs of spectral peaks, as in audio fingerprinting.

A peak of the spectrogram relative to its neighbourhood is robust to level changes, added noise, echo, reverberation
and lossy codecs; in the pauses of speech the peaks are those of the ambience. Two neighbouring peaks make a landmark:
(frequency, difference in frequency, difference in time). Pieces that hold the same sound have matching landmarks at
one lag far more often than expected by chance (A. Wang, "An industrial-strength audio search algorithm", 2003).
The results are candidates, which `horuslib.audio.alignment` verifies.
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
"""Upper bound of a piece's length in frames."""

_WINDOW = 512
_BINS = slice(21, 236)  # 164-1836 Hz
_FLOOR = 1e-6
_NEIGHBOURHOOD = (21, 15)  # frames, bins: 0.3 s, 117 Hz
_PEAK_SPACING = (13, 9)  # frames, bins: within this window only the highest peak is kept
_MIN_PEAK_HEIGHT = 0.8  # nepers above the neighbourhood's mean
_PARTNERS, _NEAREST, _FARTHEST, _SPREAD = 8, 2, 48, 40
_MAX_REPEATS = 2
"""A landmark that one piece contains more often (a tone, a hum, a drum machine) is not informative about lags."""
_MIXER = np.uint32(2654435761)  # 2**32 over the golden ratio: multiplicative hashing
_HASHES = (_BINS.stop - _BINS.start) * (2 * _SPREAD + 1) * (_FARTHEST + 1)

_BLOCK = 128
"""Pieces per index block; the votes for all their lags then fit a core's cache."""
_QUERIES = 32
_LAGS = 2 * MAX_FRAMES
_MIN_VOTES = 4
_ROWS = 32
"""Pieces of a block whose evidence is computed for one query: those with most votes."""
_UNTHINNED = 4000
"""Number of pieces (28 h) up to which all landmarks are used."""
MIN_EVIDENCE = 8.0
"""Nats (log-likelihood ratio). The likeliest lag of two unrelated pieces typically reaches 9; 15 in one pair of fifty,
21 in one of five hundred."""
SURE_EVIDENCE = 80.0
MAX_CANDIDATES, MAX_SURE_CANDIDATES = 20, 400
"""Candidates per piece among earlier pieces: at most the likeliest MAX_CANDIDATES, or MAX_SURE_CANDIDATES where the
evidence is at least `SURE_EVIDENCE`."""


def thinning(pieces: int) -> int:
    """Which fraction of the landmarks to use, 1 in how many, so that many pieces are compared in reasonable time."""
    return max(-(-pieces // _UNTHINNED), 1)


def landmarks(cut: np.ndarray, thin: int = 1) -> np.ndarray:
    """Pairs of spectral peaks of an excerpt.

    Parameters
    ----------
    cut : (M,) at RATE_HZ, not whitened, at most 30 s.
    thin : keep 1 in so many landmarks, the same ones in every excerpt.

    Returns
    -------
    (2, L) uint32: the landmarks' hashes, sorted, and their start frames (of HOP samples).
    """
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(cut, _WINDOW // 2), _WINDOW)[::HOP]
    spectrum = fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1)[:, _BINS]
    level = np.log(np.abs(spectrum) + _FLOOR)
    height = level - ndimage.uniform_filter(level, _NEIGHBOURHOOD)
    peaks = (height > _MIN_PEAK_HEIGHT) & (height == ndimage.maximum_filter(height, _PEAK_SPACING))
    frame, bin_ = np.nonzero(peaks)
    hashes, starts = _pairs(frame, bin_)
    order = np.argsort(hashes, kind="stable")
    hashes, starts = hashes[order], starts[order]
    _, which, count = np.unique(hashes, return_inverse=True, return_counts=True)
    mixed = hashes * _MIXER >> 8  # hashes have a structure, so that remainders of their own would not be even
    return np.stack([hashes, starts])[:, (count[which] <= _MAX_REPEATS) & (mixed % thin == 0)]


@njit(nogil=True)
def _pairs(frame, bin_):
    """Each peak paired with the peaks that follow it most closely in time; `frame` ascends."""
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
    progress: Callable[[int], object] = lambda more: None,
) -> pd.DataFrame:
    """Pairs of pieces of different owners whose landmarks match at one lag.

    Memory: one block of the index and the candidates. Time grows with the square of the number of pieces, by about
    five microseconds of a core per pair; the number of candidates grows linearly.

    Parameters
    ----------
    marks : one array of `landmarks` per piece; accessed one at a time, so they may be stored on disk.
    frames : length of each piece, in HOP.
    owners : the recording that each piece is from.
    pool : threads that share the work; the result does not depend on them.
    progress : called with how many more pieces have been compared with all earlier ones.

    Returns
    -------
    One row per pair: first, second (indices, first < second), lag (in HOP: the sound at t in the first is at about
    t + lag in the second), evidence (nats).
    """
    frames, owners = np.asarray(frames), np.asarray(owners)
    kept = []
    for start in range(0, len(marks), _BLOCK):
        block = range(start, min(start + _BLOCK, len(marks)))
        index = _index([marks[k] for k in block])
        tasks = [range(k, min(k + _QUERIES, block.stop)) for k in range(0, block.stop, _QUERIES)]
        found = pool.map(lambda queries, b=block, i=index: list(_query(marks, frames, owners, queries, b, *i)), tasks)
        kept.append(_best_hits(np.concatenate([hits for task in found for hits in task], axis=1)))
        progress(len(block))
    hits = np.concatenate(kept, axis=1) if kept else np.zeros((4, 0))
    return pd.DataFrame(hits.T, columns=["first", "second", "lag", "evidence"]).astype(
        {"first": int, "second": int, "lag": int}
    )


def _index(marks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """For every hash, the offset of its entries; an entry packs (piece within the block, frame) into one integer."""
    hashes = np.concatenate([m[0] for m in marks])
    entries = np.concatenate([k * _LAGS + MAX_FRAMES + m[1] for k, m in enumerate(marks)]).astype(np.uint32)
    starts = np.zeros(_HASHES + 1, np.uint32)
    np.cumsum(np.bincount(hashes, minlength=_HASHES), out=starts[1:])
    return starts, entries[np.argsort(hashes, kind="stable")]


def _query(marks, frames, owners, queries: range, block: range, starts, entries) -> Iterator[np.ndarray]:
    """(4, H) per query: its index, the later pieces of the block, lag, evidence."""
    votes, both = np.empty((len(block), _LAGS), np.uint16), np.zeros((len(block), _LAGS), np.uint16)
    for query in queries:
        votes[:] = 0
        hashes, begins = marks[query]
        _vote(hashes, begins, starts, entries, votes.reshape(-1))
        np.add(votes[:, :-1], votes[:, 1:], out=both[:, :-1])  # A lag between two frames splits its votes between both.
        best = both.max(1)
        eligible = (best >= _MIN_VOTES) & (owners[block] != owners[query]) & (np.array(block) > query)
        rows = np.argsort(-(best * eligible).astype(int), kind="stable")[:_ROWS]
        rows = np.sort(rows[eligible[rows]])
        lag = both[rows].argmax(1) - MAX_FRAMES
        a, b = frames[query], frames[block][rows]
        overlap = np.maximum(np.minimum(a, b - lag) - np.maximum(0, -lag), 1)
        chance = 2 * votes[rows].sum(1) * overlap / (a * b)
        count = best[rows].astype(float)
        evidence = np.where(count > chance, count * np.log(count / chance) - (count - chance), 0)
        kept = evidence >= MIN_EVIDENCE
        yield np.stack([np.full(len(rows), query), rows + block.start, lag, evidence])[:, kept]


@njit(nogil=True)
def _vote(hashes, begins, starts, entries, votes):
    """Count the matching landmarks of every piece and lag; unsigned indices are three times as fast."""
    for k in range(len(hashes)):
        begin = begins[k]
        for n in range(starts[hashes[k]], starts[hashes[k] + 1]):
            votes[np.uint32(entries[n] - begin)] += np.uint16(1)


def _best_hits(hits: np.ndarray) -> np.ndarray:
    """For each second piece, the hits of highest evidence."""
    hits = hits[:, np.lexsort((hits[0], -hits[3], hits[1]))]
    _, begins, count = np.unique(hits[1], return_index=True, return_counts=True)
    rank = np.arange(hits.shape[1]) - np.repeat(begins, count)
    return hits[:, (rank < MAX_CANDIDATES) | ((rank < MAX_SURE_CANDIDATES) & (hits[3] >= SURE_EVIDENCE))]

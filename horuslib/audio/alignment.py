"""Where the same sound occurs in two recordings: cross-correlation of whitened pieces.

`matches` compares every piece with every other, `match_near` two pieces around a lag that is roughly known.

A lag is a candidate when its correlation is far above chance; the correlation of short windows at that lag then shows
for how long the sound is shared. A jingle of two seconds correlates strongly, but only for two seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from horuslib.audio.fingerprint import RATE_HZ, Piece

MIN_SCORE = 8.0
"""Standard deviations above chance; between unrelated recordings the highest of all lags reaches about 5 to 6."""

_MIN_OVERLAP_S = 2.0
_MIN_OVERLAP_SHARE = 0.75
"""Of the shorter of two pieces, where that is less: clips of a second overlap by no two."""
_LAG_BLOCK = RATE_HZ // 4
_WINDOW = RATE_HZ // 2
_MIN_WINDOW_SCORE = 3.0
_CANDIDATE_LAGS = 4
_BATCH = 32
REACH = 128
"""Largest distance from the given lag that `match_near` searches: 32 ms."""
_NEAR_BLOCK = 2048


@dataclass(frozen=True)
class Match:
    """The same sound in two recordings.

    The sound at time t of the first is at t + offset_s of the second. `common_s` is the shared duration within one
    pair of pieces; `score` is how many standard deviations the correlation lies above chance.
    """

    offset_s: float
    common_s: float
    score: float


def matches(pieces: Sequence[Piece], owners: Sequence[int]) -> Iterator[tuple[int, int, Match]]:
    """Compare all pieces of different owners; yields (index, index, match) for every match above chance.

    Memory: two batches of spectra; time grows with the square of the number of pieces.
    """
    if len(pieces) < 2:
        return
    seconds = max(len(p.samples) for p in pieces) / RATE_HZ
    length = RATE_HZ * fft.next_fast_len(2 * int(np.ceil(seconds)), real=True)
    length += length % (2 * _LAG_BLOCK)
    owners = np.asarray(owners)
    for first in range(0, len(pieces), _BATCH):
        rows = range(first, min(first + _BATCH, len(pieces)))
        row_spectra = _spectra(pieces, rows, length)
        for second in range(first, len(pieces), _BATCH):
            columns = range(second, min(second + _BATCH, len(pieces)))
            column_spectra = row_spectra if second == first else _spectra(pieces, columns, length)
            for i in rows:
                wanted = [j for j in columns if j > i and owners[j] != owners[i]]
                if wanted:
                    chosen = column_spectra[[j - second for j in wanted]]
                    correlations = fft.irfft(np.conj(row_spectra[i - first]) * chosen, length)
                    for j, correlation in zip(wanted, correlations, strict=True):
                        for match in _matches_of(pieces[i], pieces[j], correlation):
                            yield i, j, match


def match_near(a: Piece, b: Piece, lag: int) -> Match | None:
    """The match of two pieces within `REACH` samples of a lag (samples at RATE_HZ); None when none reaches `MIN_SCORE`.

    Where it finds the same lag as `matches`, the result is the same.
    """
    start, end = max(0, -lag), min(len(a.samples), len(b.samples) - lag)
    if end - start < _enough(a, b):
        return None
    # The product of spectra, summed over short blocks, is the spectrum of the correlation at short lags.
    step = _NEAR_BLOCK - 2 * REACH
    count = -(-(end - start) // step)
    blocks = np.zeros((count, step), np.float32)
    blocks.reshape(-1)[: end - start] = a.samples[start:end]
    left, right = max(0, start + lag - REACH), min(len(b.samples), end + lag + REACH)
    around = np.zeros(count * step + 2 * REACH, np.float32)
    around[left - (start + lag - REACH) :][: right - left] = b.samples[left:right]
    windows = np.lib.stride_tricks.sliding_window_view(around, _NEAR_BLOCK)[::step]
    spectrum = (np.conj(fft.rfft(blocks, _NEAR_BLOCK)) * fft.rfft(windows)).sum(0)
    correlation = np.abs(fft.irfft(spectrum, _NEAR_BLOCK)[: 2 * REACH + 1])
    if correlation.max() < MIN_SCORE * np.sqrt((end - start) * a.power * b.power):
        return None
    match = common_sound(a, b, lag - REACH + int(correlation.argmax()))
    return match if match.score >= MIN_SCORE else None


def _enough(a: Piece, b: Piece) -> float:
    """Shortest overlap (samples at RATE_HZ) at which two pieces are compared."""
    return min(_MIN_OVERLAP_S * RATE_HZ, _MIN_OVERLAP_SHARE * min(len(a.samples), len(b.samples)))


def _spectra(pieces: Sequence[Piece], which: range, length: int) -> np.ndarray:
    return np.stack([fft.rfft(pieces[k].samples.astype(np.float32), length) for k in which])


def _matches_of(a: Piece, b: Piece, correlation: np.ndarray) -> Iterator[Match]:
    """Matches at the few lags of highest correlation."""
    blocks = np.abs(correlation).reshape(-1, _LAG_BLOCK)
    lags = np.arange(len(blocks)) * _LAG_BLOCK
    lags = np.where(lags >= len(correlation) // 2, lags - len(correlation), lags)
    overlap = np.minimum(len(a.samples), len(b.samples) - lags) - np.maximum(0, -lags)
    enough = _enough(a, b)
    chance = np.sqrt(np.maximum(overlap, enough) * a.power * b.power)
    scores = blocks.max(1) / chance * (overlap >= enough)
    for block in np.argsort(-scores, kind="stable")[:_CANDIDATE_LAGS]:
        if scores[block] < MIN_SCORE:
            return
        lag = int(lags[block] + blocks[block].argmax())
        match = common_sound(a, b, lag)
        if match.score >= MIN_SCORE:
            yield match


def common_sound(a: Piece, b: Piece, lag: int) -> Match:
    """Duration and score of the sound that two pieces share at a given lag (samples at RATE_HZ).

    Half-second windows are counted in two ways, and the larger count is used: windows whose own correlation c is above
    chance, and, for sound too faint for that, the participation ratio (sum c)^2 / sum c^2, which is the number of
    windows that contribute equally. The expected chance contribution to c^2 is subtracted.
    """
    start, end = max(0, -lag), min(len(a.samples), len(b.samples) - lag)
    product = a.samples[start:end].astype(np.float32) * b.samples[start + lag : end + lag].astype(np.float32)
    product = np.pad(product, (0, -len(product) % _WINDOW)).reshape(-1, _WINDOW)
    windows, variances = product.sum(1), (product**2).sum(1)
    score = windows.sum() / np.sqrt(variances.sum() + 1e-12)
    above_chance = np.count_nonzero(np.sign(score) * windows > _MIN_WINDOW_SCORE * np.sqrt(variances + 1e-12))
    squares = (windows**2 - variances).sum()
    participation = windows.sum() ** 2 / squares if squares > 0 else 0.0
    common_s = min(max(above_chance, participation) * _WINDOW, end - start) / RATE_HZ
    offset_s = lag / RATE_HZ + b.start_s - a.start_s
    return Match(round(offset_s, 3), round(float(common_s), 2), round(float(abs(score)), 1))

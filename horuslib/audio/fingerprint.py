"""Whitened pieces of recordings, in which the same waveform is found by cross-correlation.

Whitening gives every frame and every frequency the same weight. What remains is phase, which is robust to level
changes, lossy coding, equalisers, added noise and reverberation; a bed of ambience under speech contributes in the
pauses and between the harmonics. The correlation of two whitened pieces is noise of known variance except at the lag
where both contain the same sound (the phase transform of Knapp and Carter, 1976, applied first per frame, then per
piece).

Similarity without shared content is removed: silence is gated, and the spectral lines of a tone or hum over a whole
piece are reduced to the level of the neighbouring bins, where their contribution is negligible.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from scipy import fft, signal

RATE_HZ = 4000
"""Whitened sound keeps 150-1850 Hz: enough to be distinctive, cheap enough to compare all pieces with one another."""
PIECE_S, PIECE_HOP_S = 30.0, 25.0
"""Longer recordings are cut; pieces overlap so that a few shared seconds always lie within one piece."""

_FRAME = 256
_BAND_HZ = (150.0, 1850.0)
_SILENT_DBFS = -75.0


@dataclass(frozen=True)
class Piece:
    """Up to PIECE_S of whitened sound at RATE_HZ, from `start_s` of its recording; `power` is its mean square."""

    start_s: float
    samples: np.ndarray
    power: float


def pieces(samples: np.ndarray, sample_rate_hz: int) -> list[Piece]:
    """Cut a recording into whitened pieces; silent ones are left out.

    Parameters
    ----------
    samples : (N,) mono, full scale 1.0; values that are not finite count as zero.
    """
    made = (piece(start_s, cut) for start_s, cut in cuts(samples, sample_rate_hz))
    return [p for p in made if p is not None]


def cuts(samples: np.ndarray, sample_rate_hz: int) -> Iterator[tuple[float, np.ndarray]]:
    """A recording at RATE_HZ in overlapping excerpts of PIECE_S: (start in seconds, (M,) float32); see `pieces`."""
    x = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    x = soxr.resample(x, sample_rate_hz, RATE_HZ) if len(x) else x
    length, hop = round(PIECE_S * RATE_HZ), round(PIECE_HOP_S * RATE_HZ)
    for start in range(0, max(len(x) - (length - hop), 1), hop):
        cut = x[start : start + length]
        if len(cut) >= _FRAME:
            yield start / RATE_HZ, cut


def count_cuts(duration_s: float) -> int:
    """How many excerpts `cuts` makes of a recording of this duration."""
    return max(int(np.ceil((duration_s - (PIECE_S - PIECE_HOP_S)) / PIECE_HOP_S)), 1)


def piece(start_s: float, cut: np.ndarray) -> Piece | None:
    """One whitened piece, or None for silence."""
    white = whiten(cut)
    return Piece(start_s, white.astype(np.float16), float(np.mean(white**2))) if white.any() else None


def whiten(x: np.ndarray) -> np.ndarray:
    """Give all frames and frequencies the same weight; silence becomes zero.

    Parameters
    ----------
    x : (N,) mono at RATE_HZ, N at least one frame of 64 ms.

    Returns
    -------
    (N,) float32, unit power where there is sound.
    """
    frequencies, _, spectrum = signal.stft(x, RATE_HZ, nperseg=_FRAME, noverlap=_FRAME * 3 // 4)
    magnitude = np.abs(spectrum)
    inside = (frequencies >= _BAND_HZ[0]) & (frequencies <= _BAND_HZ[1])
    level = (magnitude[inside] ** 2).sum(0) * 2 / 1.5  # a Hann window's equivalent noise bandwidth is 1.5 bins
    active = level > 10 ** (_SILENT_DBFS / 10)
    if not active.any():
        return np.zeros(len(x), np.float32)
    weight = (inside[:, None] & active) / (magnitude + 1e-3 * magnitude.max(0) + 1e-12)
    flat = _overlap_add(spectrum * weight)
    flat = _without_lines(flat[: len(x)])
    gate = np.repeat(active, _FRAME // 4)[: len(x)]
    flat = np.pad(flat, (0, len(x) - len(flat))) * np.pad(gate, (0, len(x) - len(gate)))
    return (flat / np.sqrt(np.mean(flat[gate.nonzero()] ** 2) + 1e-20)).astype(np.float32)


def _overlap_add(spectrum: np.ndarray) -> np.ndarray:
    """What `signal.istft` returns for these frames, without its Python loop, which would hold the GIL."""
    hop, window = _FRAME // 4, signal.get_window("hann", _FRAME).astype(np.float32)
    frames = fft.irfft(spectrum, _FRAME, axis=0)
    frames *= window.sum()
    frames *= window[:, None]
    count = frames.shape[1]
    total, weight = np.zeros((count + 3, hop), np.float32), np.zeros((count + 3, hop), np.float32)
    for quarter in (3, 2, 1, 0):
        total[quarter : quarter + count] += frames[quarter * hop : (quarter + 1) * hop].T
        weight[quarter : quarter + count] += window[quarter * hop : (quarter + 1) * hop] ** 2
    inner = slice(_FRAME // 2, -(_FRAME // 2))
    total, weight = total.reshape(-1)[inner], weight.reshape(-1)[inner]
    return total / np.where(weight > 1e-10, weight, np.float32(1.0))


def _without_lines(x: np.ndarray) -> np.ndarray:
    """Reduce spectral lines (hum, carriers) to the level of the spectrum around them, and band-limit."""
    spectrum = fft.rfft(x)
    magnitude = np.abs(spectrum)
    around = signal.fftconvolve(magnitude, np.full(101, 1 / 101), "same")
    frequencies = fft.rfftfreq(len(x), 1 / RATE_HZ)
    spectrum[(frequencies < _BAND_HZ[0]) | (frequencies > _BAND_HZ[1])] = 0
    return fft.irfft(spectrum / np.maximum(np.maximum(magnitude, around), 1e-12), len(x))

"""Triangular filters on Slaney's mel scale (Auditory Toolbox, 1998), numerically equal to `librosa.filters.mel`.

librosa itself takes a second to import, too long for the scan of a short file.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

_HZ_PER_MEL = 200 / 3
_LOG_FROM_HZ, _LOG_FROM_MEL = 1000.0, 15.0
"""Below, the mel scale is linear in Hz; above, it is logarithmic."""
_RATIO = 6.4 ** (1 / 27)
_GROUP = 16


@lru_cache
def mel_filters(sample_rate_hz: int, n_fft: int, n_mels: int, fmax_hz: float) -> np.ndarray:
    """(n_mels, n_fft // 2 + 1) float32 filters from 0 Hz to `fmax_hz`, each of unit area."""
    bins_hz = np.fft.rfftfreq(n_fft, 1 / sample_rate_hz)
    edges_hz = to_hz(np.linspace(0, to_mel(fmax_hz), n_mels + 2))
    ramps = edges_hz[:, None] - bins_hz
    widths_hz = np.diff(edges_hz)[:, None]
    triangles = np.maximum(0, np.minimum(-ramps[:-2] / widths_hz[:-1], ramps[2:] / widths_hz[1:]))
    return (triangles.astype(np.float32) * (2 / (edges_hz[2:] - edges_hz[:-2]))[:, None]).astype(np.float32)


def to_mel_bands(power: np.ndarray, sample_rate_hz: int, n_fft: int, n_mels: int, fmax_hz: float) -> np.ndarray:
    """(..., frames, n_fft // 2 + 1) power spectra -> (..., frames, n_mels) power in the mel bands."""
    bands = np.empty((*power.shape[:-1], n_mels), power.dtype)
    for group, bins, filters in _groups(sample_rate_hz, n_fft, n_mels, fmax_hz):
        bands[..., group] = power[..., bins] @ filters
    return bands


@lru_cache
def _groups(sample_rate_hz: int, n_fft: int, n_mels: int, fmax_hz: float) -> list[tuple[slice, slice, np.ndarray]]:
    """Groups of adjacent filters, the bins of their support, and their weights there: most of the matrix is zero."""
    filters, groups = mel_filters(sample_rate_hz, n_fft, n_mels, fmax_hz), []
    for start in range(0, n_mels, _GROUP):
        group = filters[start : start + _GROUP]
        support = np.flatnonzero(group.any(axis=0))
        bins = slice(support[0], support[-1] + 1) if len(support) else slice(0, 1)
        groups.append((slice(start, start + _GROUP), bins, np.ascontiguousarray(group[:, bins].T)))
    return groups


def to_mel(frequency_hz: ArrayLike) -> np.ndarray:
    """Frequencies in Hz to mel."""
    hz = np.asarray(frequency_hz, float)
    logarithmic = _LOG_FROM_MEL + np.log(np.maximum(hz, _LOG_FROM_HZ) / _LOG_FROM_HZ) / np.log(_RATIO)
    return np.where(hz < _LOG_FROM_HZ, hz / _HZ_PER_MEL, logarithmic)


def to_hz(mel: np.ndarray) -> np.ndarray:
    """Mel to frequencies in Hz."""
    logarithmic = _LOG_FROM_HZ * _RATIO ** (mel - _LOG_FROM_MEL)
    return np.where(mel < _LOG_FROM_MEL, mel * _HZ_PER_MEL, logarithmic)

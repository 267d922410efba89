"""The noise floor of a sound: what remains where the programme is quietest, and whether it is steady noise.

Noise that is added to a programme does not follow it: in every band the quiet moments all lie at the same level, and
there the spectrum is as flat as noise is. Between the notes of music levels go on falling, and what is left has lines.
Rain or applause is a steady floor too; what it is, the network decides.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import fft

from horuslib.acoustics.evidence import scaled
from horuslib.audio.levels import rms_dbfs

_FRAME_S = 0.064
_EDGES_HZ = (1000, 1414, 2000, 2828, 4000, 5657, 7800)
_QUIET, _LOWEST = 25, 5
"""Percentiles of a band's level: the rise from one to the other is the steadiness of its floor."""
_QUIETEST_DBFS = -60.0
_TINY = 1e-15

# Values of each feature where its contribution is 0, and where it is 1.
_RISE_DB = (3.2, 2.0)
"""White noise of any level rises by 1.0 dB."""
_FLATNESS_DB = (-1.0, -0.4)
"""White noise, averaged over the quiet frames of a segment, has -0.1 to -0.2 dB."""
_LEVEL_DB = (-36.0, -26.0)
"""White noise 20 dB below a programme has about -25 dB, the floor of a good recording, 32 dB and more below, -37."""


@dataclass(frozen=True)
class NoiseFloor:
    """The floor of one sound between 1 and 7.8 kHz."""

    rise_db: float
    """Level of the quiet over that of the quietest moments, the median over bands."""
    flatness_db: float
    """Spectral flatness of the quiet moments within a band, the median over bands; 0 is perfectly flat."""
    level_db: float
    """Power density of the quiet moments re that of the whole sound, the median over bands."""

    @property
    def noise(self) -> float:
        """0 to 1 (a steady floor of flat spectrum, not far below the programme)."""
        shape = scaled(self.rise_db, *_RISE_DB) * scaled(self.flatness_db, *_FLATNESS_DB)
        return shape * scaled(self.level_db, *_LEVEL_DB)


NONE = NoiseFloor(np.inf, -np.inf, -np.inf)


def noise_floor(x: np.ndarray, sample_rate_hz: int) -> NoiseFloor:
    """The noise floor of a sound.

    Parameters
    ----------
    x : (N,) mono, 1 s or longer at 8 kHz or more; shorter or silent sound has no floor (`NONE`).
    """
    size = round(_FRAME_S * sample_rate_hz)
    if len(x) < sample_rate_hz or rms_dbfs(x) < _QUIETEST_DBFS:
        return NONE
    window, bands = _window(size), _bands(size, sample_rate_hz)
    frames = np.asarray(x[: len(x) // size * size], np.float32).reshape(-1, size)
    power = np.abs(fft.rfft(frames * window)) ** 2 + np.float32(_TINY)
    level_db = 10 * np.log10(bands.means(power[:, bands.bins]).T)
    lowest, quiet = np.percentile(level_db, (_LOWEST, _QUIET), axis=1)
    floors = bands.own((level_db <= quiet[:, None]).astype(np.float32) @ power[:, bands.bins])
    floors /= np.repeat((level_db <= quiet[:, None]).sum(axis=1), bands.widths)
    level, log_level = bands.means(floors), bands.means(np.log(floors))
    rises, flatnesses = quiet - lowest, 10 / np.log(10) * log_level - 10 * np.log10(level)
    return NoiseFloor(*np.median([rises, flatnesses, 10 * np.log10(level / power.mean())], axis=1).tolist())


class _Bands(NamedTuple):
    """Adjacent bands of a spectrum."""

    bins: slice
    """Of the whole spectrum, all bands together."""
    starts: np.ndarray
    """First bin of each band, counted from that of the first."""
    widths: np.ndarray

    def means(self, values: np.ndarray) -> np.ndarray:
        """(..., bins) -> (..., bands)."""
        return np.add.reduceat(values, self.starts, axis=-1) / self.widths

    def own(self, values: np.ndarray) -> np.ndarray:
        """(bands, bins) -> (bins,): of each band the values in its own bins."""
        return values[np.repeat(np.arange(len(self.widths)), self.widths), np.arange(self.widths.sum())]


@lru_cache(maxsize=8)
def _bands(size: int, sample_rate_hz: int) -> _Bands:
    """The bands between `_EDGES_HZ` that have two bins or more."""
    edges = np.searchsorted(np.fft.rfftfreq(size, 1 / sample_rate_hz), _EDGES_HZ)
    edges = edges[: 1 + np.count_nonzero(np.diff(edges) >= 2)]
    return _Bands(slice(edges[0], edges[-1]), edges[:-1] - edges[0], np.diff(edges))


@lru_cache(maxsize=8)
def _window(size: int) -> np.ndarray:
    return np.hanning(size).astype(np.float32)

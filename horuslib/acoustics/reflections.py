"""Blind detection of echoes and reverberation, without the dry signal, from the autocorrelation of whitened sound.

An echo adds a delayed, weaker copy of the waveform: the autocorrelation has a peak at the delay, as narrow as the
sound's bandwidth allows. A room does so at thousands of delays at once, which raises the whole autocorrelation, with a
decay that follows the room's. Neither depends on the content of the programme. Features that do depend on it are
removed first: the spectral envelope (a voice's formants), and for rooms also the magnitude spectrum of every half
second (harmonics of voices and of held notes), of which only the phase is kept.

Music repeats too (`horuslib.acoustics.repeats` tells its repeats from an echo).

Notes ring by themselves, and an organ is recorded in its church. A room rings at all frequencies, notes at their own;
where single lines carry most of the power, a tail does not indicate a room that blurs speech.

Conventions
-----------
- Sound is mono, at any rate from 8 kHz on; its whitening (`horuslib.acoustics.whitening`) keeps 200 to 3700 Hz.
- Lags are in seconds; autocorrelations are normalised by their standard deviation for noise of the same length (1.0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import fft

from horuslib.acoustics.evidence import scaled
from horuslib.acoustics.repeats import Repeat, likeliest_repeats
from horuslib.acoustics.whitening import (
    RATE_HZ,
    band_dbfs,
    phase_autocorrelation,
    smoothed_power,
    spectra_of,
    tonal_share,
)
from horuslib.audio.levels import rms_dbfs

_FRAME_S = 0.512
_TAIL_S = (0.1, 0.2)
_RINGING_S, _RINGING_HZ = (0.06, 0.31), (300.0, 3600.0)
_FLOOR_S = (1.0, 2.1)
_DECAY_S = np.geomspace(0.1, 0.8, 8)
_DECAY_FRAME_S = 0.128
"""Shorter than any lag at which the decay is measured: phase-only frames lower the autocorrelation within a frame."""
_DECAY_BIAS = 1.37
"""Ratio of the autocorrelation's decay time to the room's RT60, over generated rooms of 0.7-3 s."""
_MEDIAN_OF_SQUARE = 0.455
"""Median of the square of a standard normal variable."""
_QUIETEST_DBFS = -57.0
"""No programme is quieter; hum, dither and the residue of a tone above the band correlate with their past."""
_BATCH = 4
"""Sounds transformed together: the width of a SIMD vector."""

# Values of each feature where its contribution is 0, and where it is 1.
_TAIL = (-0.2, -0.05)
_TONAL = (0.6, 0.35)
_EVENNESS = (0.4, 0.47)
"""Of generated speech in rooms that blur it 48 of 48 segments are over 0.47, of ringing music 6 of 100."""


@dataclass(frozen=True)
class Reflections:
    """Echo and reverberation measures of one sound."""

    echo: float
    """0 (none) to 1 (a repeat with a prominent, isolated peak, present in the median block)."""
    room: float
    """0 to 1 (a tail as of a room that blurs speech, and no ringing or held notes)."""
    delay_s: float
    """Of the most prominent repeat, whatever the value of `echo`."""
    rt60_s: float
    """Reverberation time of the tail; NaN where there is none, or its decay is too irregular to be measured."""
    prominence: float
    """Height of the repeat's peak relative to the standard deviation of the autocorrelation within 20 ms."""
    gain: float
    """Amplitude with which the louder 0.1 s blocks are repeated one delay later, their median; 0 where no peak is
    prominent enough."""
    beside: float
    """Height of the highest peak at a distance of 5 to 50 ms, as a share of the repeat's own."""
    loop: float
    """0 to 1 (the repeat is one of a loop's)."""
    tail: float
    """log10 of the autocorrelation's energy at lags of 0.1-0.2 s over that at 1-2.1 s."""
    evenness: float
    """Spectral flatness of the tail: 0 (one line) to about 0.5 (noise of any bandwidth)."""
    tonal: float
    """Share of the power in lines over 8 times as strong as their neighbourhood: 0.05-0.2 in speech, also in a room;
    0.5-0.8 in held notes."""


NONE = Reflections(0.0, 0.0, np.nan, np.nan, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0)


def reflections(x: np.ndarray, sample_rate_hz: int, before: np.ndarray | None = None) -> Reflections:
    """Echo and reverberation measures of a sound.

    Parameters
    ----------
    x : (N,) mono, 3 s or longer; shorter or very quiet sound cannot be measured (`NONE`).
    before : what was heard immediately before, for the grid of a loop.

    Raises
    ------
    ValueError
        When the rate is under 8 kHz.
    """
    return reflections_of([x], sample_rate_hz, None if before is None else [before])[0]


def reflections_of(
    sounds: Sequence[np.ndarray], sample_rate_hz: int, before: Sequence[np.ndarray] | None = None
) -> list[Reflections]:
    """`reflections` of several sounds, in a third of the time where they are equally long."""
    if sample_rate_hz < RATE_HZ:
        raise ValueError(
            f"reflections are measured up to 3.7 kHz: the rate is {sample_rate_hz} Hz, the lowest possible {RATE_HZ}"
        )
    found, by_length = [NONE] * len(sounds), {}
    for k, x in enumerate(sounds):
        if len(x) >= 3 * sample_rate_hz - 1 and rms_dbfs(x) >= _QUIETEST_DBFS:
            by_length.setdefault(len(x), []).append(k)
    for indices in by_length.values():
        for start in range(0, len(indices), _BATCH):
            batch = indices[start : start + _BATCH]
            cut = np.stack([np.asarray(sounds[k], np.float32) for k in batch])
            around = [before[k] if before is not None else cut[:0] for k in batch]
            for k, one in zip(batch, _measured(cut, around, sample_rate_hz), strict=True):
                found[k] = one
    return found


def _measured(sounds: np.ndarray, before: Sequence[np.ndarray], sample_rate_hz: int) -> list[Reflections]:
    """`Reflections` of (K, N) sounds."""
    spectra = spectra_of(sounds, sample_rate_hz)
    surroundings, resampled = smoothed_power(spectra), fft.irfft(spectra)
    audible = band_dbfs(surroundings, sample_rate_hz) >= _QUIETEST_DBFS
    correlation = phase_autocorrelation(resampled, _FRAME_S, _FLOOR_S[1])
    tails = zip(_tail(correlation), _evenness(correlation), tonal_share(spectra, surroundings), strict=True)
    repeats = likeliest_repeats(spectra, surroundings, sounds, before, sample_rate_hz)
    found = zip(repeats, tails, resampled, audible, strict=True)
    return [_combined(repeat, _Tail(*map(float, tail)), x) if loud else NONE for repeat, tail, x, loud in found]


class _Tail(NamedTuple):
    tail: float
    evenness: float
    tonal: float


def _combined(repeat: Repeat, tail: _Tail, x: np.ndarray) -> Reflections:
    """The measures `echo` and `room` as products of their features, each scaled to 0-1."""
    room = scaled(tail.tail, *_TAIL) * scaled(tail.evenness, *_EVENNESS) * scaled(tail.tonal, *_TONAL)
    return Reflections(
        echo=repeat.echo,
        room=room,
        rt60_s=_rt60_s(x) if room > 0 else np.nan,
        **repeat._asdict(),
        **tail._asdict(),
    )


def _tail(correlation: np.ndarray) -> np.ndarray:
    """log10 of each tail's energy over the floor, (K,), of (K, lags)."""
    energy = correlation**2
    return np.log10(_typical(energy, *_TAIL_S) / _typical(energy, *_FLOOR_S))


def _evenness(correlation: np.ndarray) -> np.ndarray:
    """Spectral flatness of each tail, (K,): squared mean of the bins' powers over the mean of their squares. It is 0.5
    for noise, whose powers vary randomly."""
    lags = correlation[..., slice(*(round(s * RATE_HZ) for s in _RINGING_S))]
    low, high = (round(f * lags.shape[-1] / RATE_HZ) for f in _RINGING_HZ)
    power = np.abs(fft.rfft(lags * np.hanning(lags.shape[-1])))[..., low : high + 1] ** 2
    return power.mean(axis=-1) ** 2 / (np.mean(power**2, axis=-1) + 1e-20)


def _rt60_s(x: np.ndarray) -> float:
    """Reverberation time of a tail with exponential decay; NaN where fewer than three lags exceed the floor."""
    energy = phase_autocorrelation(x, _DECAY_FRAME_S, _FLOOR_S[1]) ** 2
    floor = _typical(energy, *_FLOOR_S)
    over = np.array([_typical(energy, a, b) for a, b in pairwise(_DECAY_S)]) - floor
    clear = np.cumprod(over > 0.05 * floor).astype(bool)
    if clear.sum() < 3:
        return np.nan
    middles_s = np.sqrt(_DECAY_S[1:] * _DECAY_S[:-1])[clear]
    weights = np.minimum(over[clear] / floor, 5.0)
    slope_db_s = np.polyfit(middles_s, 10 * np.log10(over[clear]), 1, w=weights)[0]
    return float(-60 / slope_db_s / _DECAY_BIAS) if slope_db_s < 0 else np.nan


def _typical(energy: np.ndarray, from_s: float, to_s: float) -> np.ndarray:
    """Mean energy within these lags, estimated by the median, which ignores single peaks."""
    lags = energy[..., round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]
    half = lags.shape[-1] // 2
    parted = np.partition(lags, half, axis=-1)  # a single partition is many times faster than np.median
    median = parted[..., half]
    if lags.shape[-1] % 2 == 0:
        median = (median + parted[..., :half].max(axis=-1)) / 2
    return median / _MEDIAN_OF_SQUARE + 1e-12

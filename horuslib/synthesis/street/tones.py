"""Tones along a curve of frequency, as loudspeakers, horns and rotors make them: the material of sirens and alerts."""

import numpy as np

from horuslib.acoustics import filters

_TOP_SHARE = 0.46
"""Partials above this share of the sampling rate are left out: they would alias."""


def times(seconds: float, sample_rate_hz: int) -> np.ndarray:
    """The time in seconds of every sample, (N,)."""
    return np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz


def tone(
    frequency_hz: np.ndarray, sample_rate_hz: int, partials: np.ndarray | tuple[float, ...] = (1.0,)
) -> np.ndarray:
    """A harmonic tone along a curve of frequency.

    Parameters
    ----------
    frequency_hz : (N,) instantaneous frequency of the first partial.
    partials : amplitude of each partial.

    Returns
    -------
    (N,) float64 of about unit RMS; partials above the Nyquist frequency are silent where they would alias.
    """
    phase = 2 * np.pi * np.cumsum(frequency_hz) / sample_rate_hz
    x = np.zeros(len(phase))
    for number, amplitude in enumerate(partials, 1):
        if amplitude and number * frequency_hz.min() < _TOP_SHARE * sample_rate_hz:
            audible = number * frequency_hz < _TOP_SHARE * sample_rate_hz
            x += amplitude * audible * np.sin(number * phase)
    return x / np.sqrt(np.sum(np.square(partials)) / 2)


def horn_partials(rng: np.random.Generator, count: int = 10) -> np.ndarray:
    """Partials of an overdriven horn loudspeaker: from nearly square to nearly pure."""
    k = np.arange(1, count + 1)
    even = rng.uniform(0.1, 1)
    return k ** -rng.uniform(0.7, 2.5) * np.where(k % 2, 1, even) * rng.uniform(0.5, 1, count)


def sweep(phase: np.ndarray, low_hz: float, high_hz: float, rise_share: float = 0.5) -> np.ndarray:
    """A frequency that rises from low to high and falls back in each cycle, evenly in octaves.

    Parameters
    ----------
    phase : (N,) cycles since the start.
    rise_share : share of a cycle in which it rises.
    """
    within = phase % 1
    up = np.where(within < rise_share, within / rise_share, (1 - within) / (1 - rise_share))
    return low_hz * (high_hz / low_hz) ** up


def gate(
    t: np.ndarray, starts_s: np.ndarray | list[float], lengths_s: np.ndarray | float, edge_s: float = 0.005
) -> np.ndarray:
    """(N,) 1 during each of some intervals and 0 between them, with edges of `edge_s`."""
    opened = np.zeros(len(t))
    for start_s, length_s in np.broadcast(starts_s, lengths_s):
        first, last = np.searchsorted(t, (start_s, start_s + length_s + edge_s))
        inside = t[first:last] - start_s
        rising = np.minimum(inside / edge_s, (length_s + edge_s - inside) / edge_s)
        opened[first:last] = np.maximum(opened[first:last], np.clip(rising, 0, 1))
    return opened


def speaker(rng: np.random.Generator, x: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """The band of a horn loudspeaker, driven into distortion."""
    driven = np.tanh(rng.uniform(0.3, 2.5) * x / max(np.std(x), 1e-9))
    return filters.band(driven, sample_rate_hz, rng.uniform(150, 450), rng.uniform(2500, 7000))

"""Generated crickets, cicadas, frogs, bells and singing bowls: hard negatives for hiss, echo and reverberation.

Float32 mono (N,) at the level of `horuslib.synthesis.ambience`.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level, noise, scatter, swell

_BELL = (0.5, 1.0, 1.18, 1.5, 2.0, 2.6, 3.0, 4.1)
"""Partials of a church bell relative to its strike note: hum, prime, tierce, quint, nominal, and higher."""
_BOWL = (1.0, 2.71, 5.1, 8.0)


def crickets(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Three to nine crickets, each with its pitch and rhythm, over faint ambience."""
    n = round(seconds * sample_rate_hz)
    x = 0.03 * filters.band(noise(rng, n), sample_rate_hz, 200, 3000)
    for _ in range(rng.integers(3, 10)):
        t = np.arange(round(rng.uniform(0.02, 0.05) * sample_rate_hz)) / sample_rate_hz
        pulse = np.sin(2 * np.pi * rng.uniform(2800, 5500) * t) * np.hanning(len(t))
        every_s, chirp = rng.uniform(0.3, 1.1), np.arange(rng.integers(2, 6)) * rng.uniform(0.045, 0.07)
        starts = rng.uniform(0, every_s) + np.arange(int(seconds / every_s) + 1) * every_s
        starts = starts + rng.normal(0, 0.01, len(starts))
        scatter(x, pulse * filters.gain(rng.uniform(-18, 0)), np.add.outer(starts, chirp).ravel(), sample_rate_hz)
    return at_level(x)


def cicadas(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A tree full of cicadas: amplitude-modulated narrow bands of noise."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    x = np.zeros(n)
    for _ in range(rng.integers(2, 5)):
        centre_hz = rng.uniform(2500, 6500)
        song = filters.band(noise(rng, n, 0), sample_rate_hz, 0.93 * centre_hz, 1.07 * centre_hz)
        buzz = 0.3 + np.clip(np.sin(2 * np.pi * rng.uniform(8, 60) * t), 0, None)
        x += rng.uniform(0.2, 1) * song * buzz * swell(rng, n, sample_rate_hz, 0.4, 5)
    return at_level(x)


def frogs(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A pond at night: croaks of three to seven frogs, and water."""
    n = round(seconds * sample_rate_hz)
    x = 0.05 * filters.band(noise(rng, n), sample_rate_hz, 300, 2500) * swell(rng, n, sample_rate_hz, 1.0, 4)
    for _ in range(rng.integers(3, 8)):
        t = np.arange(round(rng.uniform(0.1, 0.4) * sample_rate_hz)) / sample_rate_hz
        voice = sum(np.sin(2 * np.pi * k * rng.uniform(180, 260) * t) / k for k in range(2, 9))
        croak = voice * np.clip(np.sin(2 * np.pi * rng.uniform(20, 60) * t), 0, None) * np.hanning(len(t))
        times = rng.uniform(0, 1) + np.cumsum(rng.uniform(0.4, 2.5, int(seconds * 2)))
        scatter(x, croak * filters.gain(rng.uniform(-14, 0)), times, sample_rate_hz)
    return at_level(x)


def bells(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """One to three church bells, each with its own period; they ring for seconds."""
    x = 0.001 * noise(rng, round(seconds * sample_rate_hz), -6)
    for _ in range(rng.integers(1, 4)):
        strike = _ringing(rng, sample_rate_hz, _BELL, rng.uniform(220, 900), rng.uniform(1.0, 3.5))
        times = rng.uniform(-1, 1) + np.cumsum(rng.normal(rng.uniform(0.7, 2.2), 0.03, int(2 * seconds)).clip(0.4))
        _ring(x, strike * rng.uniform(0.4, 1), times, sample_rate_hz)
    return at_level(x)


def bowls(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Singing bowls, struck rarely, with beating partials and a long decay."""
    x = 0.001 * noise(rng, round(seconds * sample_rate_hz), -6)
    for _ in range(rng.integers(1, 4)):
        strike = _ringing(rng, sample_rate_hz, _BOWL, rng.uniform(110, 500), rng.uniform(4, 9))
        times = rng.uniform(-2, 2) + np.cumsum(rng.uniform(2, 7, int(seconds)))
        _ring(x, strike * rng.uniform(0.4, 1), times, sample_rate_hz)
    return at_level(x)


OUTDOORS: dict[str, SoundGenerator] = {
    "crickets": crickets,
    "cicadas": cicadas,
    "frogs": frogs,
    "bells": bells,
    "bowls": bowls,
}


def _ringing(
    rng: np.random.Generator, sample_rate_hz: int, partials: tuple[float, ...], base_hz: float, decay_s: float
) -> np.ndarray:
    """A struck body: partials in slightly detuned pairs, the higher the faster decaying; (N,) of three decay times."""
    t = np.arange(round(3 * decay_s * sample_rate_hz)) / sample_rate_hz
    x = np.zeros(len(t))
    for number, ratio in enumerate(partials):
        frequency = base_hz * ratio * rng.uniform(0.995, 1.005)
        if frequency < 0.45 * sample_rate_hz:
            pair = np.sin(2 * np.pi * frequency * t) + np.sin(2 * np.pi * (frequency + rng.uniform(0.2, 2)) * t)
            x += rng.uniform(0.3, 1) * pair * np.exp(-t / (decay_s / (1 + 0.5 * number)))
    return x * np.clip(t / 0.003, 0, 1)


def _ring(x: np.ndarray, strike: np.ndarray, times_s: np.ndarray, sample_rate_hz: int) -> None:
    """Add strikes to `x` in place, cut at its end."""
    for start in np.round(times_s * sample_rate_hz).astype(int):
        if 0 <= start < len(x):
            x[start : start + len(strike)] += strike[: len(x) - start]

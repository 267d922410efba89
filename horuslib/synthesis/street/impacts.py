"""Crashes: metal, glass, wood and skids before them; (rng, seconds, rate) -> (N,), as often as fits.

What generation gives is the shape: a burst with a sharp edge, inharmonic bodies that ring and die, debris. A crash that
was recorded in a street has more of everything.
"""

from collections.abc import Callable

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level, noise, scatter
from horuslib.synthesis.street.tones import times


def crash(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Cars that collide: thump, crumpling metal, glass, debris; sometimes a skid before it."""
    parts = [_skid(rng, sample_rate_hz)] if rng.random() < 0.3 else []
    hit = _placed(rng, sample_rate_hz, (thud, 1.0), (metal, rng.uniform(0.3, 1)), (glass, rng.uniform(0, 0.7)))
    return _filled(rng, np.concatenate([*parts, hit]), seconds, sample_rate_hz)


def bang(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """One hit on sheet metal, a door, a crate."""
    hit = _placed(rng, sample_rate_hz, (thud, rng.uniform(0.2, 1)), (metal, rng.uniform(0, 1)))
    return _filled(rng, hit, seconds, sample_rate_hz)


def breakage(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Glass that breaks."""
    hit = _placed(rng, sample_rate_hz, (thud, rng.uniform(0, 0.4)), (glass, 1.0))
    return _filled(rng, hit, seconds, sample_rate_hz)


def thud(rng: np.random.Generator, sample_rate_hz: int) -> np.ndarray:
    """A burst of low noise with a sharp edge."""
    t = times(rng.uniform(0.3, 1.2), sample_rate_hz)
    burst = noise(rng, len(t), rng.uniform(-6, -2)) * np.exp(-t / rng.uniform(0.04, 0.25))
    click = filters.band(rng.standard_normal(len(t)) * np.exp(-t / 0.004), sample_rate_hz, 800, None)
    return burst / np.std(burst) + rng.uniform(0, 1) * click / np.std(click)


def metal(rng: np.random.Generator, sample_rate_hz: int) -> np.ndarray:
    """Sheet metal that crumples: many bodies struck within a fraction of a second."""
    t = times(rng.uniform(0.4, 1.6), sample_rate_hz)
    x = np.zeros(len(t))
    for _ in range(rng.integers(8, 30)):
        start = round(abs(rng.normal(0, 0.12)) * sample_rate_hz)
        since = t[: max(0, len(t) - start)]
        ring = np.sin(2 * np.pi * rng.uniform(180, 5000) * since) * np.exp(-since / rng.uniform(0.01, 0.2))
        x[start:] += rng.uniform(0.2, 1) * ring
    crumple = filters.band(noise(rng, len(t)), sample_rate_hz, 300, 6000) * np.exp(-t / rng.uniform(0.08, 0.3))
    return x / max(np.std(x), 1e-9) + rng.uniform(0.3, 1.5) * crumple / np.std(crumple)


def glass(rng: np.random.Generator, sample_rate_hz: int) -> np.ndarray:
    """Shards that ring at high pitches, one after the other."""
    t = times(rng.uniform(0.5, 1.5), sample_rate_hz)
    x = filters.band(noise(rng, len(t), 0), sample_rate_hz, 2500, None) * np.exp(-t / 0.05)
    for _ in range(rng.integers(15, 60)):
        length = t[: round(0.15 * sample_rate_hz)]
        shard = np.sin(2 * np.pi * rng.uniform(2000, 0.45 * sample_rate_hz) * length)
        shard *= np.exp(-length / rng.uniform(0.005, 0.05)) * rng.uniform(0.1, 1)
        scatter(x, shard, np.array([rng.exponential(0.25)]), sample_rate_hz)
    return x / max(np.std(x), 1e-9)


def _skid(rng: np.random.Generator, sample_rate_hz: int) -> np.ndarray:
    t = times(rng.uniform(0.3, 1.2), sample_rate_hz)
    pitch_hz = rng.uniform(700, 1400) * (1 - rng.uniform(0, 0.3) * t) * (1 + 0.02 * rng.standard_normal())
    wobble = 1 + 0.03 * filters.slow_curve(rng, len(t), sample_rate_hz, 25)
    phase = 2 * np.pi * np.cumsum(pitch_hz * wobble) / sample_rate_hz
    squeal = sum(np.sin(k * phase) / k for k in range(1, 5))
    rubber = filters.band(noise(rng, len(t)), sample_rate_hz, 500, 4000)
    return 0.3 * (squeal + rubber / np.std(rubber))


def _placed(rng: np.random.Generator, sample_rate_hz: int, *parts: tuple[Callable, float]) -> np.ndarray:
    """Parts of one impact, each with its weight, within a few hundredths of a second."""
    sounds = [
        (round(rng.uniform(0, 0.06) * sample_rate_hz), weight * part(rng, sample_rate_hz)) for part, weight in parts
    ]
    x = np.zeros(max(start + len(sound) for start, sound in sounds))
    for start, sound in sounds:
        x[start : start + len(sound)] += sound
    return x


def _filled(rng: np.random.Generator, hit: np.ndarray, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """One to four of the same kind of impact at random times."""
    n = round(seconds * sample_rate_hz)
    x = np.zeros(n + len(hit))
    for _ in range(rng.integers(1, 5)):
        start = rng.integers(0, max(1, n - len(hit) // 4))
        x[start : start + len(hit)] += rng.uniform(0.4, 1) * hit
    return at_level(x[:n])


IMPACTS: dict[str, SoundGenerator] = {
    "crash": crash,
    "bang": bang,
    "breakage": breakage,
}

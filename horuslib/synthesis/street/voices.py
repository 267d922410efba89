"""Screams and cries: a voice driven hard, high and rough; (rng, seconds, rate) -> (N,).

A scream is a voiced sound of 300 to 1500 Hz whose level is modulated at 30 to 150 Hz (roughness: Arnal et al. 2015),
with formants pushed up and noise of breath. Words are beyond this generation.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level, noise
from horuslib.synthesis.instruments import VOWELS_HZ
from horuslib.synthesis.street.tones import times, tone


def scream(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A high scream, a second or two at a time."""
    return _cries(rng, seconds, sample_rate_hz, (450, 1500), (0.5, 2.2), (0.3, 1.2), (0.1, 1.5))


def shout(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A shout of pain or fear in a lower voice."""
    return _cries(rng, seconds, sample_rate_hz, (180, 520), (0.25, 1.2), (0.2, 1.0), (0.2, 1.5))


def groan(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A short grunt or dying groan, falling in pitch."""
    return _cries(rng, seconds, sample_rate_hz, (90, 260), (0.2, 0.9), (0.1, 0.8), (0.2, 1.5), falls=True)


def _cries(
    rng: np.random.Generator,
    seconds: float,
    sample_rate_hz: int,
    pitch_hz: tuple[float, float],
    length_s: tuple[float, float],
    rough: tuple[float, float],
    pause_s: tuple[float, float],
    falls: bool = False,
) -> np.ndarray:
    """Cries of one voice, one after another."""
    n = round(seconds * sample_rate_hz)
    x, at = np.zeros(n), round(rng.uniform(0, 0.4) * sample_rate_hz)
    base_hz, tract = rng.uniform(*pitch_hz), rng.uniform(1.0, 1.35)
    vowel = np.array(VOWELS_HZ[rng.integers(len(VOWELS_HZ))]) * tract
    while at < n:
        cry = _cry(rng, rng.uniform(*length_s), sample_rate_hz, base_hz * rng.uniform(0.85, 1.15), vowel, rough, falls)
        cry = cry[: n - at]
        x[at : at + len(cry)] += rng.uniform(0.6, 1) * cry
        at += len(cry) + round(rng.uniform(*pause_s) * sample_rate_hz)
    return at_level(x)


def _cry(
    rng: np.random.Generator,
    seconds: float,
    sample_rate_hz: int,
    base_hz: float,
    vowel_hz: np.ndarray,
    rough: tuple[float, float],
    falls: bool,
) -> np.ndarray:
    t = times(seconds, sample_rate_hz)
    share = t / seconds
    rise, peak = rng.uniform(0.05, 0.3), rng.uniform(0.15, 0.5)
    curve = 1 + rng.uniform(0, 0.5) * np.minimum(share / peak, 1) - rng.uniform(0.1, 0.5) * np.maximum(share - peak, 0)
    if falls:
        curve = 1.1 - rng.uniform(0.2, 0.6) * share
    jitter = 1 + 0.015 * filters.slow_curve(rng, len(t), sample_rate_hz, 30)
    vibrato = 1 + rng.uniform(0, 0.04) * np.sin(2 * np.pi * rng.uniform(5, 11) * t)
    voiced = tone(base_hz * curve * jitter * vibrato, sample_rate_hz, np.arange(1, 26) ** -rng.uniform(0.3, 1.1))
    breath = noise(rng, len(t), -2)
    source = voiced / np.std(voiced) + rng.uniform(0.05, 0.6) * breath / np.std(breath)
    roughness = 1 + rng.uniform(*rough) * np.sin(2 * np.pi * rng.uniform(30, 150) * t + 3 * rng.random())
    source = source * np.maximum(roughness, 0)
    for centre_hz in vowel_hz:
        source = filters.peaking(source, sample_rate_hz, centre_hz, rng.uniform(8, 16), rng.uniform(2, 5))
    source = np.tanh(rng.uniform(0.3, 1.5) * source / np.std(source))
    return source * np.minimum(1, share / rise) * np.minimum(1, (1 - share) / rng.uniform(0.1, 0.5))


SCREAMS: dict[str, SoundGenerator] = {
    "scream": scream,
    "shout": shout,
    "groan": groan,
}

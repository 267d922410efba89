"""Sirens of emergency vehicles: wail, yelp, hi-lo, piercer, phaser, electromechanical; (rng, seconds, rate) -> (N,).

Rates and pitches follow what is built: wails of 10 to 30 cycles a minute and yelps of 150 to 250 between about 500 and
1800 Hz (SAE J1849, California Title 13), two-tone horns a fourth apart (DIN 14610), three-tone ones of ambulances.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level, noise
from horuslib.synthesis.street.tones import horn_partials, speaker, sweep, times, tone

_HI_LO = ((1.0, 4 / 3), (1.0, 1.41), (1.0, 1.26), (1.0, 1.122), (1.0, 1.5))
_THREE = ((1.0, 1.19, 1.0, 1.33), (1.0, 1.26, 1.5), (1.0, 1.33, 1.12), (1.0, 1.12, 1.0, 1.68))


def wail(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A slow sweep up and down, once in 2 to 6 s."""
    return _swept(rng, seconds, sample_rate_hz, 1 / rng.uniform(2, 6), rng.uniform(450, 850), rng.uniform(1.6, 2.8))


def yelp(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A fast sweep, 2 to 5 times a second."""
    return _swept(rng, seconds, sample_rate_hz, rng.uniform(2, 5), rng.uniform(500, 900), rng.uniform(1.5, 2.6))


def piercer(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A very fast sweep, 6 to 14 times a second."""
    return _swept(rng, seconds, sample_rate_hz, rng.uniform(6, 14), rng.uniform(700, 1100), rng.uniform(1.3, 2.2))


def phaser(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Falling chirps, 12 to 30 a second, often switched on and off."""
    x = _swept(rng, seconds, sample_rate_hz, rng.uniform(12, 30), rng.uniform(700, 1200), rng.uniform(1.5, 2.5), 0.1)
    if rng.random() < 0.5:
        x *= times(seconds, sample_rate_hz) % (pause := rng.uniform(0.4, 1.0)) < rng.uniform(0.6, 0.9) * pause
    return at_level(x)


def hi_lo(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Two alternating tones, usually a fourth apart."""
    return _alternating(rng, seconds, sample_rate_hz, _HI_LO[rng.integers(len(_HI_LO))], rng.uniform(0.35, 1.1))


def three_tone(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Three tones in turn, as ambulances in France and Italy have them."""
    return _alternating(rng, seconds, sample_rate_hz, _THREE[rng.integers(len(_THREE))], rng.uniform(0.2, 0.6))


def electromechanical(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A rotor that is run up in 2 to 4 s and coasts down over 5 to 12 s, with the noise of the air that it chops."""
    t = times(seconds, sample_rate_hz)
    up_s, down_s, top_hz = rng.uniform(2, 4), rng.uniform(5, 12), rng.uniform(750, 1300)
    speed, spinning = np.empty(len(t)), rng.uniform(0.1, 0.9)
    running, cycle = rng.random() < 0.5, rng.uniform(1.5, 4)
    step = max(1, sample_rate_hz // 50)
    left_s = rng.uniform(0.3, cycle)
    for start in range(0, len(t), step):  # the motor is switched on and off by hand
        target, time_s = (1.0, up_s / 2) if running else (0.0, down_s / 2)
        spinning += (target - spinning) * min(1, step / sample_rate_hz / time_s)
        speed[start : start + step] = spinning
        left_s -= step / sample_rate_hz
        if left_s < 0:
            running, left_s = not running, rng.uniform(0.7, 1.3) * cycle * (1 if running else 0.6)
    speed = np.convolve(np.pad(speed, step, "edge"), np.ones(2 * step + 1) / (2 * step + 1), "valid")[: len(t)]
    partials = np.arange(1, 9) ** -rng.uniform(0.8, 1.6) * rng.uniform(0.4, 1, 8)
    x = tone(top_hz * np.maximum(speed, 0.08), sample_rate_hz, partials)
    air = filters.band(noise(rng, len(t)), sample_rate_hz, 400, 5000)
    return at_level((x + rng.uniform(0.05, 0.3) * air / np.std(air)) * speed**1.5)


def _swept(
    rng: np.random.Generator,
    seconds: float,
    sample_rate_hz: int,
    rate_hz: float,
    low_hz: float,
    ratio: float,
    rise_share: float | None = None,
) -> np.ndarray:
    rise = rng.uniform(0.25, 0.75) if rise_share is None else rise_share
    t = times(seconds, sample_rate_hz)
    curve_hz = sweep(rate_hz * t + rng.random(), low_hz, low_hz * ratio, rise)
    edge = max(3, round(0.06 * sample_rate_hz / rate_hz)) | 1  # turns are rounded
    curve_hz = np.convolve(np.pad(curve_hz, edge // 2, "edge"), np.ones(edge) / edge, "valid")
    return at_level(speaker(rng, tone(curve_hz, sample_rate_hz, horn_partials(rng)), sample_rate_hz))


def _alternating(
    rng: np.random.Generator, seconds: float, sample_rate_hz: int, ratios: tuple[float, ...], note_s: float
) -> np.ndarray:
    low_hz, start = rng.uniform(360, 780), rng.uniform(0, len(ratios))
    turn = times(seconds, sample_rate_hz) / note_s + start
    curve_hz = low_hz * np.array(ratios)[turn.astype(int) % len(ratios)]
    partials = horn_partials(rng)
    x = tone(curve_hz, sample_rate_hz, partials)
    if rng.random() < 0.5:  # two horns side by side
        x = x + tone(curve_hz * rng.uniform(1.003, 1.02), sample_rate_hz, partials)
    if rng.random() < 0.4:  # compressed-air horns are blown one after the other
        x *= np.minimum(1, (turn % 1) / rng.uniform(0.05, 0.15)) * np.minimum(1, (1 - turn % 1) / 0.05)
    return at_level(speaker(rng, x, sample_rate_hz))


SIRENS: dict[str, SoundGenerator] = {
    "wail": wail,
    "yelp": yelp,
    "hi_lo": hi_lo,
    "three_tone": three_tone,
    "piercer": piercer,
    "phaser": phaser,
    "electromechanical": electromechanical,
}

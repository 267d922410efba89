"""Road traffic without a signal: passing cars, flowing traffic, engines that start, trucks; (rng, seconds, rate)."""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level, noise, swell
from horuslib.synthesis.machines import engine
from horuslib.synthesis.street.scene import pass_by
from horuslib.synthesis.street.tones import times, tone


def flow(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Traffic in the distance: low rumble and the noise of tyres, with slow swells."""
    n = round(seconds * sample_rate_hz)
    rumble = filters.band(noise(rng, n, -5), sample_rate_hz, 30, rng.uniform(250, 600))
    tyres = filters.band(noise(rng, n, -2), sample_rate_hz, rng.uniform(300, 700), rng.uniform(1500, 5000))
    x = rumble / np.std(rumble) * swell(rng, n, sample_rate_hz, 0.3, 3)
    return at_level(x + rng.uniform(0.1, 1) * tyres / np.std(tyres) * swell(rng, n, sample_rate_hz, 0.4, 4))


def cars(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Cars that pass one after another in front of flowing traffic."""
    x = rng.uniform(0.2, 1) * flow(rng, seconds, sample_rate_hz)
    for _ in range(rng.poisson(seconds / 4) + 1):
        x = x + rng.uniform(0.4, 1.5) * _car(rng, seconds, sample_rate_hz)
    return at_level(x)


def accelerating(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A bus, truck or motorcycle that starts and changes gears."""
    t = times(seconds, sample_rate_hz)
    gears = np.sort(rng.uniform(0, seconds, rng.integers(1, 5)))
    gear = np.searchsorted(gears, t)
    began = np.concatenate([[0.0], gears])[gear]
    firing_hz = rng.uniform(20, 60) * (1 + rng.uniform(0.15, 0.6) * np.minimum(t - began, 3))
    jitter = 1 + 0.02 * filters.slow_curve(rng, len(t), sample_rate_hz, 8)
    x = tone(firing_hz * jitter, sample_rate_hz, np.arange(1, 30) ** -rng.uniform(0.4, 1) * rng.uniform(0.3, 1, 29))
    exhaust = filters.band(noise(rng, len(t), -3), sample_rate_hz, 60, rng.uniform(1200, 4000))
    x = x / np.std(x) + rng.uniform(0.3, 1.2) * exhaust / np.std(exhaust)
    return at_level(x * swell(rng, len(t), sample_rate_hz, 0.4, 2))


def idling(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """An engine that idles beside the microphone, before flowing traffic."""
    return at_level(engine(rng, seconds, sample_rate_hz) + rng.uniform(0.2, 1.5) * flow(rng, seconds, sample_rate_hz))


def _car(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    n = round(seconds * sample_rate_hz)
    tyres = filters.band(noise(rng, n, -2), sample_rate_hz, rng.uniform(80, 300), rng.uniform(1500, 5000))
    motor = engine(rng, seconds, sample_rate_hz)
    x = tyres / np.std(tyres) + rng.uniform(0.1, 0.8) * motor / np.std(motor)
    return at_level(pass_by(x, sample_rate_hz, rng.uniform(8, 30), rng.uniform(3, 15), rng.uniform(0, seconds)))


TRAFFIC: dict[str, SoundGenerator] = {
    "flow": flow,
    "cars": cars,
    "accelerating": accelerating,
    "idling": idling,
}

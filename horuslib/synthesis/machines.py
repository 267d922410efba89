"""Generated machines: engines, trains, washing machines, aeroplanes: steady sounds with periodic modulation, no hiss.

Float32 mono (N,) at the level of `horuslib.synthesis.ambience`.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level, noise, scatter, swell


def engine(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A running motor of varying speed: harmonics of the firing frequency, and exhaust noise modulated by it."""
    n = round(seconds * sample_rate_hz)
    firing_hz = rng.uniform(18, 70) * filters.gain(2 * np.clip(filters.slow_curve(rng, n, sample_rate_hz, 0.3), -1, 2))
    phase = 2 * np.pi * np.cumsum(firing_hz) / sample_rate_hz + rng.uniform(0, 6)
    x = sum(rng.uniform(0.2, 1) / k**0.7 * np.sin(k * phase + rng.uniform(0, 6)) for k in range(1, 14))
    exhaust = filters.band(noise(rng, n, -4), sample_rate_hz, 80, rng.uniform(900, 3000)) * (1 + np.sin(phase)) ** 2
    return at_level((x / np.std(x) + rng.uniform(0.3, 1) * exhaust) * swell(rng, n, sample_rate_hz, 0.5, 2))


def train(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Inside or beside a train: rumble, wheels crossing rail joints in pairs, sometimes a squeal, air noise."""
    n = round(seconds * sample_rate_hz)
    rumble = filters.band(noise(rng, n, -5), sample_rate_hz, 35, 300) * swell(rng, n, sample_rate_hz, 0.8, 3)
    wheels = filters.band(noise(rng, n), sample_rate_hz, 150, rng.uniform(1500, 4500))
    x = rumble / np.std(rumble) + rng.uniform(0.15, 0.5) * wheels * swell(rng, n, sample_rate_hz, 1.5, 3)
    length = np.arange(round(0.12 * sample_rate_hz)) / sample_rate_hz
    clack = filters.band(rng.standard_normal(len(length)), sample_rate_hz, 120, 2500) * np.exp(-length / 0.025)
    joints = np.cumsum(rng.normal(rng.uniform(0.45, 1.1), 0.01, int(3 * seconds)).clip(0.3))
    for delay_s, level in ((0, 1.0), (rng.uniform(0.1, 0.16), 0.8)):
        scatter(x, clack * level * rng.uniform(1.5, 4), joints + delay_s, sample_rate_hz)
    if rng.random() < 0.4:
        t = np.arange(n) / sample_rate_hz
        squeal_hz = rng.uniform(1800, 4200) * filters.gain(0.4 * filters.slow_curve(rng, n, sample_rate_hz, 1.0))
        gate = np.exp(-(((t - rng.uniform(0, seconds)) / rng.uniform(0.6, 2)) ** 2))
        x += rng.uniform(0.1, 0.4) * gate * np.sin(2 * np.pi * np.cumsum(squeal_hz) / sample_rate_hz)
    return at_level(x)


def washing_machine(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A rotating drum: motor hum, splashing water and thuds of falling clothes."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    turn = 2 * np.pi * rng.uniform(0.6, 1.2) * t + rng.uniform(0, 6)
    motor_hz = rng.uniform(90, 260)
    motor = sum(rng.uniform(0.2, 1) / k * np.sin(2 * np.pi * k * motor_hz * t + rng.uniform(0, 6)) for k in range(1, 9))
    slosh = filters.band(noise(rng, n), sample_rate_hz, 250, rng.uniform(1500, 5000))
    slosh *= np.clip(np.sin(turn), 0, None) ** rng.uniform(1, 3) * swell(rng, n, sample_rate_hz, 2, 3)
    thuds = filters.band(noise(rng, n, -6), sample_rate_hz, 40, 200) * np.clip(np.sin(turn + 1), 0, None) ** 12
    return at_level(
        motor * (1 + 0.2 * np.sin(turn)) / np.std(motor) + rng.uniform(0.4, 2) * slosh + rng.uniform(0, 2) * thuds
    )


def aeroplane(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Propellers or rotors passing overhead."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    blades = 2 * np.pi * rng.uniform(9, 90) * t
    x = filters.band(noise(rng, n, -4), sample_rate_hz, 60, rng.uniform(700, 2500)) * (1 + np.sin(blades)) ** 2
    x += sum(rng.uniform(0.3, 1.5) / k * np.sin(k * blades + rng.uniform(0, 6)) for k in range(1, 9))
    passing = 0.25 + np.exp(-(((t - rng.uniform(0, seconds)) / rng.uniform(2, 6)) ** 2))
    return at_level(x * passing * swell(rng, n, sample_rate_hz, 0.7, 2))


MACHINES: dict[str, SoundGenerator] = {
    "engine": engine,
    "train": train,
    "washing_machine": washing_machine,
    "aeroplane": aeroplane,
}

"""Noise that does not change: colours of hiss, and the hum of the mains."""

import numpy as np

from horuslib.sound.levels import rms

COLOURS = ("white", "pink", "tape", "band")


def coloured_noise(
    rng: np.random.Generator, n: int, sample_rate_hz: int, kind: str = "pink", low_hz: float = 0.0, high_hz: float = 0.0
) -> np.ndarray:
    """Stationary noise of RMS 1, float32 (n,).

    Kinds: `white`; `pink` (-3 dB per octave); `tape` (+3 dB per octave up to 8 kHz); `band` (between `low_hz` and
    `high_hz`, 24 dB per octave outside).
    """
    frequencies = np.fft.rfftfreq(n, 1 / sample_rate_hz)
    shape = {
        "white": lambda f: np.ones_like(f),
        "pink": lambda f: 1 / np.sqrt(np.maximum(f, 20)),
        "tape": lambda f: np.sqrt(np.clip(f, 200, 8000)),
        "band": lambda f: 1 / np.sqrt(1 + (low_hz / np.maximum(f, 1)) ** 8 + (f / high_hz) ** 8),
    }[kind](frequencies)
    phase = rng.standard_normal((2, len(frequencies))).astype(np.float32)
    noise = np.fft.irfft((phase[0] + 1j * phase[1]) * shape, n)
    return (noise / rms(noise)).astype(np.float32)


def hum(rng: np.random.Generator, n: int, sample_rate_hz: int, mains_hz: float) -> np.ndarray:
    """Mains hum with six harmonics of falling level, RMS 1, float32 (n,)."""
    angle = 2 * np.pi * mains_hz * np.arange(n) / sample_rate_hz
    x = sum(rng.uniform(0.3, 1) / k * np.sin(k * angle + rng.uniform(0, 2 * np.pi)) for k in range(1, 7))
    return (x / rms(x)).astype(np.float32)

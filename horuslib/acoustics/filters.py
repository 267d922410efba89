"""Filters and dynamics: equaliser, compressor, limiter, fades, and random drift of pitch and tempo.

All functions take mono samples (N,), full scale ±1, and return float32 of the same length.
"""

import numpy as np
import soxr
from scipy import ndimage, signal


def gain(gain_db: float) -> float:
    """Decibels to an amplitude factor."""
    return 10 ** (gain_db / 20)


def peaking(samples: np.ndarray, sample_rate_hz: int, centre_hz: float, gain_db: float, q: float = 1.0) -> np.ndarray:
    """Boost or cut a band: the peaking biquad of Bristow-Johnson's Audio EQ Cookbook."""
    centre = 2 * np.pi * min(centre_hz, 0.45 * sample_rate_hz) / sample_rate_hz
    root, alpha = 10 ** (gain_db / 40), np.sin(centre) / (2 * q)
    b = [1 + alpha * root, -2 * np.cos(centre), 1 - alpha * root]
    a = [1 + alpha / root, -2 * np.cos(centre), 1 - alpha / root]
    return signal.lfilter(b, a, samples).astype(np.float32)


def band(
    samples: np.ndarray, sample_rate_hz: int, low_hz: float | None = None, high_hz: float | None = None, order: int = 2
) -> np.ndarray:
    """Butterworth band-pass between two corner frequencies; either may be None (low-pass, high-pass)."""
    top = 0.47 * sample_rate_hz
    high_hz = None if high_hz is None or high_hz >= top else high_hz
    if low_hz is None and high_hz is None:
        return np.asarray(samples, np.float32)
    corners = [f for f in (low_hz, high_hz) if f is not None]
    kind = "bandpass" if len(corners) == 2 else "highpass" if high_hz is None else "lowpass"
    sos = signal.butter(order, corners if len(corners) == 2 else corners[0], kind, fs=sample_rate_hz, output="sos")
    return signal.sosfilt(sos, samples).astype(np.float32)


def low_rate(samples: np.ndarray, sample_rate_hz: int, low_rate_hz: int) -> np.ndarray:
    """Resampled to a lower rate and back: the band above half of it is lost."""
    low = soxr.resample(samples, sample_rate_hz, low_rate_hz)
    back = soxr.resample(low, low_rate_hz, sample_rate_hz)[: len(samples)]
    return np.pad(back, (0, len(samples) - len(back))).astype(np.float32)


def envelope(samples: np.ndarray, sample_rate_hz: int, time_s: float = 0.02) -> np.ndarray:
    """RMS over about `time_s`, sample by sample (N,)."""
    pole = np.exp(-1 / (time_s * sample_rate_hz))
    power = signal.lfilter([1 - pole], [1, -pole], np.square(samples, dtype=np.float64))
    return np.sqrt(np.maximum(power, 1e-16)).astype(np.float32)


def compress(
    samples: np.ndarray, sample_rate_hz: int, threshold_dbfs: float, ratio: float, time_s: float = 0.05
) -> np.ndarray:
    """Dynamic range compression: above the threshold, `ratio` dB of input give one dB of output."""
    over_db = np.maximum(20 * np.log10(envelope(samples, sample_rate_hz, time_s)) - threshold_dbfs, 0)
    return (samples * gain(-over_db * (1 - 1 / ratio))).astype(np.float32)


def limit(samples: np.ndarray, sample_rate_hz: int, ceiling_dbfs: float = -1.5, window_s: float = 0.005) -> np.ndarray:
    """Keep peaks below a ceiling by a smooth gain reduction around them."""
    ceiling = gain(ceiling_dbfs)
    width = max(3, round(window_s * sample_rate_hz) | 1)
    needed = np.minimum(1, ceiling / np.maximum(np.abs(samples), 1e-9))
    lowest = ndimage.minimum_filter1d(needed, width, mode="nearest")
    window = np.hanning(width + 2)[1:-1]
    smooth = ndimage.convolve1d(lowest, window / window.sum(), mode="nearest")
    return np.clip(samples * smooth, -ceiling, ceiling).astype(np.float32)


def fade(samples: np.ndarray, sample_rate_hz: int, in_s: float = 0.01, out_s: float = 0.01) -> np.ndarray:
    """Raised-cosine fade-in and fade-out."""
    faded = np.array(samples, np.float32)
    for ends, seconds in ((faded, in_s), (faded[::-1], out_s)):
        n = min(round(seconds * sample_rate_hz), len(faded))
        ends[:n] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / max(n, 1))
    return faded


def slow_curve(rng: np.random.Generator, n: int, sample_rate_hz: int, rate_hz: float) -> np.ndarray:
    """A smooth random curve (n,), mean about 0, standard deviation about 1, bandwidth about `rate_hz`."""
    knots = max(4, int(np.ceil(n / sample_rate_hz * rate_hz * 2)) + 3)
    coarse = rng.standard_normal(knots)
    return np.interp(np.linspace(1, knots - 2, n), np.arange(knots), signal.convolve(coarse, [0.25, 0.5, 0.25], "same"))


def drift(
    rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int, depth: float, rate_hz: float
) -> np.ndarray:
    """Vary pitch and tempo slowly by about `depth` (0.01 is one per cent), as human performers do."""
    speed = 1 + depth * np.clip(slow_curve(rng, len(samples), sample_rate_hz, rate_hz), -2, 2)
    position = np.cumsum(speed / speed.mean()) - 1
    return np.interp(position, np.arange(len(samples)), samples).astype(np.float32)

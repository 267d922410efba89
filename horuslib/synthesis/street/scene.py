"""Where a sound is heard: passing by, far away, between houses, over traffic."""

import numpy as np

from horuslib.acoustics import filters, rooms
from horuslib.audio.levels import rms

SPEED_OF_SOUND_M_S = 343.0
_NEAREST_SHARE = 0.03


def pass_by(x: np.ndarray, sample_rate_hz: int, speed_m_s: float, distance_m: float, nearest_s: float) -> np.ndarray:
    """A source that drives past: its pitch falls and its level rises and falls with the distance.

    Parameters
    ----------
    x : (N,) what it gives off.
    speed_m_s : its speed; 0 leaves the sound as it is.
    distance_m, nearest_s : how near it comes, and when.

    Returns
    -------
    (N,) float32: what is heard, at the level of `x` where it is nearest.
    """
    t = np.arange(len(x)) / sample_rate_hz
    distance = np.hypot(distance_m, speed_m_s * (t - nearest_s))
    given_off = t - (distance - distance_m) / SPEED_OF_SOUND_M_S
    before = np.clip(given_off, -t[-1] if len(t) else 0, None) % max(len(x) / sample_rate_hz, 1e-9)
    heard = np.interp(before, t, x, period=len(x) / sample_rate_hz)
    return (heard * np.maximum(distance_m / distance, _NEAREST_SHARE)).astype(np.float32)


def far_away(x: np.ndarray, sample_rate_hz: int, distance_m: float) -> np.ndarray:
    """The air between: high frequencies are lost, about 6 dB per 100 m at 4 kHz and more above; the level stays."""
    spectrum = np.fft.rfft(x)
    khz = np.fft.rfftfreq(len(x), 1 / sample_rate_hz) / 1000
    heard = np.fft.irfft(spectrum * filters.gain(-distance_m / 100 * 6 * (khz / 4) ** 1.5), len(x))
    return _as_loud(heard, x)


def between_houses(rng: np.random.Generator, x: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Reflections of a street: RT60 of 0.4 to 1.6 s, the direct sound mostly stronger."""
    response = rooms.room_response(rng, sample_rate_hz, rng.uniform(0.4, 1.6), rng.uniform(-4, 10), rng.uniform(0.3, 1))
    return rooms.convolve(x, response, wrap=True)


def over(x: np.ndarray, bed: np.ndarray, snr_db: float) -> np.ndarray:
    """A sound over a bed, `snr_db` above it in RMS."""
    return (x + bed * rms(x) / max(rms(bed), 1e-9) * filters.gain(-snr_db)).astype(np.float32)


def street_scene(
    rng: np.random.Generator, x: np.ndarray, sample_rate_hz: int, bed: np.ndarray | None = None
) -> np.ndarray:
    """A sound somewhere in a street: often moving, distant and reflected, 0 to 25 dB over a bed where one is given."""
    if rng.random() < 0.35:
        seconds = len(x) / sample_rate_hz
        x = pass_by(x, sample_rate_hz, rng.uniform(5, 28), rng.uniform(5, 40), rng.uniform(-0.3, 1.3) * seconds)
    if rng.random() < 0.5:
        x = far_away(x, sample_rate_hz, 10 ** rng.uniform(1, 2.6))
    if rng.random() < 0.5:
        x = between_houses(rng, x, sample_rate_hz)
    return x if bed is None else over(x, bed, rng.uniform(0, 25))


def _as_loud(x: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (x * rms(other) / max(rms(x), 1e-9)).astype(np.float32)

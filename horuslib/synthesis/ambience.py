"""Generated ambience: crowds, applause, rain, wind, streets, the sea, thunder, and room tone.

Every place is float32 mono (N,) at about -26 dBFS (`room_tone` far below). Its level varies over time, as in real
places: noise that is stationary for seconds would be hiss, which is a fault.
"""

from collections.abc import Callable

import numpy as np
import soxr
from scipy import signal

from horuslib.acoustics import filters, rooms
from horuslib.synthesis.instruments import VOWELS_HZ

SoundGenerator = Callable[[np.random.Generator, float, int], np.ndarray]
"""(rng, seconds, sample_rate_hz) -> float32 mono (N,)."""
_VOICE_RATE_HZ = 16000
_LEVEL_DBFS = -26.0


def noise(rng: np.random.Generator, n: int, slope_db_per_octave: float = -3.0) -> np.ndarray:
    """Coloured noise of unit RMS (n,): 0 is white, -3 pink, -6 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    bins = np.maximum(np.arange(len(spectrum)), 1 + n // 2000)
    shaped = np.fft.irfft(spectrum * bins ** (slope_db_per_octave / 6.02), n)
    return (shaped / np.sqrt(np.mean(shaped**2))).astype(np.float32)


def crowd(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A room full of people talking (babble), none intelligible."""
    n = round(seconds * sample_rate_hz)
    x = sum(_murmur(rng, n, sample_rate_hz) * filters.gain(rng.uniform(-14, 0)) for _ in range(rng.integers(9, 18)))
    x += 0.05 * np.std(x) * noise(rng, n)
    room = rooms.room_response(rng, sample_rate_hz, rng.uniform(0.3, 0.55), rng.uniform(2, 7))
    return at_level(rooms.convolve(filters.band(x, sample_rate_hz, 120, rng.uniform(6000, 11000)), room))


def stadium(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A stadium crowd: a roar of varying level, a chant, occasional whistles."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    roar = sum(
        filters.band(noise(rng, n), sample_rate_hz, 0.7 * f, 1.4 * f) * swell(rng, n, sample_rate_hz, 0.6, 5) * weight
        for f, weight in ((350, 1.0), (700, 0.9), (1300, 0.6), (2600, 0.3), (4500, 0.12))
    )
    voices = sum(_murmur(rng, n, sample_rate_hz) for _ in range(6))
    clap = np.clip(np.sin(2 * np.pi * rng.uniform(1.6, 2.4) * t), 0, None) ** 6
    chant = filters.band(noise(rng, n), sample_rate_hz, 500, 3000) * clap * swell(rng, n, sample_rate_hz, 0.2, 8)
    x = roar + 0.3 * voices / np.std(voices) * np.std(roar) + rng.uniform(0.1, 0.5) * chant
    for start in np.flatnonzero(rng.random(int(seconds)) < 0.12):
        whistle = 2600 + 300 * np.sin(2 * np.pi * 30 * t) + rng.uniform(-300, 300)
        gate = np.exp(-(((t - start - 0.5) / 0.25) ** 4))
        x += 0.15 * np.std(x) * gate * np.sin(2 * np.pi * np.cumsum(whistle) / sample_rate_hz)
    return at_level(x)


def applause(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Fifty to two hundred people clapping, with a level that rises and falls."""
    n = round(seconds * sample_rate_hz)
    x = np.zeros(n)
    for _ in range(rng.integers(50, 200)):
        hands = filters.band(rng.standard_normal(round(0.03 * sample_rate_hz)), sample_rate_hz, *_clap_band(rng))
        hands *= np.exp(-np.arange(len(hands)) / (rng.uniform(0.002, 0.006) * sample_rate_hz))
        gaps = rng.normal(1 / rng.uniform(2.5, 5), 0.03, int(6 * seconds)).clip(0.1)
        times = rng.uniform(-1, 1) + np.cumsum(gaps)
        scatter(x, hands * filters.gain(rng.uniform(-18, 0)), times, sample_rate_hz)
    arc = 0.35 + 0.65 * np.sin(np.pi * np.linspace(0.15, rng.uniform(0.7, 0.95), n))
    room = rooms.room_response(rng, sample_rate_hz, rng.uniform(0.3, 0.55), rng.uniform(2, 6))
    return at_level(rooms.convolve(x, room) * arc)


def rain(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Near and distant drops, gusts, and sometimes thunder."""
    n = round(seconds * sample_rate_hz)
    x = filters.band(noise(rng, n), sample_rate_hz, 400, rng.uniform(5000, 9000)) * swell(
        rng, n, sample_rate_hz, 0.8, 4
    )
    for _ in range(60):
        t = np.arange(round(0.02 * sample_rate_hz)) / sample_rate_hz
        drop = np.sin(2 * np.pi * rng.uniform(900, 6000) * t) * np.exp(-t / rng.uniform(0.001, 0.006))
        times = rng.uniform(0, seconds, rng.poisson(seconds * rng.uniform(0.5, 2.5)))
        scatter(x, drop * rng.uniform(0.4, 3), times, sample_rate_hz)
    if rng.random() < 0.4:
        rumble = filters.band(noise(rng, n, -6), sample_rate_hz, 35, 180)
        x += 4 * rumble * _bursts(rng, n, sample_rate_hz, 0.12, 2.0)
    return at_level(x)


def wind(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Low-frequency and mid-frequency gusts, and a few birds."""
    n = round(seconds * sample_rate_hz)
    x = filters.band(noise(rng, n, -5), sample_rate_hz, 40, 500) * swell(rng, n, sample_rate_hz, 0.5, 7)
    gusts = filters.band(noise(rng, n), sample_rate_hz, 350, 1100) * swell(rng, n, sample_rate_hz, 0.7, 9)
    return at_level(x + 0.25 * gusts + rng.uniform(0, 0.2) * _birds(rng, seconds, sample_rate_hz))


def street(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Distant traffic, passing cars, sometimes a horn, people."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    x = 0.05 * noise(rng, n) + 0.6 * filters.band(noise(rng, n, -6), sample_rate_hz, 40, 400) * swell(
        rng, n, sample_rate_hz, 0.2, 3
    )
    for _ in range(rng.poisson(seconds / 5) + 1):
        passing = np.exp(-np.abs(t - rng.uniform(0, seconds)) / rng.uniform(0.5, 1.5))
        tyres = filters.band(noise(rng, n), sample_rate_hz, rng.uniform(80, 300), rng.uniform(1200, 4000))
        x += rng.uniform(0.4, 1.2) * tyres * passing
    if rng.random() < 0.5:
        horn = sum(signal.square(2 * np.pi * f * t) for f in rng.uniform(330, 440) * np.array([1, 1.26]))
        start = rng.uniform(0, seconds)
        x += 0.25 * filters.band(horn, sample_rate_hz, 300, 3000) * ((t > start) & (t < start + rng.uniform(0.2, 0.7)))
    x += 0.4 * sum(_murmur(rng, n, sample_rate_hz) for _ in range(4))
    return at_level(x)


def sea(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Waves breaking every few seconds, over a low-frequency swell."""
    n = round(seconds * sample_rate_hz)
    waves = filters.band(noise(rng, n), sample_rate_hz, 150, 5000) * _bursts(rng, n, sample_rate_hz, 0.3, 1.8)
    deep = filters.band(noise(rng, n, -6), sample_rate_hz, 40, 300) * swell(rng, n, sample_rate_hz, 0.3, 4)
    return at_level(waves + 0.4 * deep + 0.1 * _birds(rng, seconds, sample_rate_hz))


def thunder(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Continuous rumble, occasional claps, a little rain."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    rumble = filters.band(noise(rng, n, -6), sample_rate_hz, 25, rng.uniform(120, 400)) * swell(
        rng, n, sample_rate_hz, 0.4, 6
    )
    for start in rng.uniform(-2, seconds, rng.poisson(seconds / 8)):
        since = np.clip(t - start, 0, None)
        clap = filters.band(noise(rng, n, -4), sample_rate_hz, 40, rng.uniform(800, 5000))
        rumble = rumble + 2 * clap * np.clip(since / 0.05, 0, 1) * np.exp(-since / rng.uniform(0.5, 2.0))
    drops = filters.band(noise(rng, n), sample_rate_hz, 800, 6000) * swell(rng, n, sample_rate_hz, 1.0, 4)
    return at_level(rumble + filters.gain(rng.uniform(-45, -25)) * drops)


def room_tone(rng: np.random.Generator, seconds: float, sample_rate_hz: int, level_dbfs: float = -68.0) -> np.ndarray:
    """The noise floor of a studio or a theatre: coloured noise with faint mains hum, at `level_dbfs` RMS."""
    n = round(seconds * sample_rate_hz)
    hum = np.sin(2 * np.pi * 60 * np.arange(n) / sample_rate_hz + rng.uniform(0, 6))
    x = noise(rng, n, rng.uniform(-6, -3)) + rng.uniform(0, 0.8) * hum
    return (x / np.std(x) * filters.gain(level_dbfs)).astype(np.float32)


PLACES: dict[str, SoundGenerator] = {
    "crowd": crowd,
    "stadium": stadium,
    "applause": applause,
    "rain": rain,
    "wind": wind,
    "street": street,
    "sea": sea,
    "thunder": thunder,
}


def _murmur(rng: np.random.Generator, n: int, sample_rate_hz: int) -> np.ndarray:
    """One distant talker: a sawtooth source through the formants of five vowels, in phrases; unit RMS (n,)."""
    length, rate_hz = int(np.ceil(n * _VOICE_RATE_HZ / sample_rate_hz)) + 8, _VOICE_RATE_HZ
    pitch_hz = rng.uniform(95, 240) * filters.gain(1.5 * filters.slow_curve(rng, length, rate_hz, 1.5))
    source = 2 * ((np.cumsum(pitch_hz) / rate_hz + rng.random()) % 1) - 1 + 0.2 * rng.standard_normal(length)
    phrases = np.clip(3 * filters.slow_curve(rng, length, rate_hz, 0.4) + 1.5, 0, 1)
    size, filtered = rng.uniform(0.9, 1.15), np.zeros(length)
    for formants in VOWELS_HZ:
        opening = np.clip(filters.slow_curve(rng, length, rate_hz, 3.5) - 0.1, 0, None)
        for formant_hz, strength in zip(formants, (1, 0.6, 0.35), strict=True):
            filtered += strength * opening * signal.lfilter(*signal.iirpeak(size * formant_hz, 7, rate_hz), source)
    x = soxr.resample(filtered * phrases, rate_hz, sample_rate_hz)[:n]
    return x / max(float(np.std(x)), 1e-6)


def _birds(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    x = np.zeros(round(seconds * sample_rate_hz))
    for _ in range(rng.integers(1, 4)):
        t = np.arange(round(rng.uniform(0.06, 0.2) * sample_rate_hz)) / sample_rate_hz
        sweep = (
            rng.uniform(2500, 5000) + rng.uniform(-8000, 8000) * t + 400 * np.sin(2 * np.pi * rng.uniform(15, 40) * t)
        )
        chirp = np.sin(2 * np.pi * np.cumsum(sweep) / sample_rate_hz) * np.hanning(len(t))
        times = rng.uniform(0, seconds) + np.cumsum(rng.uniform(0.15, 1.2, 20))
        scatter(x, chirp, times, sample_rate_hz)
    return x


def _clap_band(rng: np.random.Generator) -> tuple[float, float]:
    centre = rng.uniform(900, 2400)
    return 0.6 * centre, 2.2 * centre


def swell(rng: np.random.Generator, n: int, sample_rate_hz: int, rate_hz: float, depth_db: float) -> np.ndarray:
    """A random gain curve (n,) that varies by about `depth_db` at a rate of about `rate_hz`."""
    return filters.gain(depth_db * np.clip(filters.slow_curve(rng, n, sample_rate_hz, rate_hz), -2, 2))


def _bursts(rng: np.random.Generator, n: int, sample_rate_hz: int, rate_hz: float, decay_s: float) -> np.ndarray:
    """Envelope (n,) of events at random times, each rising in 0.8 s and decaying with time constant `decay_s`."""
    t = np.arange(n) / sample_rate_hz
    starts = np.cumsum(rng.exponential(1 / rate_hz, 30).clip(0.3 / rate_hz)) - rng.uniform(0, 1.5) / rate_hz
    x = np.zeros(n)
    for since in (t - start for start in starts if start < t[-1]):
        x += rng.uniform(0.4, 1) * np.clip(since / 0.8, 0, 1) ** 2 * np.exp(-np.clip(since, 0, None) / decay_s)
    return x


def scatter(x: np.ndarray, sound: np.ndarray, times_s: np.ndarray, sample_rate_hz: int) -> None:
    """Add a short sound to `x` at each of these times, in place; copies that do not fit entirely are left out."""
    for start in np.round(np.asarray(times_s) * sample_rate_hz).astype(int):
        if 0 <= start <= len(x) - len(sound):
            x[start : start + len(sound)] += sound


def at_level(x: np.ndarray) -> np.ndarray:
    """The sound at the common level of all places, float32."""
    return (x * filters.gain(_LEVEL_DBFS) / max(float(np.sqrt(np.mean(np.square(x)))), 1e-9)).astype(np.float32)

"""What a microphone hears: a place, electronic sounds that a field may come with, and other sudden sounds."""

from collections.abc import Callable

import numpy as np
from scipy import signal

from horuslib.acoustics import filters
from horuslib.synthesis import ambience, outdoors
from horuslib.synthesis.noise import hum, shaped_noise

Maker = Callable[[np.random.Generator, float, int], np.ndarray]
_PLACES: tuple[Maker, ...] = (
    ambience.crowd, ambience.rain, ambience.wind, ambience.street, ambience.sea, outdoors.crickets, outdoors.frogs,
)  # fmt: skip
_BED_DBFS = (-55.0, -30.0)
_OVER_BED_DB = (6.0, 26.0)
_EDGE_S = 0.005


def place_sound(rng: np.random.Generator, duration_s: float, rate_hz: int) -> np.ndarray:
    """(n,) the sound of a place in which nothing happens: a generated place, or noise of a random spectrum."""
    if rng.random() < 0.4:
        return place_noise(rng, duration_s, rate_hz)
    bed = _PLACES[rng.integers(len(_PLACES))](rng, duration_s, rate_hz)
    return _at(bed[: round(duration_s * rate_hz)], filters.gain(rng.uniform(*_BED_DBFS)))


def place_noise(rng: np.random.Generator, duration_s: float, rate_hz: int) -> np.ndarray:
    """(n,) steady noise of a random spectrum and level."""
    return _at(shaped_noise(rng, round(duration_s * rate_hz), rate_hz), filters.gain(rng.uniform(*_BED_DBFS)))


def add_sounds(rng: np.random.Generator, bed: np.ndarray, onsets_s: dict[str, float], rate_hz: int) -> np.ndarray:
    """A place with the sounds of a scenario: `electronic` lasts, `sound` is over within about half a second."""
    out = np.array(bed, np.float32)
    level = float(np.sqrt(np.mean(np.square(bed))) + 1e-6)
    for kind, makers in (("electronic", ELECTRONIC), ("sound", SUDDEN)):
        if kind not in onsets_s:
            continue
        lasts_s = rng.uniform(0.9, 2.5) if kind == "electronic" else rng.uniform(0.1, 0.6)
        made = makers[rng.integers(len(makers))](rng, lasts_s, rate_hz)
        made = _edges(made, rate_hz) if kind == "electronic" else made
        start = round(onsets_s[kind] * rate_hz)
        made = _at(made, level * filters.gain(rng.uniform(*_OVER_BED_DB)))[: max(0, len(out) - start)]
        out[start : start + len(made)] += made
    return np.clip(out, -0.98, 0.98)


def _mains(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """Mains hum, sometimes with the sharp edges of a dimmer."""
    x = hum(rng, round(seconds * rate_hz), rate_hz, rng.choice([50.0, 60.0]))
    return np.tanh(x * rng.uniform(0.5, 6.0))


def _gsm(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """A GSM phone near a loudspeaker: pulses of 0.577 ms, 216.7 a second, in groups."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    pulses = (np.mod(t * 216.7, 1.0) < 0.125).astype(float)
    groups = np.repeat(rng.random(int(seconds / 0.12) + 1) < 0.75, round(0.12 * rate_hz))[: len(t)]
    groups[: round(0.12 * rate_hz)] = True
    return filters.band(pulses * np.pad(groups, (0, len(t) - len(groups))), rate_hz, 80, 0.4 * rate_hz)


def _switching(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """A switching supply: a high whine whose frequency drifts, with sidebands of twice the mains, or its hiss."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    top = 0.45 * rate_hz
    carrier = rng.uniform(0.35 * top, 0.95 * top) * (1 + 0.01 * np.sin(2 * np.pi * rng.uniform(0.3, 3) * t))
    whine = np.sin(2 * np.pi * np.cumsum(carrier) / rate_hz) * (1 + 0.5 * np.sin(2 * np.pi * 100 * t))
    hiss = filters.band(rng.standard_normal(len(t)), rate_hz, 0.5 * top, top)
    return whine + rng.choice([0.1, 2.0]) * hiss / (hiss.std() + 1e-9)


def _static(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """An untuned receiver: noise in a band, crackle, and often a whistle that glides."""
    n = round(seconds * rate_hz)
    low = rng.uniform(60, 600)
    x = filters.band(rng.standard_normal(n), rate_hz, low, rng.uniform(0.25, 0.45) * rate_hz)
    x = x / x.std() * (1 + 0.5 * ambience.noise(rng, n, -6))
    if rng.random() < 0.6:
        glide = np.linspace(*rng.uniform(300, 0.3 * rate_hz, 2), n)
        x += rng.uniform(0.3, 3.0) * np.sin(2 * np.pi * np.cumsum(glide) / rate_hz)
    return x


def _digital(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """A modem or a bus: square tones that switch dozens of times a second."""
    n = round(seconds * rate_hz)
    tones = rng.uniform(300, 0.2 * rate_hz, rng.integers(2, 5))
    hold = round(rate_hz / rng.uniform(12, 60))
    frequency = np.repeat(rng.choice(tones, n // hold + 1), hold)[:n]
    return np.sign(np.sin(2 * np.pi * np.cumsum(frequency) / rate_hz))


def _struck(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """A body that is struck: decaying modes over a short noise; wood, metal or glass by pitch and decay."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    low = rng.uniform(120, 3000)
    x = 0.5 * rng.standard_normal(len(t)) * np.exp(-t / 0.01)
    for _ in range(rng.integers(3, 14)):
        x += (
            rng.uniform(0.2, 1)
            * np.sin(2 * np.pi * low * rng.uniform(1, 6) * t + rng.uniform(0, 6))
            * np.exp(-t / (seconds * rng.uniform(0.05, 0.3)))
        )
    return x


def _broken(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """Glass that breaks: a crack and then many small pieces."""
    x = rng.standard_normal(round(seconds * rate_hz)) * np.exp(-np.arange(round(seconds * rate_hz)) / (0.03 * rate_hz))
    for _ in range(rng.integers(5, 25)):
        at = int(rng.uniform(0, 0.7) * len(x))
        piece = _struck(rng, min(0.08, (len(x) - at) / rate_hz), rate_hz)
        x[at : at + len(piece)] += rng.uniform(0.1, 0.6) * piece
    return filters.band(x, rate_hz, 900, 0.45 * rate_hz)


def _thud(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """Something heavy lands."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    x = np.sin(2 * np.pi * rng.uniform(40, 140) * t) + 0.7 * filters.band(rng.standard_normal(len(t)), rate_hz, 60, 900)
    return x * np.exp(-t / rng.uniform(0.04, 0.15))


def _call(rng: np.random.Generator, seconds: float, rate_hz: int) -> np.ndarray:
    """A bark, a bird or a shout: harmonics of a gliding pitch under a short envelope."""
    n = round(seconds * rate_hz)
    pitch = np.linspace(*(rng.uniform(150, 3500) * rng.uniform(0.7, 1.4, 2)), n)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    x = sum(rng.uniform(0.1, 1) / k * np.sin(k * phase) for k in range(1, 1 + max(1, int(0.4 * rate_hz / pitch.max()))))
    return (x + 0.1 * rng.standard_normal(n)) * signal.windows.tukey(n, rng.uniform(0.1, 1.0))


ELECTRONIC: tuple[Maker, ...] = (_mains, _gsm, _switching, _static, _static, _digital)
SUDDEN: tuple[Maker, ...] = (_struck, _struck, _broken, _thud, _call, _call)


def _at(x: np.ndarray, level: float) -> np.ndarray:
    return (x * level / (np.sqrt(np.mean(np.square(x, dtype=float))) + 1e-9)).astype(np.float32)


def _edges(x: np.ndarray, rate_hz: int) -> np.ndarray:
    ramp = min(round(_EDGE_S * rate_hz), len(x) // 2)
    return x * np.minimum(1, np.minimum(np.arange(len(x)), np.arange(len(x))[::-1]) / max(ramp, 1))

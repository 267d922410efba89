"""What else is heard outdoors and is nothing to report: animals, tools, water, people, music; (rng, seconds, rate).

Some of it is often mistaken for a siren: owls, organ glides, ice-cream vans, bells, drones.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import PLACES, SoundGenerator, at_level, noise, scatter
from horuslib.synthesis.instruments import VOWELS_HZ, midi_hz
from horuslib.synthesis.machines import MACHINES
from horuslib.synthesis.music import music
from horuslib.synthesis.outdoors import OUTDOORS
from horuslib.synthesis.street.tones import gate, times, tone

_TUNES = ((0, 4, 7, 4, 5, 2, 0, 7), (7, 4, 4, 5, 2, 2, 0, 2), (0, 0, 7, 7, 9, 9, 7), (4, 2, 0, 2, 4, 4, 4))


def owl(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Hoots of one pitch, or the falling and trembling whinny of a screech owl."""
    whinny, t = rng.random() < 0.5, times(rng.uniform(0.3, 0.6), sample_rate_hz)
    call_s = rng.uniform(1.0, 2.0) if whinny else len(t) / sample_rate_hz
    t = times(call_s, sample_rate_hz)
    base_hz = rng.uniform(600, 1100) if whinny else rng.uniform(250, 480)
    curve_hz = base_hz * (1.25 - 0.5 * t / call_s if whinny else 1 + 0.05 * np.sin(np.pi * t / call_s))
    call = tone(curve_hz, sample_rate_hz, (1.0, 0.1)) * np.sin(np.pi * t / call_s)
    if whinny:
        call *= 0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(9, 15) * t)
    return _repeated(rng, call, seconds, sample_rate_hz, (0.1, 2.5))


def birds(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Two to five birds, each with its phrase of chirps."""
    x = np.zeros(round(seconds * sample_rate_hz))
    for _ in range(rng.integers(2, 6)):
        phrase = [_chirp(rng, sample_rate_hz, rng.uniform(1800, 5500)) for _ in range(rng.integers(1, 6))]
        x += rng.uniform(0.2, 1) * _repeated(rng, np.concatenate(phrase), seconds, sample_rate_hz, (0.2, 2))
    return at_level(x)


def dog(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Barks."""
    t, base_hz = times(rng.uniform(0.12, 0.35), sample_rate_hz), rng.uniform(250, 900)
    arc = np.sin(np.pi * np.minimum(1, t / t[-1]) ** 0.5)
    bark = tone(base_hz * (0.8 + 0.4 * arc), sample_rate_hz, np.arange(1, 14) ** -rng.uniform(0.3, 1.0))
    bark = (bark + rng.uniform(0.3, 1.2) * noise(rng, len(t), -2)) * arc
    return _repeated(rng, _voiced(rng, bark, sample_rate_hz), seconds, sample_rate_hz, (0.1, 1.5))


def rooster(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A crow: four notes, the last long and falling."""
    lengths = np.array([0.2, 0.2, 0.35, rng.uniform(0.6, 1.1)])
    t, ends = times(lengths.sum(), sample_rate_hz), np.cumsum(lengths)
    note = np.minimum(np.searchsorted(ends, t), 3)
    base_hz = rng.uniform(450, 900) * np.array([0.8, 0.95, 1.2, 1.1])[note]
    curve_hz = base_hz * np.where(note == 3, 1 - 0.35 * (t - ends[2]) / lengths[3], 1)
    crow = tone(curve_hz, sample_rate_hz, np.arange(1, 10) ** -0.8) * gate(t, ends - lengths, lengths * 0.9, 0.03)
    return _repeated(rng, _voiced(rng, crow, sample_rate_hz), seconds, sample_rate_hz, (0.5, 3))


def baby(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Crying: a second of voice at 350 to 550 Hz for each breath."""
    t = times(rng.uniform(0.6, 1.4), sample_rate_hz)
    arc = np.sqrt(np.maximum(np.sin(np.pi * t / t[-1]), 0))
    curve_hz = rng.uniform(350, 550) * (0.85 + 0.25 * arc) * (1 + 0.02 * np.sin(2 * np.pi * rng.uniform(4, 9) * t))
    cry = tone(curve_hz, sample_rate_hz, np.arange(1, 16) ** -rng.uniform(0.3, 0.9)) * arc
    return _repeated(rng, _voiced(rng, cry, sample_rate_hz), seconds, sample_rate_hz, (0.1, 0.6))


def people(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Somebody talks without words, sneezes or coughs."""
    if rng.random() < 0.4:
        t = times(rng.uniform(0.2, 0.5), sample_rate_hz)
        burst = filters.band(noise(rng, len(t), -1), sample_rate_hz, 400, rng.uniform(4000, 7000))
        burst *= np.minimum(1, t / 0.02) * np.exp(-t / rng.uniform(0.05, 0.15))
        return _repeated(rng, burst, seconds, sample_rate_hz, (0.3, 3))
    n = round(seconds * sample_rate_hz)
    pitch_hz = rng.uniform(90, 230) * (1 + 0.15 * filters.slow_curve(rng, n, sample_rate_hz, 2))
    syllables = np.clip(filters.slow_curve(rng, n, sample_rate_hz, rng.uniform(2.5, 4.5)) + 0.4, 0, None)
    x = tone(np.maximum(pitch_hz, 50), sample_rate_hz, np.arange(1, 26) ** -1.1) * syllables
    return at_level(_voiced(rng, x + 0.15 * noise(rng, n, -1) * syllables, sample_rate_hz))


def saw(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A chain saw or mower: a two-stroke engine that is revved."""
    n = round(seconds * sample_rate_hz)
    revs_hz = rng.uniform(70, 170) * filters.gain(3 * np.clip(filters.slow_curve(rng, n, sample_rate_hz, 0.8), -2, 2))
    x = tone(revs_hz, sample_rate_hz, np.arange(1, 30) ** -rng.uniform(0.2, 0.8) * rng.uniform(0.2, 1, 29))
    rasp = filters.band(noise(rng, n, -1), sample_rate_hz, 800, 6000)
    return at_level(x / np.std(x) + rng.uniform(0.2, 0.8) * rasp / np.std(rasp))


def clock(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Ticks."""
    t, period_s = times(0.03, sample_rate_hz), rng.choice([1.0, 0.5, rng.uniform(0.2, 0.6)])
    tick = np.sin(2 * np.pi * rng.uniform(1500, 5000) * t) * np.exp(-t / rng.uniform(0.001, 0.006))
    x = 0.004 * noise(rng, round(seconds * sample_rate_hz))
    starts = np.arange(seconds / period_s) * period_s + rng.uniform(0, 0.1)
    scatter(x, tick, starts, sample_rate_hz)
    scatter(x, rng.uniform(0.2, 0.9) * tick[::-1], starts + period_s / 2, sample_rate_hz)
    return at_level(x)


def fire(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A crackling fire."""
    x = 0.1 * filters.band(noise(rng, round(seconds * sample_rate_hz), -3), sample_rate_hz, 60, 3000)
    for _ in range(12):
        t = times(0.02, sample_rate_hz)
        crack = rng.standard_normal(len(t)) * np.exp(-t / rng.uniform(0.0005, 0.004)) * rng.uniform(0.2, 2)
        scatter(x, crack, rng.uniform(0, seconds, rng.poisson(seconds * rng.uniform(0.3, 2))), sample_rate_hz)
    return at_level(x)


def ice_cream_van(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A music box through a horn loudspeaker."""
    tune, note_s, root = _TUNES[rng.integers(len(_TUNES))], rng.uniform(0.22, 0.45), rng.uniform(67, 79)
    x = np.zeros(round((seconds + 2) * sample_rate_hz))
    for number in range(int(seconds / note_s) + 1):
        t = times(1.5, sample_rate_hz)
        pitch_hz = float(midi_hz(root + tune[number % len(tune)]))
        pluck = sum(np.sin(2 * np.pi * pitch_hz * k * t) * np.exp(-t * k / 0.3) / k for k in (1, 2.76, 3))
        scatter(x, pluck, np.array([number * note_s]), sample_rate_hz)
    return at_level(filters.band(x[: round(seconds * sample_rate_hz)], sample_rate_hz, 300, 5000))


def organ_glide(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """An organ, a trombone, a synthesiser: notes between which the pitch glides."""
    n, note_s = round(seconds * sample_rate_hz), rng.uniform(0.6, 2)
    notes = rng.uniform(48, 76) + np.cumsum(rng.choice([-5, -4, -2, 0, 2, 3, 5, 7], int(seconds / note_s) + 2))
    turn = times(seconds, sample_rate_hz) / note_s
    glide = np.clip((turn % 1 - 0.6) / 0.4, 0, 1) * rng.uniform(0.3, 1)
    note = notes[turn.astype(int)] * (1 - glide) + notes[turn.astype(int) + 1] * glide
    curve_hz = np.clip(midi_hz(note), 60, 2000)
    chord = (1.0,) if rng.random() < 0.4 else (1.0, 1.26, 1.5)
    x = sum(tone(curve_hz * ratio, sample_rate_hz, np.arange(1, 9) ** -rng.uniform(0.6, 2)) for ratio in chord)
    return at_level(x * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(4, 7) * np.arange(n) / sample_rate_hz)))


def drone(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A ventilator, transformer or drone: steady tones without a modulation to speak of."""
    t = times(seconds, sample_rate_hz)
    base_hz = rng.uniform(80, 700)
    wander = 1 + 0.005 * filters.slow_curve(rng, len(t), sample_rate_hz, 0.5)
    x = sum(
        rng.uniform(0.2, 1) * tone(base_hz * ratio * wander, sample_rate_hz, np.arange(1, 8) ** -1.0)
        for ratio in (1.0, rng.uniform(1.005, 1.05))
    )
    air = filters.band(noise(rng, len(t)), sample_rate_hz, 100, 4000)
    return at_level(x / np.std(x) + rng.uniform(0.05, 0.8) * air / np.std(air))


def played(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Music from a window."""
    return at_level(music(rng, seconds, sample_rate_hz))


CONFUSED_WITH_SIRENS: dict[str, SoundGenerator] = {
    "owl": owl,
    "ice_cream_van": ice_cream_van,
    "organ_glide": organ_glide,
    "drone": drone,
    "bells": OUTDOORS["bells"],
    "music": played,
}
SURROUNDINGS: dict[str, SoundGenerator] = {
    "birds": birds,
    "dog": dog,
    "rooster": rooster,
    "baby": baby,
    "people": people,
    "saw": saw,
    "clock": clock,
    "fire": fire,
    **{name: PLACES[name] for name in ("crowd", "rain", "wind", "sea", "thunder")},
    **{name: OUTDOORS[name] for name in ("crickets", "frogs")},
    **{name: MACHINES[name] for name in ("aeroplane", "train")},
    **CONFUSED_WITH_SIRENS,
}


def _chirp(rng: np.random.Generator, sample_rate_hz: int, pitch_hz: float) -> np.ndarray:
    t = times(rng.uniform(0.04, 0.2), sample_rate_hz)
    curve_hz = pitch_hz * (1 + rng.uniform(-0.4, 0.4) * t / t[-1] + rng.uniform(0, 0.2) * np.sin(60 * t))
    return np.append(tone(curve_hz, sample_rate_hz) * np.hanning(len(t)), np.zeros(round(0.04 * sample_rate_hz)))


def _voiced(rng: np.random.Generator, source: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """A source through a vowel's formants."""
    for centre_hz in VOWELS_HZ[rng.integers(len(VOWELS_HZ))]:
        source = filters.peaking(source, sample_rate_hz, centre_hz * rng.uniform(0.9, 1.4), rng.uniform(6, 14), 3)
    return source


def _repeated(
    rng: np.random.Generator, call: np.ndarray, seconds: float, sample_rate_hz: int, pause_s: tuple[float, float]
) -> np.ndarray:
    """The same call again and again, with pauses, over hardly anything."""
    n = round(seconds * sample_rate_hz)
    x, at = np.zeros(n), round(rng.uniform(0, 0.5) * sample_rate_hz)
    while at < n:
        heard = call[: n - at]
        x[at : at + len(heard)] += rng.uniform(0.5, 1) * heard
        at += len(call) + round(rng.uniform(*pause_s) * sample_rate_hz)
    return at_level(x + 1e-4 * rng.standard_normal(n))

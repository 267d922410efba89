"""Generated instruments: one note or one drum stroke per call.

Every function returns float32 mono (N,), peak 1, and draws the variation between notes of a real player from `rng`.
Frequencies above Nyquist are left out, so that any sample rate works.
"""

import numpy as np
from scipy import signal

from horuslib.acoustics import filters

VOWELS_HZ = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))
"""First three formants of a, e, i, o, u (Peterson and Barney, 1952)."""
_POWER = (0, 7, 12)
"""A power chord: root, fifth, octave."""


def midi_hz(note: float | np.ndarray) -> float | np.ndarray:
    """Frequency of a MIDI note number; 69 is A4, 440 Hz."""
    return 440.0 * 2 ** ((note - 69) / 12)


def pluck(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.6):
    """A plucked string after Karplus and Strong (1983), its loop tuned to a fraction of a sample.

    bright : 0 to 1, from a nylon string and a soft thumb to steel and a plectrum.
    """
    n, period = round(seconds * sample_rate_hz), sample_rate_hz / midi_hz(note)
    delay = int(period - 0.5)
    part = period - 0.5 - delay
    burst = filters.band(rng.uniform(-1, 1, delay), sample_rate_hz, None, 1500 + 9000 * bright, order=1)
    excitation = np.zeros(n)
    excitation[: min(delay, n)] = (burst - burst.mean())[:n]
    loss = 0.001 ** (period / sample_rate_hz / (1.2 + 3 * bright + 60 / note))
    loop = np.zeros(delay + 3)
    loop[0] = 1.0
    # Averaging two samples damps high partials most; linear interpolation gives the fractional part of the period.
    loop[delay : delay + 3] -= loss * np.convolve([0.5, 0.5], [1 - part, part])
    return _unit(signal.lfilter([1.0], loop, excitation))


def piano(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A struck string: inharmonic partials, the higher the faster decaying, and the thump of the hammer."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    fundamental, stiffness = midi_hz(note), 1.5e-4 * 2 ** ((note - 60) / 14)
    ring_s = 9.0 * 2 ** ((48 - note) / 16)
    sound = np.zeros(len(t))
    for k in range(1, 25):
        frequency = k * fundamental * np.sqrt(1 + stiffness * k * k)
        if frequency > 0.45 * sample_rate_hz:
            break
        decay_s = ring_s / (1 + 0.35 * k)
        fall = 0.75 * np.exp(-6.9 * t / (0.35 * decay_s)) + 0.25 * np.exp(-6.9 * t / decay_s)
        strength = k ** -(2.2 - 1.3 * bright) * abs(np.sin(np.pi * k / 7.3)) * rng.uniform(0.7, 1.3)
        beat = 1 + rng.uniform(-2e-4, 2e-4)
        sound += strength * fall * np.sin(2 * np.pi * frequency * beat * t + rng.uniform(0, 2 * np.pi))
    sound *= 1 - np.exp(-t / 0.0025)
    thump = filters.band(rng.standard_normal(len(t)), sample_rate_hz, 80, 900) * np.exp(-t / 0.012)
    return _unit(sound + 0.05 * np.max(np.abs(sound), initial=1e-9) * thump)


def pad(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.4):
    """Four detuned sawtooth oscillators with vibrato, low-passed: strings, or a string synthesiser."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    sound = np.zeros(len(t))
    for _ in range(4):
        vibrato = 1 + 0.003 * np.sin(2 * np.pi * rng.uniform(4.5, 6) * t + rng.uniform(0, 6))
        frequency = midi_hz(note + rng.normal(0, 0.06)) * vibrato
        phase = np.cumsum(frequency) / sample_rate_hz + rng.random()
        sound += 2 * (phase % 1) - 1
    sound = filters.band(sound, sample_rate_hz, 60, 500 + 3500 * bright)
    return _unit(filters.fade(sound, sample_rate_hz, min(0.6, seconds / 3), min(0.8, seconds / 3)))


def brass(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.6):
    """A brass note: the louder, the stronger its overtones."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    blow = (1 - np.exp(-t / 0.04)) * np.clip((seconds - t) / 0.12, 0, 1)
    blow *= 1 + 0.06 * np.sin(2 * np.pi * rng.uniform(4.5, 5.5) * t) * np.clip(t - 0.3, 0, 1)
    phase = 2 * np.pi * midi_hz(note + rng.normal(0, 0.05)) * t + 0.02 * np.sin(2 * np.pi * 5 * t)
    top = int(0.45 * sample_rate_hz / midi_hz(note))
    return _unit(sum(blow ** (1 + 0.35 * k) * np.sin(k * phase) * k ** -(1.6 - bright) for k in range(1, min(top, 16))))


def organ(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """Organ pipes of several ranks, from an octave below to three above, with wind noise."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    sound = np.zeros(len(t))
    for k, strength in (
        (0.5, 0.5),
        (1, 1),
        (2, 0.8),
        (3, 0.4),
        (4, 0.5 * bright),
        (6, 0.3 * bright),
        (8, 0.4 * bright),
    ):
        frequency = k * midi_hz(note + rng.normal(0, 0.02))
        if frequency < 0.45 * sample_rate_hz:
            sound += strength * np.sin(2 * np.pi * frequency * t + rng.uniform(0, 2 * np.pi))
    sound += 0.02 * filters.band(rng.standard_normal(len(t)), sample_rate_hz, 300, 3000)
    return _unit(filters.fade(sound, sample_rate_hz, 0.05, 0.08))


def bass(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A low plucked note, low-passed."""
    sound = pluck(rng, note, seconds, sample_rate_hz, bright=0.3 * bright)
    return _unit(
        filters.fade(filters.band(sound, sample_rate_hz, None, 500 + 900 * bright), sample_rate_hz, 0.004, 0.05)
    )


def kick(rng: np.random.Generator, sample_rate_hz: int):
    """A bass drum: a tone of falling pitch."""
    t = np.arange(round(0.35 * sample_rate_hz)) / sample_rate_hz
    frequency = rng.uniform(45, 58) + rng.uniform(90, 160) * np.exp(-t / 0.03)
    return _unit(np.sin(2 * np.pi * np.cumsum(frequency) / sample_rate_hz) * np.exp(-t / rng.uniform(0.07, 0.13)))


def snare(rng: np.random.Generator, sample_rate_hz: int):
    """A snare drum: a short skin tone under noise."""
    t = np.arange(round(0.3 * sample_rate_hz)) / sample_rate_hz
    skin = np.sin(2 * np.pi * rng.uniform(170, 220) * t) * np.exp(-t / 0.05)
    wires = filters.band(rng.standard_normal(len(t)), sample_rate_hz, 900, 9000) * np.exp(-t / rng.uniform(0.05, 0.11))
    return _unit(0.7 * skin + wires)


def hat(rng: np.random.Generator, sample_rate_hz: int, *, open_s: float = 0.03):
    """A hi-hat or shaker: high-passed noise with decay constant `open_s`."""
    t = np.arange(round(6 * open_s * sample_rate_hz)) / sample_rate_hz
    return _unit(filters.band(rng.standard_normal(len(t)), sample_rate_hz, 5500, None) * np.exp(-t / open_s))


def fuzz(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A power chord on an electric guitar through an overdriven amplifier and its loudspeaker.

    The distortion products fill the spectrum up to 4-7 kHz almost without gaps.
    """
    strings = [pluck(rng, note + interval, seconds, sample_rate_hz, bright=0.5 + 0.5 * bright) for interval in _POWER]
    levelled = [string / (filters.envelope(string, sample_rate_hz, 0.05) + 0.02) for string in strings]
    driven = np.tanh(rng.uniform(1.0, 6.0) * (sum(levelled) + 0.02 * rng.standard_normal(len(strings[0]))))
    sound = filters.band(driven, sample_rate_hz, rng.uniform(70, 120), 3500 + 3500 * bright)
    return _unit(filters.fade(sound, sample_rate_hz, 0.004, min(0.08, seconds / 4)))


def synth(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A sawtooth or a pulse wave through a low-pass that closes during the note."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    phase = midi_hz(note + rng.normal(0, 0.03)) * t % 1
    sound = 2 * phase - 1 if rng.random() < 0.6 else np.where(phase < rng.uniform(0.2, 0.5), 1.0, -1.0)
    open_, closed = (filters.band(sound, sample_rate_hz, 40, hz) for hz in (1500 + 6000 * bright, 300 + 600 * bright))
    bite = np.exp(-t / rng.uniform(0.05, 0.4))
    sound = bite * open_ + (1 - bite) * closed
    return _unit(filters.fade(sound, sample_rate_hz, 0.003, min(0.1, seconds / 3)))


def voice(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A sung vowel with vibrato and breath noise, gliding to another vowel (formants: Peterson and Barney, 1952)."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    vibrato = 0.25 * np.sin(2 * np.pi * rng.uniform(4.8, 6.2) * t + rng.uniform(0, 6)) * np.clip(2 * t - 0.3, 0, 1)
    scoop = rng.uniform(-1, 0.2) * np.exp(-t / 0.06)
    phase = np.cumsum(midi_hz(note + vibrato + scoop)) / sample_rate_hz
    source = filters.band(2 * (phase % 1) - 1, sample_rate_hz, None, 900 + 2500 * bright, order=1)
    source = source + rng.uniform(0.005, 0.03) * rng.standard_normal(len(t))
    size, turn = rng.uniform(0.9, 1.2), np.linspace(0, 1, len(t)) ** rng.uniform(0.5, 3)
    vowels = []
    for vowel in rng.choice(len(VOWELS_HZ), 2):
        resonances = zip(VOWELS_HZ[vowel], (1.0, 0.7, 0.5), strict=True)
        peaks = (g * signal.lfilter(*signal.iirpeak(size * f, 7, sample_rate_hz), source) for f, g in resonances)
        vowels.append(sum(peaks) + 0.1 * source)
    sound = (1 - turn) * vowels[0] + turn * vowels[1]
    return _unit(filters.fade(sound, sample_rate_hz, min(0.06, seconds / 4), min(0.12, seconds / 3)))


def cymbal(rng: np.random.Generator, sample_rate_hz: int, *, ring_s: float = 0.8, ping: float = 0.2):
    """A crash or ride cymbal: noise whose high frequencies decay fastest, and the ping of the stick."""
    t = np.arange(round(min(4 * ring_s, 4.0) * sample_rate_hz)) / sample_rate_hz
    hiss = rng.standard_normal(len(t))
    low = filters.band(hiss, sample_rate_hz, rng.uniform(250, 900), 4500) * np.exp(-t / ring_s)
    high = filters.band(hiss, sample_rate_hz, 4500, None) * np.exp(-t / (0.6 * ring_s))
    bell = np.sin(2 * np.pi * rng.uniform(2500, 5500) * t) * np.exp(-t / 0.15)
    return _unit((rng.uniform(0.3, 1) * low + high) * (1 - 0.5 * np.exp(-t / 0.004)) + ping * 3 * bell)


def _unit(sound: np.ndarray) -> np.ndarray:
    return (sound / max(np.max(np.abs(sound), initial=0.0), 1e-9)).astype(np.float32)

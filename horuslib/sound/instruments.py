"""Generated instruments: one note or one stroke each.

Every function gives float32 mono (N,), peak 1, and draws what varies between two notes of a real player from `rng`.
Frequencies above Nyquist are left out, so any sample rate will do.
"""

import numpy as np
from scipy import signal

from horuslib.sound import strip


def midi_hz(note: float) -> float:
    """Frequency of a MIDI note number; 69 is A4, 440 Hz."""
    return 440.0 * 2 ** ((note - 69) / 12)


def pluck(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.6):
    """A plucked string after Karplus and Strong (1983), its loop tuned to a fraction of a sample.

    bright : 0 to 1, from a nylon string and a soft thumb to steel and a plectrum.
    """
    n, period = round(seconds * sample_rate_hz), sample_rate_hz / midi_hz(note)
    delay = int(period - 0.5)
    part = period - 0.5 - delay
    burst = strip.band(rng.uniform(-1, 1, delay), sample_rate_hz, None, 1500 + 9000 * bright, order=1)
    excitation = np.zeros(n)
    excitation[: min(delay, n)] = (burst - burst.mean())[:n]
    loss = 0.001 ** (period / sample_rate_hz / (1.2 + 3 * bright + 60 / note))
    loop = np.zeros(delay + 3)
    loop[0] = 1.0
    # The averaging of two samples damps the high partials first; linear interpolation gives the rest of the period.
    loop[delay : delay + 3] -= loss * np.convolve([0.5, 0.5], [1 - part, part])
    return _unit(signal.lfilter([1.0], loop, excitation))


def piano(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A struck string: stretched partials that die the sooner the higher they are, after a soft thump."""
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
    thump = strip.band(rng.standard_normal(len(t)), sample_rate_hz, 80, 900) * np.exp(-t / 0.012)
    return _unit(sound + 0.05 * np.max(np.abs(sound), initial=1e-9) * thump)


def pad(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.4):
    """Many detuned saw-tooth voices behind a slow filter: strings, or a keyboard that means to be strings."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    sound = np.zeros(len(t))
    for _ in range(4):
        vibrato = 1 + 0.003 * np.sin(2 * np.pi * rng.uniform(4.5, 6) * t + rng.uniform(0, 6))
        frequency = midi_hz(note + rng.normal(0, 0.06)) * vibrato
        phase = np.cumsum(frequency) / sample_rate_hz + rng.random()
        sound += 2 * (phase % 1) - 1
    sound = strip.band(sound, sample_rate_hz, 60, 500 + 3500 * bright)
    return _unit(strip.fade(sound, sample_rate_hz, min(0.6, seconds / 3), min(0.8, seconds / 3)))


def brass(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.6):
    """A blown note whose overtones follow its loudness."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    blow = (1 - np.exp(-t / 0.04)) * np.clip((seconds - t) / 0.12, 0, 1)
    blow *= 1 + 0.06 * np.sin(2 * np.pi * rng.uniform(4.5, 5.5) * t) * np.clip(t - 0.3, 0, 1)
    phase = 2 * np.pi * midi_hz(note + rng.normal(0, 0.05)) * t + 0.02 * np.sin(2 * np.pi * 5 * t)
    top = int(0.45 * sample_rate_hz / midi_hz(note))
    return _unit(sum(blow ** (1 + 0.35 * k) * np.sin(k * phase) * k ** -(1.6 - bright) for k in range(1, min(top, 16))))


def organ(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """Pipes of several ranks, an octave below to three above, with wind in them."""
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
    sound += 0.02 * strip.band(rng.standard_normal(len(t)), sample_rate_hz, 300, 3000)
    return _unit(strip.fade(sound, sample_rate_hz, 0.05, 0.08))


def bass(rng: np.random.Generator, note: float, seconds: float, sample_rate_hz: int, *, bright: float = 0.5):
    """A low plucked note with a round top."""
    sound = pluck(rng, note, seconds, sample_rate_hz, bright=0.3 * bright)
    return _unit(strip.fade(strip.band(sound, sample_rate_hz, None, 500 + 900 * bright), sample_rate_hz, 0.004, 0.05))


def kick(rng: np.random.Generator, sample_rate_hz: int):
    """A bass drum: a tone that falls as the skin relaxes."""
    t = np.arange(round(0.35 * sample_rate_hz)) / sample_rate_hz
    frequency = rng.uniform(45, 58) + rng.uniform(90, 160) * np.exp(-t / 0.03)
    return _unit(np.sin(2 * np.pi * np.cumsum(frequency) / sample_rate_hz) * np.exp(-t / rng.uniform(0.07, 0.13)))


def snare(rng: np.random.Generator, sample_rate_hz: int):
    """A snare drum: a short skin tone under noise."""
    t = np.arange(round(0.3 * sample_rate_hz)) / sample_rate_hz
    skin = np.sin(2 * np.pi * rng.uniform(170, 220) * t) * np.exp(-t / 0.05)
    wires = strip.band(rng.standard_normal(len(t)), sample_rate_hz, 900, 9000) * np.exp(-t / rng.uniform(0.05, 0.11))
    return _unit(0.7 * skin + wires)


def hat(rng: np.random.Generator, sample_rate_hz: int, *, open_s: float = 0.03):
    """A hi-hat or shaker: bright noise that dies in about `open_s`."""
    t = np.arange(round(6 * open_s * sample_rate_hz)) / sample_rate_hz
    return _unit(strip.band(rng.standard_normal(len(t)), sample_rate_hz, 5500, None) * np.exp(-t / open_s))


def _unit(sound: np.ndarray) -> np.ndarray:
    return (sound / max(np.max(np.abs(sound), initial=0.0), 1e-9)).astype(np.float32)

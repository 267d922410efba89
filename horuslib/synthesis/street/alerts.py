"""Signals that ask for attention and are no vehicle's siren: alarms, beepers, horns, bells, phones; -> (N,).

The civil-defence wail is an alert by definition: no vehicle brings it, and it stands over a town for minutes. Its mark
is two rotors a minor third apart, low, that need many seconds for a turn.
"""

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis.ambience import SoundGenerator, at_level
from horuslib.synthesis.street.tones import gate, horn_partials, speaker, sweep, times, tone

_DTMF_HZ = ((697, 770, 852, 941), (1209, 1336, 1477, 1633))
_PENTATONIC = 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)


def smoke_alarm(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """T3 (three pulses of 0.5 s, ISO 8201) or T4 (four of 0.1 s), at about 3 kHz or 520 Hz."""
    t, pure = times(seconds, sample_rate_hz), rng.random() < 0.7
    if rng.random() < 0.5:
        pulses, length_s, period_s = np.arange(3) * 1.0, 0.5, 4.0
    else:
        pulses, length_s, period_s = np.arange(4) * 0.2, 0.1, rng.uniform(1.5, 5)
    starts = np.add.outer(np.arange(-1, seconds / period_s + 1) * period_s, pulses).ravel() + rng.uniform(0, period_s)
    pitch_hz = rng.uniform(2600, 3600) if pure else rng.uniform(500, 560)
    x = tone(np.full(len(t), pitch_hz), sample_rate_hz, (1.0, 0.2) if pure else horn_partials(rng))
    return at_level(x * gate(t, starts, length_s))


def beeper(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A reversing beeper, an alarm clock, a till: one pitch, switched on and off."""
    t, period_s = times(seconds, sample_rate_hz), rng.choice([rng.uniform(0.8, 1.3), rng.uniform(0.15, 0.5)])
    starts = np.arange(-1, seconds / period_s + 1) * period_s + rng.uniform(0, period_s)
    if rng.random() < 0.3:  # groups of beeps
        starts = starts[np.arange(len(starts)) % 5 < rng.integers(2, 5)]
    curve = np.full(len(t), rng.uniform(700, 3200))
    return at_level(
        tone(curve, sample_rate_hz, horn_partials(rng, 6)) * gate(t, starts, rng.uniform(0.3, 0.6) * period_s)
    )


def chime(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """The notes of a phone, a door, a computer: a few pitches, each dying away, repeated."""
    t, x = times(seconds, sample_rate_hz), np.zeros(round(seconds * sample_rate_hz))
    notes = rng.uniform(400, 1400) * rng.choice(_PENTATONIC, rng.integers(1, 6))
    note_s, decay_s, pause_s = rng.uniform(0.08, 0.4), rng.uniform(0.05, 0.5), rng.uniform(0.2, 2)
    partials, at_s = horn_partials(rng, 5), -rng.uniform(0, 1)
    while at_s < seconds:
        for pitch_hz in notes:
            first = max(0, round(at_s * sample_rate_hz))
            since = t[first : first + round(4 * decay_s * sample_rate_hz)] - at_s
            if len(since):
                struck = tone(np.full(len(since), pitch_hz), sample_rate_hz, partials)
                x[first : first + len(since)] += struck * np.exp(-since / decay_s) * np.clip(since / 0.004, 0, 1)
            at_s += note_s
        at_s += pause_s
    return at_level(x)


def horn(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A car's, truck's, train's or ship's horn: two to four steady tones, blown some times."""
    t, kind = times(seconds, sample_rate_hz), rng.random()
    root_hz, ratios = (
        (rng.uniform(350, 480), (1.0, 1.25)) if kind < 0.6 else
        (rng.uniform(180, 320), (1.0, 1.26, 1.5)) if kind < 0.85 else
        (rng.uniform(70, 150), (1.0, 1.01))
    )  # fmt: skip
    bend = 1 - 0.03 * np.exp(-t / 0.1)
    x = sum(tone(root_hz * ratio * bend, sample_rate_hz, horn_partials(rng, 14)) for ratio in ratios)
    at_s, starts, lengths = rng.uniform(-0.2, 0.5), [], []
    while at_s < seconds:
        starts.append(at_s)
        lengths.append(rng.choice([rng.uniform(0.12, 0.5), rng.uniform(0.6, 3)]))
        at_s += lengths[-1] + rng.uniform(0.1, 2.5)
    return at_level(speaker(rng, x, sample_rate_hz) * gate(t, starts, np.array(lengths), 0.02))


def level_crossing(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A bell struck two to four times a second."""
    t, x = times(seconds, sample_rate_hz), np.zeros(round(seconds * sample_rate_hz))
    period_s, base_hz, decay_s = 1 / rng.uniform(1.8, 4.5), rng.uniform(700, 1800), rng.uniform(0.1, 0.4)
    since = (t + rng.uniform(0, period_s)) % period_s
    for ratio in (1.0, 1.51, 2.32, 2.9, 3.9):
        if ratio * base_hz < 0.45 * sample_rate_hz:
            x += rng.uniform(0.2, 1) * np.sin(2 * np.pi * base_hz * ratio * t) * np.exp(-since / (decay_s / ratio))
    return at_level(x)


def telephone(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A bell or a warble that rings in bursts."""
    t = times(seconds, sample_rate_hz)
    on_s, off_s = rng.uniform(0.4, 2), rng.uniform(0.2, 4)
    starts = np.arange(-1, seconds / (on_s + off_s) + 1) * (on_s + off_s) + rng.uniform(0, on_s + off_s)
    low_hz, rate_hz = rng.uniform(400, 1500), rng.uniform(12, 28)
    curve_hz = np.where((t * rate_hz) % 1 < 0.5, low_hz, low_hz * rng.uniform(1.1, 1.35))
    return at_level(tone(curve_hz, sample_rate_hz, horn_partials(rng, 8)) * gate(t, starts, on_s))


def dialling(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """DTMF: two of eight pitches at a time (ITU-T Q.23)."""
    t, note_s = times(seconds, sample_rate_hz), rng.uniform(0.08, 0.3)
    number = (t / note_s).astype(int)
    rows, columns = (np.array(hz)[rng.integers(0, 4, number[-1] + 1)] for hz in _DTMF_HZ)
    x = tone(rows[number].astype(float), sample_rate_hz) + tone(columns[number].astype(float), sample_rate_hz)
    return at_level(x * (t % note_s < rng.uniform(0.4, 0.7) * note_s))


def line_up(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A steady tone, mostly 1 kHz, sometimes interrupted; a buzzer."""
    t = times(seconds, sample_rate_hz)
    buzzing = rng.random() < 0.3
    pitch_hz = rng.uniform(120, 500) if buzzing else rng.choice([1000.0, 1000.0, rng.uniform(300, 3000)])
    x = tone(np.full(len(t), pitch_hz), sample_rate_hz, horn_partials(rng, 16) if buzzing else (1.0,))
    if rng.random() < 0.3:
        x *= (t + rng.uniform(0, 3)) % 3 > 0.25
    return at_level(x)


def civil_defence(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Rotors a minor third apart over a town: a wail of 8 to 20 s a turn, or a steady note."""
    t, low_hz = times(seconds, sample_rate_hz), rng.uniform(180, 330)
    turn = 1 / rng.uniform(8, 20) * t + rng.random()
    curve_hz = sweep(turn, low_hz, low_hz * (rng.uniform(1.3, 2.1) if rng.random() < 0.7 else 1.0), 0.4)
    partials = np.arange(1, 8) ** -rng.uniform(0.8, 1.5)
    x = tone(curve_hz, sample_rate_hz, partials) + tone(curve_hz * 1.2, sample_rate_hz, partials)
    return at_level(filters.band(x, sample_rate_hz, 150, rng.uniform(1200, 3000)))


ALERTS: dict[str, SoundGenerator] = {
    "smoke_alarm": smoke_alarm,
    "beeper": beeper,
    "chime": chime,
    "horn": horn,
    "level_crossing": level_crossing,
    "telephone": telephone,
    "dialling": dialling,
    "line_up": line_up,
    "civil_defence": civil_defence,
}

"""Generated music as used in television: beds, jingles, songs, rock, decaying piano chords, orchestral crescendos.

A piece has a key, a tempo, a chord progression and a few parts that play it; all of it is drawn from `rng`.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from horuslib.acoustics import filters, rooms
from horuslib.synthesis import instruments as play
from horuslib.synthesis.score import Score
from horuslib.synthesis.sequenced import SEQUENCED, Sequencer


def _drums(score: Score, level: float) -> None:
    busy = score.rng.integers(1, 3)
    skipped = score.rng.random(16) < 0.2
    for bar in score.bars:
        for beat in (0, 2) if score.rng.random() < 0.7 else (0, 1.5, 2.5):
            score.stroke(play.kick, score.start_s(bar, beat), level)
        for beat in (1, 3):
            score.stroke(play.snare, score.start_s(bar, beat), 0.55 * level)
        for step in range(4 * busy):
            if not skipped[step]:
                open_s = 0.12 if step == 4 * busy - 1 else 0.03
                score.stroke(play.hat, score.start_s(bar, step / busy), 0.22 * level, open_s=open_s)


def _bass_line(score: Score, level: float) -> None:
    for bar in score.bars:
        for beat, interval in ((0, 0), (1.5, 0), (2, 7 if score.rng.random() < 0.4 else 0), (3.5, 12)):
            note = score.chord(bar)[0] - 24 + interval
            score.note(play.bass, note, score.start_s(bar, beat), 1.2 * score.beat_s, level)


def _arpeggio(score: Score, instrument: Callable, level: float, per_beat: int = 2) -> None:
    pattern = score.rng.integers(0, 4, 4 * per_beat)
    octave = int(score.rng.choice([0, 12]))
    for bar in score.bars:
        for step, degree in enumerate(pattern):
            note, start_s = score.chord(bar)[degree] + octave, score.start_s(bar, step / per_beat)
            score.note(instrument, note, start_s, 2.5 * score.beat_s, level)


def _held_chords(score: Score, instrument: Callable, level: float) -> None:
    for bar in score.bars:
        for note in score.chord(bar):
            score.note(instrument, note, score.start_s(bar), 4.4 * score.beat_s, level)


def _melody(score: Score, instrument: Callable, level: float) -> None:
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14])
    step, start_s = int(score.rng.integers(0, 8)), 0.0
    while start_s < score.seconds:
        beats = float(score.rng.choice([0.5, 0.5, 1, 1, 2]))
        step = int(np.clip(step + score.rng.integers(-2, 3), 0, 8))
        if score.rng.random() < 0.85:
            score.note(instrument, score.key + 12 + scale[step], start_s, 1.3 * beats * score.beat_s + 0.2, level)
        start_s += beats * score.beat_s


def _bed(score: Score) -> None:
    _held_chords(score, play.pad, 0.16)
    _arpeggio(score, play.pluck if score.rng.random() < 0.6 else play.piano, 0.28)
    _bass_line(score, 0.3)
    if score.rng.random() < 0.5:
        _drums(score, 0.35)


def _song(score: Score) -> None:
    _drums(score, 0.6)
    _bass_line(score, 0.45)
    _held_chords(score, play.piano if score.rng.random() < 0.5 else play.pluck, 0.22)
    _melody(score, (play.brass, play.pad, play.piano)[score.rng.integers(3)], 0.3)


def _guitar(score: Score) -> None:
    _arpeggio(score, play.pluck, 0.5, per_beat=int(score.rng.integers(1, 3)))
    _melody(score, play.pluck, 0.4)


def _piano(score: Score) -> None:
    """Single chords left to ring: a hard negative for fades and reverberation."""
    for bar in score.bars:
        for delay, note in enumerate(score.chord(bar)):
            score.note(play.piano, note, score.start_s(bar, 0.05 * delay), 4.2 * score.beat_s, 0.4)
        if score.rng.random() < 0.6:
            note = score.chord(bar)[score.rng.integers(4)] + 12
            score.note(play.piano, note, score.start_s(bar, score.rng.choice([1.5, 2, 3])), 2.5, 0.35)


def _jingle(score: Score) -> None:
    score.beat_s *= 0.75
    _melody(score, play.brass, 0.4)
    _held_chords(score, play.brass, 0.2)
    _drums(score, 0.5)


def _orchestra(score: Score) -> None:
    _held_chords(score, play.pad, 0.3)
    _melody(score, play.pad, 0.35)
    if score.rng.random() < 0.5:
        _held_chords(score, play.brass, 0.1)
    score.samples *= filters.gain(3 * filters.slow_curve(score.rng, len(score.samples), score.sample_rate_hz, 0.15))


def _organ(score: Score) -> None:
    """An organ in a church: a hard negative with long reverberation."""
    score.beat_s *= 1.3
    _held_chords(score, play.organ, 0.25)
    _melody(score, play.organ, 0.3)
    room = rooms.room_response(score.rng, score.sample_rate_hz, score.rng.uniform(1.5, 3), score.rng.uniform(-2, 4))
    score.samples = rooms.convolve(score.samples, room)


def _crashes(score: Score, level: float, ring_s: tuple[float, float]) -> None:
    """A crash cymbal on every bar or every other, and a ride or a half-open hi-hat on every eighth."""
    every, rides, ring = int(score.rng.integers(1, 3)), score.rng.random() < 0.6, score.rng.uniform(*ring_s)
    for bar in score.bars:
        if bar % every == 0:
            score.stroke(play.cymbal, score.start_s(bar), level, ring_s=ring)
        for step in range(8):
            if rides:
                score.stroke(play.cymbal, score.start_s(bar, step / 2), 0.35 * level, ring_s=0.3, ping=0.6)
            else:
                score.stroke(play.hat, score.start_s(bar, step / 2), 0.5 * level, open_s=0.12)


def _riff(score: Score, level: float) -> None:
    """Power chords: held, or in eighths, sometimes palm-muted."""
    onsets = score.rng.random(8) < score.rng.uniform(0.2, 0.9)
    onsets[0] = True
    starts = [*np.flatnonzero(onsets), 8]
    for bar in score.bars:
        for start, following in pairwise(starts):
            seconds = (following - start) / 2 * score.beat_s * (0.45 if score.rng.random() < 0.2 else 0.98)
            score.note(play.fuzz, score.chord(bar)[0] - 12, score.start_s(bar, start / 2), seconds, level)


def _mastered(score: Score) -> None:
    """Loud mastering: compression and heavy limiting."""
    x, rate = score.samples / max(float(np.std(score.samples)), 1e-6), score.sample_rate_hz
    x = filters.compress(x, rate, -3.0, score.rng.uniform(1.5, 5.0), 0.03)
    score.samples = filters.limit(x, rate, score.rng.uniform(3.0, 9.0), 0.004)


def _rock(score: Score) -> None:
    """Distorted guitars, cymbals, sometimes a singer: dense, bright and loud, a hard negative for hiss."""
    _drums(score, 0.7)
    _crashes(score, score.rng.uniform(0.15, 0.6), (0.4, 1.4))
    for _ in range(score.rng.integers(1, 3)):
        _riff(score, score.rng.uniform(0.15, 0.5))
    _bass_line(score, 0.4)
    if score.rng.random() < 0.6:
        _melody(score, play.voice, score.rng.uniform(0.3, 0.6))
    _mastered(score)


def _dance(score: Score) -> None:
    """Electronic drums, synthesisers, noise risers; everything else is ducked by the kick drum."""
    for bar in score.bars:
        for beat in range(4):
            score.stroke(play.hat, score.start_s(bar, beat + 0.5), score.rng.uniform(0.15, 0.4), open_s=0.09)
            if beat % 2:
                score.stroke(play.snare, score.start_s(bar, beat), 0.5)
    _arpeggio(score, play.synth, 0.35, per_beat=int(score.rng.choice([2, 4])))
    _held_chords(score, play.pad if score.rng.random() < 0.5 else play.synth, 0.15)
    _bass_line(score, 0.4)
    n, t = len(score.samples), np.arange(len(score.samples)) / score.sample_rate_hz
    if score.rng.random() < 0.5:
        part_s = 16 * score.beat_s
        rise = ((t + score.rng.uniform(0, part_s)) / part_s % 1) ** score.rng.uniform(2, 5)
        hiss = filters.band(score.rng.standard_normal(n), score.sample_rate_hz, score.rng.uniform(500, 3000), None)
        score.samples += score.rng.uniform(0.03, 0.15) * rise.astype(np.float32) * hiss
    since = t / score.beat_s % 1 * score.beat_s
    score.samples *= (1 - score.rng.uniform(0.2, 0.9) * np.exp(-since / 0.12)).astype(np.float32)
    for bar in score.bars:
        for beat in range(4):
            score.stroke(play.kick, score.start_s(bar, beat), 0.8)
    _mastered(score)


def _ballad(score: Score) -> None:
    """A singer, sometimes with backing voices, over a guitar or a piano."""
    _melody(score, play.voice, 0.5)
    if score.rng.random() < 0.4:
        _held_chords(score, play.voice, 0.12)
    _arpeggio(score, play.piano if score.rng.random() < 0.5 else play.pluck, score.rng.uniform(0.15, 0.35))
    if score.rng.random() < 0.5:
        _bass_line(score, 0.3)


STYLES: dict[str, Callable[[Score], None]] = {
    "bed": _bed,
    "song": _song,
    "guitar": _guitar,
    "piano": _piano,
    "jingle": _jingle,
    "orchestra": _orchestra,
    "organ": _organ,
    "rock": _rock,
    "dance": _dance,
    "ballad": _ballad,
    **SEQUENCED,
}
"""Name -> function that writes a piece on its score."""


def music(rng: np.random.Generator, seconds: float, sample_rate_hz: int, style: str | None = None) -> np.ndarray:
    """A piece of music.

    Parameters
    ----------
    style : a key of `STYLES`; drawn when not given.

    Returns
    -------
    float32 (N,), about -20 dBFS, in a studio's short room.
    """
    style = style or str(rng.choice(list(STYLES)))
    score = (Sequencer if style in SEQUENCED else Score)(rng, seconds, sample_rate_hz)
    STYLES[style](score)
    room = rooms.room_response(rng, sample_rate_hz, rng.uniform(0.2, 0.45), rng.uniform(8, 14))
    x = rooms.convolve(score.samples, room)
    x = filters.peaking(x, sample_rate_hz, rng.uniform(150, 400), rng.uniform(-3, 3))
    x = filters.peaking(x, sample_rate_hz, rng.uniform(2000, 6000), rng.uniform(-4, 4))
    x *= filters.gain(-20) / max(float(np.sqrt(np.mean(x**2))), 1e-6)
    return filters.fade(x, sample_rate_hz, 0.005, 0.05)

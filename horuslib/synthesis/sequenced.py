"""Sequenced music: drum machines, loops, arpeggios, minimal and chip music, in time to a sample.

A sampler plays the same recording of a stroke at every step, and a loop repeats bar by bar: such music is as like
itself one beat or bar later as an echo is like its sound. It is normal sound, the hardest there is for a detector of
echoes, and it is what programme is full of: jingles, beds, games, dance music.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from horuslib.acoustics import filters
from horuslib.synthesis import instruments as play
from horuslib.synthesis.score import Score

TEMPOS = (60.0, 180.0)
"""Beats a minute."""
_STEPS = 16
"""Steps of a bar."""
_ACCENT = 1.25
_ONE_OF = (play.synth, play.pluck, play.piano)


class Sequencer(Score):
    """A score without a player: every sound is rendered once, and starts at its step to the sample."""

    def __init__(self, rng: np.random.Generator, seconds: float, sample_rate_hz: int, beat_s: float | None = None):
        super().__init__(rng, seconds, sample_rate_hz)
        self.beat_s = beat_s or 60 / float(np.exp(rng.uniform(*np.log(TEMPOS))))
        self._sounds: dict[tuple, np.ndarray] = {}

    def other(self, seconds: float) -> "Sequencer":
        """An empty score of the same tempo, key and chords."""
        score = Sequencer(self.rng, seconds, self.sample_rate_hz, self.beat_s)
        score.key, score.chords = self.key, self.chords
        return score

    def step_s(self, bar: int, step: float) -> float:
        return self.start_s(bar, 4 * step / _STEPS)

    def played(self, start_s: float, level: float) -> tuple[float, float]:
        return start_s, level

    def note(self, instrument: Callable, note: float, start_s: float, seconds: float, level: float) -> None:
        key = (instrument, note, round(seconds, 6))
        self._once(key, lambda: instrument(self.rng, note, seconds, self.sample_rate_hz, bright=self.bright))
        self._place(key, start_s, level)

    def stroke(self, drum: Callable, start_s: float, level: float, **options) -> None:
        key = (drum, *options.items())
        self._once(key, lambda: drum(self.rng, self.sample_rate_hz, **options))
        self._place(key, start_s, level)

    def _once(self, key: tuple, render: Callable[[], np.ndarray]) -> None:
        if key not in self._sounds:
            self._sounds[key] = render()

    def _place(self, key: tuple, start_s: float, level: float) -> None:
        if start_s < self.seconds:
            self.add(self._sounds[key], start_s, level)


def _pattern(rng: np.random.Generator, density: float, every: int = 1) -> np.ndarray:
    """Steps of a bar at which a sound is played, (n,); the first always."""
    steps = np.arange(0, _STEPS, every)
    return steps[(rng.random(len(steps)) < density) | (steps == 0)]


def _beat(score: Sequencer, level: float = 0.7) -> None:
    """One bar of a drum machine over and over; sometimes a fill at the end of every fourth or eighth bar."""
    rng = score.rng
    kick = np.array([0, 4, 8, 12]) if rng.random() < 0.5 else _pattern(rng, 0.3, 2)
    hats, open_s = _pattern(rng, 0.8, int(rng.choice([1, 2]))), float(rng.choice([0.02, 0.03, 0.1]))
    extra, fill_every = _pattern(rng, 0.15), int(rng.choice([4, 8, 1000]))
    for bar in score.bars:
        for step in kick:
            score.stroke(play.kick, score.step_s(bar, step), level)
        for step in (4, 12):
            score.stroke(play.snare, score.step_s(bar, step), 0.6 * level)
        for step in hats:
            accent = _ACCENT if step % 4 == 0 else 1.0
            score.stroke(play.hat, score.step_s(bar, step), 0.3 * accent * level, open_s=open_s)
        for step in extra:
            score.note(play.pluck, score.key + 24, score.step_s(bar, step), 0.15, 0.25 * level)
        for step in range(12, 16) if bar % fill_every == fill_every - 1 else ():
            score.stroke(play.snare, score.step_s(bar, step), 0.5 * level)


def _line(
    score: Sequencer, instrument: Callable, level: float, octave: int, density: float, bars: int = 1, every: int = 1
) -> None:
    """A line of notes that repeats after so many bars, on the chord of the bar or always on the key's."""
    rng, moves = score.rng, score.rng.random() < 0.5
    steps = [_pattern(rng, density, every) for _ in range(bars)]
    degrees = [rng.integers(0, 4, _STEPS) for _ in range(bars)]
    length_s = score.beat_s * float(rng.choice([0.25, 0.5, 1.0]))
    for bar in score.bars:
        for step in steps[bar % bars]:
            note = score.chord(bar if moves else 0)[degrees[bar % bars][step]] + octave
            score.note(instrument, note, score.step_s(bar, step), length_s, level)


def _drum_machine(score: Sequencer) -> None:
    _beat(score)
    if score.rng.random() < 0.7:
        _line(score, play.bass, 0.5, -24, 0.4, bars=int(score.rng.choice([1, 2])))


def _arpeggio(score: Sequencer) -> None:
    """A synthesiser's arpeggio in sixteenths or eighths, its filter opening and closing slowly."""
    instrument = _ONE_OF[score.rng.integers(len(_ONE_OF))]
    _line(score, instrument, 0.4, 12, 1.0, every=int(score.rng.choice([1, 2])))
    if score.rng.random() < 0.5:
        score.samples *= filters.gain(4 * filters.slow_curve(score.rng, len(score.samples), score.sample_rate_hz, 0.1))
    if score.rng.random() < 0.6:
        _line(score, play.bass, 0.5, -24, 0.4)
    if score.rng.random() < 0.6:
        _beat(score, 0.5)


def _minimal(score: Sequencer) -> None:
    """Two or three short figures of different lengths, each repeating by itself."""
    rng = score.rng
    for voice in range(int(rng.integers(2, 4))):
        length, instrument = int(rng.choice([3, 4, 5, 6, 8, 12])), _ONE_OF[rng.integers(len(_ONE_OF))]
        notes = rng.integers(0, 4, length)
        for step in range(round(score.seconds / score.beat_s * 4) + 1):
            note = score.chord(0)[notes[step % length]] + 12 * (voice % 2)
            score.note(instrument, note, step * score.beat_s / 4, 1.5 * score.beat_s, 0.3)


def _chip(score: Sequencer) -> None:
    """A game's music: pulse waves, a noise for a drum, phrases of two or four bars over and over."""
    bars = int(score.rng.choice([2, 4]))
    _line(score, play.synth, 0.35, 12, 0.6, bars)
    _line(score, play.synth, 0.25, -12, 0.5, 1, 2)
    steps = _pattern(score.rng, 0.5, 2)
    for bar in score.bars:
        for step in steps:
            score.stroke(play.hat, score.step_s(bar, step), 0.25, open_s=0.04)


def _bass_figure(score: Sequencer) -> None:
    _line(score, play.bass, 0.5, -24, 0.4)


def _stabs(score: Sequencer) -> None:
    _line(score, play.brass, 0.25, 0, 0.3, bars=2)


def _loops(score: Sequencer) -> None:
    """Recorded loops of one, two or four bars; each is switched on and off every few bars."""
    rng = score.rng
    parts = (_drum_machine, _arpeggio, _bass_figure, _stabs)
    for k in rng.permutation(len(parts))[: rng.integers(2, len(parts) + 1)]:
        loop = score.other(int(rng.choice([1, 2, 4])) * 4 * score.beat_s)
        parts[k](loop)
        score.samples += np.resize(loop.samples, len(score.samples)) * _switched(score, every_bars=4)


def _switched(score: Sequencer, every_bars: int) -> np.ndarray:
    """A gain of 0 or 1 per group of bars, (N,); mostly 1."""
    group = round(every_bars * 4 * score.beat_s * score.sample_rate_hz)
    on = score.rng.random(len(score.samples) // group + 1) < 0.75
    return np.repeat(on, group)[: len(score.samples)].astype(np.float32)


def _with_delay(style: Callable[[Sequencer], None], score: Sequencer) -> None:
    """A style, and over it one instrument with an effect: its notes repeat a dotted eighth or a quarter later."""
    style(score)
    voice = score.other(score.seconds)
    _line(voice, _ONE_OF[score.rng.integers(len(_ONE_OF))], 0.4, 12, 0.15, bars=4)
    delay = round(float(score.rng.choice([0.5, 0.75, 1.0])) * score.beat_s * score.sample_rate_hz)
    gain = score.rng.uniform(0.3, 0.7)
    for repeat in range(4):
        shifted = voice.samples[: max(0, len(voice.samples) - repeat * delay)]
        score.samples[len(score.samples) - len(shifted) :] += np.float32(gain**repeat) * shifted


SEQUENCED: dict[str, Callable[[Sequencer], None]] = {
    "drum_machine": _drum_machine,
    "arpeggio": _arpeggio,
    "minimal": _minimal,
    "chip": _chip,
    "loops": _loops,
    "delayed_voice": partial(_with_delay, _drum_machine),
}
"""Name -> function that writes the piece."""

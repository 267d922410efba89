"""A piece of generated music while it is written: key, tempo, chords, and the samples to which notes are added."""

from collections.abc import Callable

import numpy as np

PROGRESSIONS = (
    (0, 5, 7, 0), (0, 7, 9, 5), (9, 5, 0, 7), (0, 9, 5, 7), (2, 7, 0, 0), (0, 4, 5, 7), (9, 7, 5, 4), (0, 10, 5, 0),
)  # fmt: skip
"""Roots of four chords, in semitones above the key."""
_MINOR = {2, 4, 9}
"""Degrees of a major key whose chord is minor."""
_SWING_S = 0.008
"""Standard deviation of a player's onsets from the beat."""


class Score:
    """The samples of a piece, to which notes are added at times in seconds; notes are cut at its end."""

    def __init__(self, rng: np.random.Generator, seconds: float, sample_rate_hz: int):
        self.rng, self.sample_rate_hz = rng, sample_rate_hz
        self.seconds = seconds
        self.samples = np.zeros(round(seconds * sample_rate_hz), np.float32)
        self.beat_s = 60 / rng.uniform(72, 132)
        self.key = int(rng.integers(48, 60))
        self.chords = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
        self.bright = float(rng.uniform(0.2, 0.9))

    @property
    def bars(self) -> range:
        return range(int(np.ceil(self.seconds / (4 * self.beat_s))))

    def start_s(self, bar: int, beat: float = 0.0) -> float:
        return (4 * bar + beat) * self.beat_s

    def chord(self, bar: int) -> list[int]:
        """Root, third, fifth and octave of a bar, as MIDI notes."""
        root = self.key + self.chords[bar % 4]
        third = 3 if self.chords[bar % 4] in _MINOR else 4
        return [root, root + third, root + 7, root + 12]

    def add(self, sound: np.ndarray, start_s: float, level: float) -> None:
        start_s, level = self.played(start_s, level)
        start = max(0, round(start_s * self.sample_rate_hz))
        piece = sound[: max(0, len(self.samples) - start)]
        self.samples[start : start + len(piece)] += level * piece

    def played(self, start_s: float, level: float) -> tuple[float, float]:
        """When and how loud a player plays a note."""
        return start_s + self.rng.normal(0, _SWING_S), level * self.rng.uniform(0.8, 1.0)

    def note(self, instrument: Callable, note: float, start_s: float, seconds: float, level: float) -> None:
        if start_s < self.seconds:
            self.add(instrument(self.rng, note, seconds, self.sample_rate_hz, bright=self.bright), start_s, level)

    def stroke(self, drum: Callable, start_s: float, level: float, **options) -> None:
        if start_s < self.seconds:
            self.add(drum(self.rng, self.sample_rate_hz, **options), start_s, level)

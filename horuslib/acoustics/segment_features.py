"""What a decision needs of a segment's sound, in one place for training, scanning and live sources.

Levels, the model's input and the measures of the waveform come from one reader, so that inference uses exactly the
features of training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from horuslib.acoustics.measures import DETAILS, MEASURES, measure_sound
from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import peak, rms
from horuslib.tasks.sections import FrontEnd

if TYPE_CHECKING:
    from horuslib.tasks import Task

COLUMNS = (*MEASURES, *DETAILS)
"""Columns of `SegmentFeatures.measured`."""


@dataclass(frozen=True)
class SegmentFeatures:
    """The settings of a task that determine its features; small enough to be sent to worker processes.

    Attributes
    ----------
    measures : those of `acoustics.measures.MEASURES` that are computed; the rest is 0.
    target_lufs : the channel's target loudness, the reference of the measure `quiet`.
    """

    front_end: FrontEnd
    measures: tuple[str, ...]
    target_lufs: float

    @classmethod
    def of(cls, task: "Task") -> "SegmentFeatures":
        """The features that a task uses."""
        return cls(task.front_end, tuple(task.decision.measures), task.decision.channel_lufs)

    def levels(self, sounds: Sequence[np.ndarray]) -> np.ndarray:
        """RMS and peak of each sound, linear full scale: (N, 2)."""
        return np.array([(rms(x), peak(x)) for x in sounds]).reshape(len(sounds), 2)

    def inputs(self, sounds: Sequence[np.ndarray]) -> np.ndarray:
        """The model's input for each sound: (N, *front_end.input_shape) float32."""
        return segments_to_inputs(sounds, self.front_end)

    def measured(self, sounds: Sequence[np.ndarray], before: Sequence[np.ndarray] | None = None) -> np.ndarray:
        """The measures of each waveform: (N, len(COLUMNS)); NaN for a detail that cannot be measured.

        Parameters
        ----------
        before : what was heard before each sound, any length; without it, loops are harder to tell from echoes.
        """
        return measure_sound(sounds, self.front_end.sample_rate_hz, self.measures, self.target_lufs, before)

"""From segments of sound to verdicts: levels, pictures, probabilities, decisions."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from horuslib.acoustics.measures import DETAILS, MEASURES, measure_sound
from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import peak, rms
from horuslib.evaluation.decide import decide, is_silent
from horuslib.inference.detector import Detector
from horuslib.inference.segments import BATCH, Segment, cut

MEASURED = (*MEASURES, *DETAILS)


def classify(blocks: Iterable[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on a stream of mono sound: `decide`'s table with `start_s` and `end_s`, one row per segment."""
    segments = cut(blocks, detector.task.front_end)
    measured = [measure(batch, detector) for batch in iter(lambda: list(islice(segments, BATCH)), [])]
    return decisions(measured, detector)


def measure(segments: Sequence[Segment], detector: Detector) -> np.ndarray:
    """What decisions are made from, of any segments, also of several files.

    Returns
    -------
    (N, 4 + measures + labels): start (s), end (s), RMS and peak (linear full scale), what `acoustics.measures` found,
    and the probabilities, the measures' weight in them, which are NaN where the level alone says silence.
    """
    levels, peaks = (np.array([of(s.samples) for s in segments]) for of in (rms, peak))
    audible = np.flatnonzero(~is_silent(levels, peaks, detector.task))
    probabilities = np.full((len(segments), len(detector.task.labels)), np.nan)
    sounds = [segments[k].samples for k in audible]
    probabilities[audible] = detector.probabilities(segments_to_inputs(sounds, detector.task.front_end))
    measured = np.full((len(segments), len(MEASURED)), np.nan)
    if detector.fusion is not None and len(audible):
        measures = detector.fusion.measures
        rate, target_lufs = detector.task.front_end.sample_rate_hz, detector.task.decision.target_lufs
        measured[audible] = measure_sound(sounds, rate, measures, target_lufs)
        weighed = measured[np.ix_(audible, [MEASURED.index(name) for name in measures])]
        probabilities[audible] = detector.fusion.apply(probabilities[audible], weighed)
    times_s = np.array([(s.start_s, s.end_s) for s in segments])
    return np.column_stack([times_s, levels, peaks, measured, probabilities])


def decisions(measured: Sequence[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on one file's segments: `decide`'s table with `start_s`, `end_s` and what was measured.

    Parameters
    ----------
    evidence : pieces of `measure`, in order of time.
    """
    start_s, end_s, levels, peaks, *rest = np.concatenate(measured).T
    measured, probabilities = rest[: len(MEASURED)], rest[len(MEASURED) :]
    verdicts = decide(np.column_stack(probabilities), levels, peaks, detector.task, detector.thresholds)
    return verdicts.assign(start_s=start_s, end_s=end_s, **dict(zip(MEASURED, measured, strict=True)))

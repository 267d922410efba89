"""From segments of sound to verdicts: levels, model inputs, probabilities, measures, fusion, decision."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from horuslib.acoustics.segment_features import COLUMNS, SegmentFeatures
from horuslib.audio.segments import BATCH, Segment, cut
from horuslib.evaluation.decide import decision_columns, is_silent
from horuslib.inference.detector import Detector


def classify(blocks: Iterable[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on a stream of mono sound: `decide`'s table with `start_s` and `end_s`, one row per segment."""
    segments = cut(blocks, detector.task.front_end)
    predicted = [predict(batch, detector) for batch in iter(lambda: list(islice(segments, BATCH)), [])]
    return decisions(predicted, detector)


def predict(segments: Sequence[Segment], detector: Detector) -> np.ndarray:
    """What decisions are made from, for any segments, also of several files.

    Returns
    -------
    (N, 4 + measures + labels): start (s), end (s), RMS and peak (linear full scale), what was measured in the waveform
    (`segment_features.COLUMNS`), and the probabilities with the measures fused in; the last two are NaN where the level
    alone decides for silence.
    """
    task, sounds = detector.task, [s.samples for s in segments]
    reader = SegmentFeatures(
        task.front_end, detector.fusion.measures if detector.fusion else (), task.decision.target_lufs
    )
    levels = reader.levels(sounds)
    audible = np.flatnonzero(~is_silent(levels[:, 0], levels[:, 1], task))
    sounds = [sounds[k] for k in audible]
    probabilities = np.full((len(segments), len(task.labels)), np.nan)
    probabilities[audible] = detector.probabilities(reader.inputs(sounds))
    measured = np.full((len(segments), len(COLUMNS)), np.nan)
    if detector.fusion is not None and len(audible):
        measured[audible] = reader.measured(sounds, [segments[int(k)].before for k in audible])
        weighed = measured[audible][:, [COLUMNS.index(name) for name in reader.measures]]
        probabilities[audible] = detector.fusion.apply(probabilities[audible], weighed)
    times_s = np.array([(s.start_s, s.end_s) for s in segments]).reshape(len(segments), 2)
    return np.column_stack([times_s, levels, measured, probabilities])


def decisions(predicted: Sequence[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on one file's segments: `decide`'s table with `start_s`, `end_s`, `peak` and what was measured.

    Parameters
    ----------
    predicted : pieces of `predict`, in order of time.
    """
    start_s, end_s, levels, peaks, *rest = np.concatenate(predicted).T
    measured, probabilities = rest[: len(COLUMNS)], rest[len(COLUMNS) :]
    columns = decision_columns(np.column_stack(probabilities), levels, peaks, detector.task, detector.thresholds)
    columns |= {"start_s": start_s, "end_s": end_s, "peak": peaks, **dict(zip(COLUMNS, measured, strict=True))}
    return pd.DataFrame(columns)

"""From segments of sound to verdicts: levels, model inputs, probabilities, measures, fusion, decision."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from horuslib.acoustics.segment_features import COLUMNS, SegmentFeatures
from horuslib.acoustics.signals import is_bare_tones, lasting_dbfs, muted_s, tone_span_s
from horuslib.audio.levels import typical_lufs
from horuslib.audio.segments import BATCH, Segment, cut
from horuslib.evaluation.decide import decision_columns, is_silent
from horuslib.evaluation.definitions import MEASUREMENTS, apply_definitions, candidates
from horuslib.evaluation.events import sustained
from horuslib.inference.detector import Detector

_TONE_CREST = 2.5
"""Peak over RMS up to which a segment may be one tone: 1.41, and more where it is interrupted or begins."""


def classify(blocks: Iterable[np.ndarray], detector: Detector) -> pd.DataFrame:
    """The verdicts on a stream of mono sound: `decide`'s table with `start_s` and `end_s`, one row per segment."""
    segments = cut(blocks, detector.task.front_end)
    predicted = [predict(batch, detector) for batch in iter(lambda: list(islice(segments, BATCH)), [])]
    return decisions(predicted, detector)


def predict(segments: Sequence[Segment], detector: Detector) -> np.ndarray:
    """What decisions are made from, for any segments, also of several files.

    Returns
    -------
    (N, 4 + measures + measurements + labels): start (s), end (s), RMS and peak (linear full scale), the measures of the
    waveform (`segment_features.COLUMNS`), the measurements that definitions ask for (`definitions.MEASUREMENTS`), and
    the probabilities with the measures fused in; the last three are NaN where the level alone decides for silence.
    """
    task, sounds = detector.task, [s.samples for s in segments]
    reader = SegmentFeatures(
        task.front_end, detector.fusion.measures if detector.fusion else (), task.decision.channel_lufs
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
    measurements = np.full((len(segments), len(MEASUREMENTS)), np.nan)
    measurements[audible] = _measurements(
        [segments[int(k)] for k in audible], levels[audible], probabilities[audible], detector
    )
    return np.column_stack([times_s, levels, measured, measurements, probabilities])


def _measurements(
    segments: Sequence[Segment], levels: np.ndarray, probabilities: np.ndarray, detector: Detector
) -> np.ndarray:
    """What the definitions of the task ask of each segment: (N, len(MEASUREMENTS)), NaN where nothing depends on it."""
    task, measurements = detector.task, np.full((len(segments), len(MEASUREMENTS)), np.nan)
    bounds, rate_hz, best = task.decision.definitions, task.front_end.sample_rate_hz, probabilities.argmax(axis=1)
    tones = candidates(best, task, "test_tone") | (levels[:, 1] < _TONE_CREST * levels[:, 0])
    low, reflected = candidates(best, task, "low_volume"), candidates(best, task, "reflections")
    weak = sustained.levels(detector.sustained, detector.thresholds, task)
    if (label := task.label_of("reflections")) in weak:
        reflected |= probabilities[:, task.labels.index(label)] >= weak[label]
    silence = candidates(best, task, "silence")
    for k, (row, segment) in enumerate(zip(measurements, segments, strict=True)):
        if bounds.low_volume_db is not None and low[k]:
            row[0] = typical_lufs(segment.samples, rate_hz)
        if bounds.test_tone_s and tones[k]:
            row[1:3] = segment.start_s + np.array(tone_span_s(segment.samples, rate_hz))
        if bounds.bare_tones and reflected[k]:
            row[3] = is_bare_tones(segment.samples, rate_hz)
        if bounds.muted_s:
            row[4] = muted_s(segment.samples, rate_hz)
        if bounds.silence_below_dbfs is not None and silence[k]:
            row[5] = lasting_dbfs(segment.samples, rate_hz)
    return measurements


def decisions(predicted: Sequence[np.ndarray], detector: Detector, louder_db: float = 0.0) -> pd.DataFrame:
    """The verdicts on one file's segments: `decide`'s table with `start_s`, `end_s`, `peak` and what was measured.

    Parameters
    ----------
    predicted : pieces of `predict`, in order of time.
    louder_db : as in `definitions.apply_definitions`.
    """
    start_s, end_s, levels, peaks, *rest = np.concatenate(predicted).T
    names, probabilities = (*COLUMNS, *MEASUREMENTS), rest[len(COLUMNS) + len(MEASUREMENTS) :]
    columns = decision_columns(np.column_stack(probabilities), levels, peaks, detector.task, detector.thresholds)
    columns |= {"start_s": start_s, "end_s": end_s, "peak": peaks} | dict(zip(names, rest, strict=False))
    sustained.accept(columns, detector.task, detector.thresholds, detector.sustained)
    apply_definitions(columns, detector.task, detector.thresholds, louder_db)
    return pd.DataFrame(columns)

"""Predictions on sound without labels, least certain first: where an analyst's next label helps most."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from horuslib.acoustics.measures import MEASURES
from horuslib.audio.segments import BATCH, Segment
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import audio_before, segment_audio
from horuslib.evaluation.calibration import apply_temperature
from horuslib.evaluation.cross_fitting import CalibratedDecision
from horuslib.inference.classify import decisions, predict
from horuslib.inference.detector import Detector
from horuslib.inference.runtime import KerasModel
from horuslib.tasks import Task


def predict_unlabelled(ingest: Step, model_path: Path, calibrated: CalibratedDecision, task: Task) -> pd.DataFrame:
    """Calibrated predictions of the unlabelled segments, as a scan makes them, the least certain first.

    Returns
    -------
    DataFrame
        As 06_evaluate's `predictions`: segment_id, recording_id, group_id, start_s, end_s, label (None), fold (-1),
        split ("unlabelled"), rms, peak (linear full scale), measures, p_<label>, predicted, confidence.
    """
    segments = ingest.table("segments")
    segments = segments[segments.split == "unlabelled"].drop(columns="weight").reset_index(drop=True)
    columns = [*(f"p_{label}" for label in task.labels), *MEASURES, "rms", "peak"]
    if segments.empty:
        empty = pd.DataFrame(columns=columns, dtype=float)
        return segments.join(empty).assign(predicted=pd.Series(dtype=str), confidence=pd.Series(dtype=float))
    model = KerasModel(model_path)
    detector = Detector(
        task,
        lambda inputs: apply_temperature(model(inputs), calibrated.temperature).astype(np.float32),
        thresholds={},
        metadata={},
        fusion=calibrated.fusion,
    )
    predicted = []
    for first in range(0, len(segments), BATCH):
        rows = segments.iloc[first : first + BATCH].itertuples()
        predicted.append(predict([_segment(ingest, row, task) for row in rows], detector))
    table = segments.join(decisions(predicted, detector)[[*columns, "predicted"]])
    table["confidence"] = table[[f"p_{label}" for label in task.labels]].max(axis=1)
    return table.sort_values("confidence", kind="stable", ignore_index=True)


def _segment(ingest: Step, row: Any, task: Task) -> Segment:
    return Segment(row.start_s, row.end_s, segment_audio(ingest, row, task), audio_before(ingest, row, task))

"""What the model says of sound that nobody labelled: where an analyst's next label teaches most."""

from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.acoustics.measures import MEASURES, measure_sound
from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import peak, rms
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import segment_audio
from horuslib.evaluation.evaluate import CalibratedDecision
from horuslib.tasks import Task

BLOCK = 256
"""Segments in memory at once."""


def predict_unlabelled(ingest: Step, model_path: Path, calibrated: CalibratedDecision, task: Task) -> pd.DataFrame:
    """Calibrated predictions of the unlabelled segments, the least certain first.

    Returns
    -------
    DataFrame
        As 06_evaluate's `predictions`: segment_id, recording_id, group_id, start_s, end_s, label (None), fold (-1),
        split ("unlabelled"), rms, peak (linear full scale), measures, p_<label>, predicted, confidence.
    """
    segments = ingest.table("segments")
    segments = segments[segments.split == "unlabelled"].drop(columns="weight").reset_index(drop=True)
    probabilities, levels = np.empty((len(segments), len(task.labels))), np.empty((len(segments), 2))
    measured = np.empty((len(segments), len(MEASURES)))
    if len(segments):
        import keras

        model = keras.saving.load_model(model_path, compile=False)
    for first in range(0, len(segments), BLOCK):
        rows = segments.iloc[first : first + BLOCK]
        sound = np.stack([segment_audio(ingest, row, task) for row in rows.itertuples()])
        here = slice(first, first + BLOCK)
        probabilities[here] = model.predict_on_batch(segments_to_inputs(sound, task.front_end))
        levels[here] = [(rms(x), peak(x)) for x in sound]
        measured = measure_sound(
            sound, task.front_end.sample_rate_hz, task.decision.measures, task.decision.target_lufs
        )
        measured[here] = measured[:, : len(MEASURES)]
    columns = {f"p_{label}": probabilities[:, i] for i, label in enumerate(task.labels)}
    columns |= {name: measured[:, i] for i, name in enumerate(MEASURES)}
    table = segments.assign(rms=levels[:, 0], peak=levels[:, 1], **columns)
    table = calibrated.apply(table, task)
    return table.sort_values("confidence", kind="stable", ignore_index=True)

"""What could be learned of a clip without listening: its length, peak, level, floor and bandwidth.

Recordings of a class often come from one collection, with its lengths and levels. A network that is given them learns
the collection. The test: a classifier that has these five numbers alone should be at chance.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import signal

from horuslib.audio.levels import peak_dbfs, rms_dbfs
from horuslib.augmentation.clip_recipes import is_street, preparation
from horuslib.augmentation.recipes import transforms
from horuslib.augmentation.transforms import draw, replay
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import load_audio, segment_audio
from horuslib.tasks import Task

MEASURES = ("length_s", "peak_dbfs", "level_dbfs", "floor_dbfs", "bandwidth_hz")
CHANCE = 0.25
"""Highest macro-F1 of the classifier at which six classes count as prepared; guessing reaches about 0.17."""
FOLDS = 5
_FLOOR_PERCENTILE = 5
_FRAME_S = 0.025
_BANDWIDTH_DB = -60.0
"""Re the strongest frequency: what lies under it, the recording chain has not passed."""


def shortcut_measures(samples: np.ndarray, sample_rate_hz: int) -> dict[str, float]:
    """Length, peak, level, floor (5th percentile of the level of 25 ms frames) and bandwidth of a sound.

    Parameters
    ----------
    samples : (N,) mono, full scale 1.0, N at least 1.
    """
    x = np.asarray(samples, np.float64)
    frame = max(1, min(round(_FRAME_S * sample_rate_hz), len(x)))
    power = np.mean(np.square(x[: len(x) // frame * frame].reshape(-1, frame)), axis=1)
    frequencies, density = signal.welch(x, sample_rate_hz, nperseg=min(1024, len(x)))
    passed = np.flatnonzero(density >= max(density.max(), 1e-30) * 10 ** (_BANDWIDTH_DB / 10))
    return {
        "length_s": len(x) / sample_rate_hz,
        "peak_dbfs": max(peak_dbfs(x), -120.0),
        "level_dbfs": max(rms_dbfs(x), -120.0),
        "floor_dbfs": 10 * np.log10(np.percentile(power, _FLOOR_PERCENTILE) + 1e-12),
        "bandwidth_hz": float(frequencies[passed[-1]]) if len(passed) else 0.0,
    }


def measure(rows: pd.DataFrame, sound: Callable[[Any], np.ndarray], sample_rate_hz: int) -> pd.DataFrame:
    """`MEASURES` of each row's sound; `sound` takes a row of `itertuples`."""
    return pd.DataFrame([shortcut_measures(sound(row), sample_rate_hz) for row in rows.itertuples()], rows.index)


def shortcut_scores(
    measures: pd.DataFrame, labels: Sequence[str], groups: Sequence[str], seed: int = 0
) -> dict[str, float]:
    """How well a classifier does that has these numbers alone (random forest, grouped cross-validation).

    Parameters
    ----------
    measures : columns `MEASURES`, a row per clip.
    labels, groups : of each row.

    Returns
    -------
    `macro_f1`, and the recall of each label; empty where some label has fewer than two groups.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import f1_score, recall_score
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    y, of = np.asarray(labels), np.asarray(groups)
    names = sorted(set(y))
    folds = min(FOLDS, *(len(set(of[y == name])) for name in names)) if names else 0
    if folds < 2:
        return {}
    forest = RandomForestClassifier(200, class_weight="balanced", random_state=seed, n_jobs=1)
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    predicted = cross_val_predict(forest, measures[list(MEASURES)].to_numpy(), y, groups=of, cv=split)
    recalls = recall_score(y, predicted, labels=names, average=None, zero_division=0)
    return {
        "macro_f1": float(f1_score(y, predicted, average="macro")),
        **dict(zip(names, map(float, recalls), strict=True)),
    }


def compare(ingest: Step, labelled: pd.DataFrame, task: Task) -> dict[str, dict[str, float]]:
    """What a classifier reaches that is given length, peak, level, floor and bandwidth alone.

    Parameters
    ----------
    labelled : the labelled segments, with recording_id, group_id, start_s, end_s, label.

    Returns
    -------
    `as they are` and `prepared` -> the scores of `shortcut_scores`; empty for a task whose labels are not all kinds of
    street sound, or with too few groups.
    """
    if not all(is_street(task.kind(label)) for label in task.labels):
        return {}
    rate = task.front_end.sample_rate_hz

    def as_it_is(row: Any) -> np.ndarray:
        return np.asarray(load_audio(ingest, row.recording_id)[round(row.start_s * rate) : round(row.end_s * rate)])

    def prepared(row: Any) -> np.ndarray:
        return prepare(segment_audio(ingest, row, task), row.label, row.end_s - row.start_s, task, row.segment_id)

    found = {}
    for name, sound in (("as they are", as_it_is), ("prepared", prepared)):
        measures = measure(labelled, sound, rate)
        found[name] = shortcut_scores(measures, labelled["label"], labelled["group_id"], task.seed)
    return found if all(found.values()) else {}


def prepare(samples: np.ndarray, label: str, clip_s: float, task: Task, name: str) -> np.ndarray:
    """A clip as training prepares it before any other variation, on a generated background.

    Parameters
    ----------
    samples : the segment's sound, (segment_samples,).
    clip_s : how long the clip is in it.
    name : of the clip, which seeds the drawing.
    """
    rng, x = np.random.default_rng([task.seed, *name.encode()]), samples
    rate, silence = task.front_end.sample_rate_hz, np.zeros(task.front_end.segment_samples, np.float32)
    for transform in preparation(label, {"start_s": 0.0, "end_s": clip_s}, task, None):
        x = replay(draw(transform, rng, silence, rate), transforms(), x, rate)
    return x

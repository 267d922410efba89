"""What could be learned of a clip without listening: its length, peak, level, floor and bandwidth.

Recordings of a class often come from one collection, with its lengths and levels. A network that is given them learns
the collection. The test: a classifier that has these five numbers alone should be at chance.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import signal

from horuslib.audio.levels import peak_dbfs, rms_dbfs

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


def measure(rows: pd.DataFrame, sound: Callable[[object], np.ndarray], sample_rate_hz: int) -> pd.DataFrame:
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

    y, groups = np.asarray(labels), np.asarray(groups)
    names = sorted(set(y))
    folds = min(FOLDS, *(len(set(groups[y == name])) for name in names)) if names else 0
    if folds < 2:
        return {}
    forest = RandomForestClassifier(200, class_weight="balanced", random_state=seed, n_jobs=1)
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    predicted = cross_val_predict(forest, measures[list(MEASURES)].to_numpy(), y, groups=groups, cv=split)
    recalls = recall_score(y, predicted, labels=names, average=None, zero_division=0)
    return {
        "macro_f1": float(f1_score(y, predicted, average="macro")),
        **dict(zip(names, map(float, recalls), strict=True)),
    }

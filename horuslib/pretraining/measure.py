"""Evaluation of the pretraining network on unseen programmes: one row per target."""

import numpy as np
import pandas as pd

from horuslib.pretraining.targets import FAULTS, SCALES


def measure_faults(truths: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """Per fault: `segments` with a known target, `present` among them, `auc`, `precision` and `recall` at one half.

    Parameters
    ----------
    truths : (N, 12) as from `truth`.
    probabilities : (N, 6).
    """
    from sklearn.metrics import roc_auc_score

    rows = []
    for column, fault in enumerate(FAULTS):
        known = np.isfinite(truths[:, column])
        present, predicted = truths[known, column] == 1, probabilities[known, column]
        correct = present & (predicted >= 0.5)
        rows.append(
            {
                "fault": fault,
                "segments": len(present),
                "present": int(present.sum()),
                "auc": roc_auc_score(present, predicted) if 0 < present.sum() < len(present) else np.nan,
                "precision": correct.sum() / max((predicted >= 0.5).sum(), 1),
                "recall": correct.sum() / max(present.sum(), 1),
            }
        )
    return pd.DataFrame(rows).set_index("fault")


def measure_values(truths: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Per value, in its own unit: `segments` with a known target, `median_error`, `guessing` (the error of always
    predicting the median), and the `correlation` of predictions and targets; NaN without known targets."""
    rows = []
    for column, (name, (_, spread)) in enumerate(SCALES.items()):
        target, predicted = truths[:, len(FAULTS) + column], values[:, column]
        known = np.isfinite(target)
        if not known.any():
            rows.append({"value": name, "segments": 0})
            continue
        target, predicted = target[known], predicted[known]
        rows.append(
            {
                "value": name,
                "segments": len(target),
                "median_error": spread * np.median(np.abs(predicted - target)),
                "guessing": spread * np.median(np.abs(target - np.median(target))),
                "correlation": np.corrcoef(predicted, target)[0, 1],
            }
        )
    return pd.DataFrame(rows).set_index("value")

"""How well the network answers on programmes it never heard: one row per question."""

import numpy as np
import pandas as pd

from horuslib.pretraining.targets import FAULTS, SCALES


def measure_faults(truths: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """Per fault: `segments` asked about, `present` among them, `auc`, and `precision` and `recall` at one half.

    Parameters
    ----------
    truths : (N, 12) as `truth` gives them.
    probabilities : (N, 6).
    """
    from sklearn.metrics import roc_auc_score

    rows = []
    for column, fault in enumerate(FAULTS):
        asked = np.isfinite(truths[:, column])
        there, said = truths[asked, column] == 1, probabilities[asked, column]
        found = there & (said >= 0.5)
        rows.append(
            {
                "fault": fault,
                "segments": len(there),
                "present": int(there.sum()),
                "auc": roc_auc_score(there, said) if 0 < there.sum() < len(there) else np.nan,
                "precision": found.sum() / max((said >= 0.5).sum(), 1),
                "recall": found.sum() / max(there.sum(), 1),
            }
        )
    return pd.DataFrame(rows).set_index("fault")


def measure_values(truths: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Per value, in its own unit: `segments` asked about, `median_error`, `guessing` (that of always saying the
    median), and the `correlation` of answers and truth; NaN where nothing was asked."""
    rows = []
    for column, (name, (_, spread)) in enumerate(SCALES.items()):
        wanted, said = truths[:, len(FAULTS) + column], values[:, column]
        asked = np.isfinite(wanted)
        if not asked.any():
            rows.append({"value": name, "segments": 0})
            continue
        wanted, said = wanted[asked], said[asked]
        rows.append(
            {
                "value": name,
                "segments": len(wanted),
                "median_error": spread * np.median(np.abs(said - wanted)),
                "guessing": spread * np.median(np.abs(wanted - np.median(wanted))),
                "correlation": np.corrcoef(said, wanted)[0, 1],
            }
        )
    return pd.DataFrame(rows).set_index("value")

"""What the answers are worth: scores with intervals, calibration, abstention, and what the network uses."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from horuslib.evaluation.calibration import expected_calibration_error
from horuslib.evaluation.metrics import macro_f1_interval, macro_f1_of, wilson
from horuslib.spectral.models.confidence import Answered
from horuslib.spectral.models.held_out import held_out

_DRAWS = 500
_PER_BIN = 24
_LEVELS = (0.0, 0.45, 0.6, 0.75, 0.9)


def scored(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) bool: the events that have a class and an answer."""
    return (labels >= 0) & np.isfinite(probabilities).all(1)


def score(probabilities: np.ndarray, labels: np.ndarray, groups: Sequence[str], classes: Sequence[str]) -> dict:
    """Accuracy and macro-F1 with 95 % intervals, and calibration error, of events with a label and an answer."""
    known = scored(probabilities, labels)
    truth, found = labels[known], probabilities[known]
    names = np.array(classes, object)
    said = found.argmax(1)
    low, high = macro_f1_interval(
        names[truth], names[said], np.asarray(groups, object)[known], classes, np.random.default_rng(0), _DRAWS
    )
    right = int((said == truth).sum())
    return {
        "events": int(known.sum()),
        "accuracy": right / max(1, len(truth)),
        "accuracy_interval": list(wilson(right, len(truth))),
        "macro_f1": macro_f1_of(names[truth], names[said], classes),
        "macro_f1_interval": [float(low), float(high)],
        "ece": expected_calibration_error(found, truth, _bins(len(truth))) if len(truth) else None,
    }


def _bins(events: int) -> int:
    """Bins of confidence with enough events each that chance alone does not make the error."""
    return int(np.clip(events // _PER_BIN, 4, 10))


def abstention(probabilities: np.ndarray, labels: np.ndarray, levels: Sequence[float] = _LEVELS) -> pd.DataFrame:
    """For each least confidence: the share of events that are answered, and the accuracy of those answers."""
    known = scored(probabilities, labels)
    sure, right = probabilities[known].max(1), probabilities[known].argmax(1) == labels[known]
    rows = []
    for level in levels:
        given = sure >= level
        rows.append(
            {
                "confidence": level,
                "answered": float(given.mean()),
                "accuracy": float(right[given].mean()) if given.any() else np.nan,
            }
        )
    return pd.DataFrame(rows)


def uses(answered: Mapping[str, Answered], labels: np.ndarray, ambient: int, least: float) -> pd.DataFrame:
    """What the network uses: its scores with each modality alone, without each, and with modalities moved apart.

    Parameters
    ----------
    answered : condition -> calibrated answers (`conditions.answers_under`).
    least : the confidence below which no class is given.

    Returns
    -------
    condition, events, accuracy, macro_f1, confidence (mean), ece, ambient (share of coinciding events that become
    ambient), answered (share with at least the least confidence), accuracy_answered and macro_f1_answered of these.
    Only events that keep a modality count; when modalities are moved apart, the class itself becomes ambient, so that
    accuracy is against that.
    """
    rows = []
    for name, one in answered.items():
        kept = np.flatnonzero((labels >= 0) & one.rows)
        truth = labels[kept] if "apart" not in name else np.full(len(kept), ambient)
        found, coincided = one.probabilities[kept], labels[kept] != ambient
        rows.append({"condition": name, **_row(found, truth, coincided, ambient, least)})
    return pd.DataFrame(rows)


def _row(found: np.ndarray, truth: np.ndarray, coincided: np.ndarray, ambient: int, least: float) -> dict:
    said, given, classes = found.argmax(1), found.max(1) >= least, range(found.shape[1])
    return {
        "events": len(truth),
        "accuracy": float((said == truth).mean()),
        "macro_f1": macro_f1_of(truth, said, classes),
        "confidence": float(found.max(1).mean()),
        "ece": expected_calibration_error(found, truth, _bins(len(truth))),
        "ambient": float((said[coincided] == ambient).mean()) if coincided.any() else np.nan,
        "answered": float(given.mean()),
        "accuracy_answered": float((said == truth)[given].mean()) if given.any() else np.nan,
        "macro_f1_answered": macro_f1_of(truth[given], said[given], classes) if given.any() else np.nan,
    }


def flag_alone(flags: np.ndarray, labels: np.ndarray, folds: np.ndarray, classes: int) -> np.ndarray:
    """(n, classes) how often each class has an event's flag in the other folds: what the flag alone says.

    Parameters
    ----------
    flags : (n,) 1, 0 or NaN where the log has none.
    """
    kind = np.where(np.isnan(flags), 2, flags > 0.5).astype(int)
    out = np.full((len(labels), classes), np.nan)
    for _, used, evaluated in held_out(labels, folds):
        counts = np.ones((3, classes))
        np.add.at(counts, (kind[used], labels[used]), 1)
        out[evaluated] = (counts / counts.sum(1, keepdims=True))[kind[evaluated]]
    return out


def side_by_side(scores: Mapping[str, Mapping]) -> pd.DataFrame:
    """A row per network or grouping, from `score`."""
    columns = ["events", "accuracy", "macro_f1", "ece"]
    return pd.DataFrame([{"what": name, **{c: found[c] for c in columns}} for name, found in scores.items()])

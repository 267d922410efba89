"""What the answers are worth: scores with intervals, calibration, abstention, and what the network uses."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from horuslib.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from horuslib.evaluation.metrics import macro_f1_interval, macro_f1_of, wilson
from horuslib.spectral.models.conditions import conditions
from horuslib.spectral.models.held_out import held_out
from horuslib.spectral.timing.inputs import Inputs

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


def calibrated(probabilities: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> tuple[np.ndarray, float]:
    """Predictions calibrated by a temperature from the other folds, and the temperature of all folds, for export."""
    out = np.array(probabilities)
    known = scored(probabilities, labels)
    for fold in set(folds[known].tolist()):
        others, inside = known & (folds != fold), folds == fold
        out[inside] = apply_temperature(probabilities[inside], fit_temperature(probabilities[others], labels[others]))
    return out, fit_temperature(probabilities[known], labels[known])


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


def uses(
    predict: Callable[[Sequence[Inputs]], np.ndarray], events: Sequence[Inputs], labels: np.ndarray, ambient: int
) -> pd.DataFrame:
    """What the network uses: its scores with each modality alone, without each, and with modalities moved apart.

    Parameters
    ----------
    predict : answers (n, classes) to changed inputs, each by networks that did not see the event.

    Returns
    -------
    condition, events, accuracy, macro_f1, confidence (mean), ambient (share of coinciding events that become ambient).
    Only events that keep a modality count; when modalities are moved apart, the class itself becomes ambient, so that
    accuracy is against that.
    """
    rows = []
    for name, change in conditions().items():
        changed = [change(event) for event in events]
        there = np.array([bool(x["present"].any()) for x in changed])
        kept = np.flatnonzero((labels >= 0) & there)
        found = predict(changed)[kept]
        truth = labels[kept] if "apart" not in name else np.full(len(kept), ambient)
        rows.append({"condition": name, **_row(found, truth, labels[kept], ambient)})
    return pd.DataFrame(rows)


def _row(found: np.ndarray, truth: np.ndarray, was: np.ndarray, ambient: int) -> dict:
    said = found.argmax(1)
    coincided = was != ambient
    return {
        "events": len(truth),
        "accuracy": float((said == truth).mean()),
        "macro_f1": macro_f1_of(truth, said, range(found.shape[1])),
        "confidence": float(found.max(1).mean()),
        "ambient": float((said[coincided] == ambient).mean()) if coincided.any() else np.nan,
    }


def flag_alone(flags: np.ndarray, labels: np.ndarray, folds: np.ndarray, classes: int) -> np.ndarray:
    """(n, classes) how often each class has an event's flag in the other folds: what the flag alone says.

    Parameters
    ----------
    flags : (n,) 1, 0 or NaN where the log has none.
    """
    kind = np.where(np.isnan(flags), 2, flags > 0.5).astype(int)
    out = np.full((len(labels), classes), np.nan)
    for _, used, judged in held_out(labels, folds):
        counts = np.ones((3, classes))
        np.add.at(counts, (kind[used], labels[used]), 1)
        out[judged] = (counts / counts.sum(1, keepdims=True))[kind[judged]]
    return out


def side_by_side(scores: Mapping[str, Mapping]) -> pd.DataFrame:
    """A row per network or grouping, from `score`."""
    columns = ["events", "accuracy", "macro_f1", "ece"]
    return pd.DataFrame([{"what": name, **{c: found[c] for c in columns}} for name, found in scores.items()])

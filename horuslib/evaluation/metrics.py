"""How good the verdicts are, with how much doubt.

Conventions
-----------
- `truth` and `predicted` are sequences of label names, one per segment, in the same order; `labels` gives the order
  of rows and columns.
- A confusion matrix has the truth in its rows and the prediction in its columns.
- A ratio with nothing under it (precision of a class never predicted, recall of a class that does not occur) is NaN,
  never 0: there is no evidence. F1 is NaN only where a class neither occurs nor is predicted.
- Intervals are 95 % unless asked otherwise. Wilson's treats segments as independent; overlapping segments of one
  recording are not, so the interval of the macro-F1 is a bootstrap over whole groups.
- Times are seconds, rates are per hour.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import binomtest, chi2


def validate(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> None:
    """Check that both sequences are as long as each other and speak of known labels only.

    Raises
    ------
    ValueError
        With what was given and what would be right.
    """
    if len(truth) != len(predicted):
        raise ValueError(
            f"{len(truth)} true labels stand against {len(predicted)} predicted ones: give one of each per segment"
        )
    given = {*pd.unique(np.asarray(truth, dtype=object)), *pd.unique(np.asarray(predicted, dtype=object))}
    unknown = sorted(str(x) for x in given - set(labels))
    if unknown:
        raise ValueError(f"labels {unknown} are none of {list(labels)}")


def confusion(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Count the segments of each true label (row) that got each prediction (column); int array (L, L)."""
    validate(truth, predicted, labels)
    index = pd.Index(labels, dtype=object)
    row, column = (index.get_indexer(np.asarray(names, dtype=object)) for names in (truth, predicted))
    return np.bincount(row * len(labels) + column, minlength=len(labels) ** 2).reshape(len(labels), len(labels))


def wilson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927; Newcombe 1998, method 3); NaN without trials.

    Example
    -------
    >>> [round(x, 4) for x in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    if trials == 0:
        return float("nan"), float("nan")
    interval = binomtest(int(successes), int(trials)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def poisson_upper(events: int, confidence: float = 0.95) -> float:
    """One-sided upper bound of a Poisson mean after `events` were counted (Garwood 1936, exact).

    Nothing counted leaves 3.0 at 95 %: the "rule of three".
    """
    return float(chi2.ppf(confidence, 2 * (events + 1)) / 2)


def poisson_interval(events: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of a Poisson mean after `events` were counted (Garwood 1936, exact)."""
    side = (1 - confidence) / 2
    low = float(chi2.ppf(side, 2 * events) / 2) if events else 0.0
    return low, float(chi2.ppf(1 - side, 2 * (events + 1)) / 2)


def alarm_rate(alarms: int, hours: float) -> tuple[float, float]:
    """False alarms per hour and their one-sided 95 % upper bound; (NaN, inf) when no normal sound was evaluated."""
    if hours <= 0:
        return float("nan"), float("inf")
    return alarms / hours, poisson_upper(alarms) / hours


def covered_s(recordings: Sequence[str], start_s: Sequence[float], end_s: Sequence[float]) -> float:
    """How much sound the segments cover, overlap counted once; seconds."""
    table = pd.DataFrame({"recording": list(recordings), "start": list(start_s), "end": list(end_s)})
    table = table.sort_values(["recording", "start"])
    reached = table.groupby("recording").end.cummax().groupby(table.recording).shift(fill_value=-np.inf)
    return float((table.end - np.maximum(table.start, reached)).clip(lower=0).sum())


def f1_scores(matrix: np.ndarray) -> np.ndarray:
    """F1 per label, 2 TP / (2 TP + FP + FN), from counts (..., L, L); NaN where a label does not show up at all."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    shown = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return 2 * hits / np.where(shown == 0, np.nan, shown)


def macro_f1(matrix: np.ndarray) -> np.ndarray | float:
    """Mean F1 over the labels that occur in the truth; (..., L, L) -> (...).

    A label that is only predicted costs the others their recall; it is not averaged in as a zero.
    """
    scores, occurs = f1_scores(matrix), matrix.sum(axis=-1) > 0
    with np.errstate(invalid="ignore"):
        return np.where(occurs, scores, 0.0).sum(axis=-1) / occurs.sum(axis=-1)


def macro_f1_of(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> float:
    """Macro-F1 of N predictions."""
    return float(macro_f1(confusion(truth, predicted, labels)))


def macro_f1_interval(
    truth: Sequence[str],
    predicted: Sequence[str],
    groups: Sequence[str],
    labels: Sequence[str],
    rng: np.random.Generator,
    draws: int = 1000,
) -> tuple[float, float]:
    """95 % interval of the macro-F1 from resampling whole groups; NaN with fewer than two groups."""
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if len(names) < 2:
        return float("nan"), float("nan")
    true, named = np.asarray(truth), np.asarray(predicted)
    counts = np.stack([confusion(true[codes == g], named[codes == g], labels) for g in range(len(names))])
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    scores = macro_f1(np.tensordot(drawn, counts, axes=1))
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)


def by_recording(truth: Sequence[str], predicted: Sequence[str], recordings: Sequence[str]) -> pd.DataFrame:
    """Errors of each source recording, worst first.

    Returns
    -------
    DataFrame with recording_id, segments, wrong, error_rate, label (its commonest) and mistaken_for (the commonest
    wrong verdict, empty without one).
    """
    table = pd.DataFrame({"recording_id": list(recordings), "truth": list(truth), "predicted": list(predicted)})
    rows = []
    for recording, part in table.groupby("recording_id", sort=False):
        wrong = part.predicted[part.predicted != part.truth]
        rows.append(
            {
                "recording_id": recording,
                "segments": len(part),
                "wrong": len(wrong),
                "error_rate": len(wrong) / len(part),
                "label": part.truth.mode().iloc[0],
                "mistaken_for": wrong.mode().iloc[0] if len(wrong) else "",
            }
        )
    columns = ["recording_id", "segments", "wrong", "error_rate", "label", "mistaken_for"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["wrong", "error_rate"], ascending=False, ignore_index=True)


def evaluate(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    """Every measure of every class in one table.

    Returns
    -------
    DataFrame indexed by label, with support, predicted (counts), precision, recall, f1 and their `_low`, `_high`.
    The interval of F1 is Wilson's of the Jaccard index J = TP / (TP + FP + FN), of which F1 = 2 J / (1 + J) is a rising
    function.
    """
    return class_table(confusion(truth, predicted, labels), labels)


def class_table(matrix: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    """`evaluate`'s table from a confusion matrix (L, L) that is there already."""
    rows = []
    for i, f1 in enumerate(f1_scores(matrix)):
        hits, support, named = (int(x) for x in (matrix[i, i], matrix[i].sum(), matrix[:, i].sum()))
        jaccard = wilson(hits, support + named - hits)
        row: dict[str, float] = {"support": support, "predicted": named}
        for name, trials in (("precision", named), ("recall", support)):
            row[name] = hits / trials if trials else float("nan")
            row[f"{name}_low"], row[f"{name}_high"] = wilson(hits, trials)
        row |= {
            "f1": float(f1),
            "f1_low": 2 * jaccard[0] / (1 + jaccard[0]),
            "f1_high": 2 * jaccard[1] / (1 + jaccard[1]),
        }
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(labels, name="label"))

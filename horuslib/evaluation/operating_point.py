"""What given thresholds make of evaluated segments: verdicts, metrics per class, false alarms, equal recall.

The static page of 07_review and the live panel both use these functions: thresholds in, tables out, fast enough to
follow a slider on 20 000 segments.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.evaluation import metrics
from horuslib.evaluation.calibration import score_of
from horuslib.evaluation.decide import decide
from horuslib.tasks import Task

GRID = np.round(np.linspace(0, 1, 101), 2)
"""The thresholds of the network alone that one of the whole decision may become."""


def at_thresholds(predictions: pd.DataFrame, thresholds: Mapping[str, float], task: Task) -> pd.DataFrame:
    """The same rows with their verdict at these thresholds, most doubtful first.

    Parameters
    ----------
    predictions : 06_evaluate's table of calibrated predictions: label, rms, peak and a column p_<label> per label.

    Returns
    -------
    DataFrame with `verdict`, `wrong` and `doubt`, one minus the probability of the true class: the most confident
    errors come first, then correct predictions, the least certain first.
    """
    p = predictions[[f"p_{label}" for label in task.labels]].to_numpy(float)
    verdicts = decide(p, predictions.rms.to_numpy(), predictions.peak.to_numpy(), task, thresholds)
    true = p[np.arange(len(p)), predictions.label.map(task.labels.index).to_numpy(int)]
    table = predictions.assign(
        verdict=verdicts.label.to_numpy(), silent=verdicts.silent.to_numpy(), doubt=1 - np.nan_to_num(true)
    )
    table["wrong"] = table.verdict != table.label
    return table.sort_values(["wrong", "doubt"], ascending=False, kind="stable", ignore_index=True)


def per_class(evaluated: pd.DataFrame, thresholds: Mapping[str, float], task: Task) -> pd.DataFrame:
    """Each label with its threshold, precision, recall, F1, and its counts of false negatives and false positives."""
    matrix = metrics.confusion(evaluated.label, evaluated.verdict, task.labels)
    table = metrics.class_table(matrix, task.labels)[["precision", "recall", "f1", "support"]]
    hits = np.diagonal(matrix)
    limits = [thresholds.get(label, np.nan) for label in task.labels]
    table.insert(0, "threshold", limits)
    return table.assign(missed=matrix.sum(axis=1) - hits, falsely_named=matrix.sum(axis=0) - hits)


def false_alarms(evaluated: pd.DataFrame, task: Task) -> tuple[int, float]:
    """Number of false alarms on normal sound, and its duration in hours; overlap of segments is counted once."""
    normal = evaluated[evaluated.label == task.background].sort_values(["recording_id", "start_s"])
    hours = metrics.covered_s(normal.recording_id, normal.start_s, normal.end_s) / 3600
    recording, start_s, end_s, verdict = (normal[c].to_numpy() for c in ("recording_id", "start_s", "end_s", "verdict"))
    return count_alarms(recording, start_s, end_s, verdict, task), hours


def count_alarms(recording: np.ndarray, start_s: np.ndarray, end_s: np.ndarray, verdict: np.ndarray, task: Task) -> int:
    """Number of false alarms among verdicts on normal sound; all arrays (N,), sorted by recording and time.

    Adjacent segments of a recording with the same wrong verdict are one alarm if they reach the minimum number of
    segments that the task requires for an event.
    """
    goes_on = np.zeros(len(verdict), bool)
    goes_on[1:] = (verdict[1:] == verdict[:-1]) & (recording[1:] == recording[:-1]) & (start_s[1:] <= end_s[:-1])
    firsts = np.flatnonzero(~goes_on)
    lengths, named = np.diff([*firsts, len(verdict)]), verdict[firsts]
    alarms = np.zeros(len(firsts), bool)
    for label in task.faults:
        alarms |= (named == label) & (lengths >= task.decision.rule(label).min_segments)
    return int(alarms.sum())


def same_recall(
    overrides: Mapping[str, float], decision: pd.DataFrame, network: pd.DataFrame, task: Task
) -> dict[str, float]:
    """Overrides, which a person chose for the whole decision, as thresholds of the network alone.

    The two give probabilities on different scales. The threshold of the network alone is the highest that finds as much
    of the fault as the decision does at the override, or all that the network can find.

    Parameters
    ----------
    decision, network : the same out-of-fold segments, calibrated with and without the measures: label, p_<label>.

    Returns
    -------
    Label -> threshold; without the labels that no segment has, whose recall is not known. The overrides themselves in
    a task without measures.
    """
    if not task.decision.measures:
        return dict(overrides)
    translated = {}
    for label, chosen in overrides.items():
        of_decision, of_network = (score_of(rows[rows.label == label], label, task) for rows in (decision, network))
        if len(of_network):
            found = np.array([(of_network >= t).sum() for t in GRID])
            # At 0 the rule takes the strongest label, whose score is over 0; elsewhere the score is 0.
            found[0] = (of_network > 0).sum()
            wanted = int((of_decision >= max(chosen, 1e-9)).sum())
            translated[label] = float(GRID[found >= min(wanted, found[0])][-1])
    return translated

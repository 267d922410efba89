"""Sentences of 06_evaluate: calibration, errors, and which fault strengths are missed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from horuslib.evaluation.recall_by_strength import STRENGTHS
from horuslib.review.sentences.markdown import Finding, code, counted, finding
from horuslib.tasks import Task

OVERCONFIDENT, UNDERCONFIDENT = 1.05, 0.95
"""Temperatures beyond which a network is called over- or under-confident."""


def segments_evaluated(evaluated: pd.DataFrame) -> str:
    """How many segments are evaluated out of fold and in the holdout, from how many recordings and groups."""
    out_of_fold, held = (int((evaluated.split == split).sum()) for split in ("train", "holdout"))
    return (
        f"Evaluated: {counted(out_of_fold, 'segment')} out of fold and {held} in the holdout, "
        f"from {counted(evaluated.recording_id.nunique(), 'recording')} "
        f"in {counted(evaluated.group_id.nunique(), 'group')}."
    )


def calibration(temperature: float, ece_before: float, ece_after: float) -> Finding:
    """How well calibrated the network is before and after, and whether it was over-confident."""
    errors = (
        f"The expected calibration error is {ece_before:.3f} before and {ece_after:.3f} after calibration "
        f"(temperature {temperature:.2f})."
    )
    was = "well calibrated"
    if temperature > OVERCONFIDENT:
        was = "over-confident"
    elif temperature < UNDERCONFIDENT:
        was = "under-confident"
    better = ece_after < ece_before
    effect = f"On held-out folds calibration {'lowers' if better else 'does not lower'} the error."
    return Finding(f"{errors} The network was {was}. {effect}", errors)


def worth_of_measures(worth: pd.DataFrame, task: Task) -> str:
    """What the waveform measures add to the network's predictions; of `cross_fitting.worth_of_measures`."""
    if len(worth) < 2:
        return f"The task {code(task.name)} uses no waveform measure: the decision rests on the network alone."
    alone, last, unguarded = worth.iloc[0], worth.iloc[-1], "all, without the veto"
    alarms = (
        f", and {last.normal_alarms:.0%} of normal segments are classified as a fault instead of "
        f"{alone.normal_alarms:.0%}, before thresholds"
    )
    words = [
        f"With all measures the log loss is {last.log_loss:.3f} instead of {alone.log_loss:.3f}"
        f"{'' if np.isnan(last.normal_alarms) else alarms}."
    ]
    if unguarded in worth.index:
        words.append(f"Without the veto the log loss would be {worth.log_loss[unguarded]:.3f}.")
    return " ".join(words)


def holdout_compared(table: pd.DataFrame) -> str:
    """In how many classes the intervals of F1 out of fold and on the holdout overlap; of `evaluate.side_by_side`."""
    both = table[(table["holdout"].support > 0) & (table["out of fold"].support > 0)]
    if both.empty:
        return "No class occurs both out of fold and in the holdout, so the two cannot be compared."
    one, other = both["out of fold"], both["holdout"]
    agree = int(((one.f1_low <= other.f1_high) & (other.f1_low <= one.f1_high)).sum())
    last = "Out of fold and holdout agree." if agree == len(both) else "For the others, see the recordings at the end."
    return (
        f"{counted(len(both), 'class', 'classes')} {'occurs' if len(both) == 1 else 'occur'} in both; "
        f"in {agree} of them the two intervals of F1 overlap. {last}"
    )


def commonest_error(matrix: np.ndarray, labels: Sequence[str], noun: str = "segment") -> Finding:
    """Which class is most often classified as which; `matrix` (L, L) has the truth in its rows."""
    wrong = matrix - np.diag(np.diag(matrix))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    if not wrong.sum():
        return finding(lambda quote: f"No {noun} is misclassified out of fold.")
    return finding(
        lambda quote: (
            f"The commonest error is {quote(labels[row])} classified as {quote(labels[column])}: "
            f"{wrong[row, column]} of {counted(int(matrix[row].sum()), noun)}."
        )
    )


def weakest_class(table: pd.DataFrame, macro_f1: float) -> str:
    """The class with the lowest F1 and the macro-F1, out of fold; of `evaluate.side_by_side`."""
    f1 = table["out of fold"].f1.dropna()
    if f1.empty:
        return "Nothing was evaluated out of fold."
    return f"The lowest F1 is that of {code(f1.idxmin())}, {f1.min():.2f}; the macro-F1 is {macro_f1:.3f}."


def events_calibrated(reliability: pd.DataFrame) -> str:
    """In how many ranges of confidence the events are calibrated; of `event_reliability`."""
    if reliability.empty:
        return "There are no events to compare."
    inside = (reliability.low <= reliability.confidence) & (reliability.confidence <= reliability.high)
    return (
        f"In {int(inside.sum())} of {counted(len(reliability), 'row')} the mean confidence lies within the interval of "
        "the share that is right."
    )


def missed_strengths(table: pd.DataFrame, least: float = 0.5) -> Finding:
    """Which strengths of generated faults have a recall under `least`; of `by_strength`."""
    if table.empty:
        return finding(lambda quote: "No faults were generated for this task.")

    def say(quote) -> str:
        weak = []
        for column, rows in table[table.recall < least].groupby("strength", sort=False):
            ranges = ", ".join(f"{x.low:g} to {x.high:g} ({x.recall:.0%} of {x.made})" for x in rows.itertuples())
            weak.append(f"{quote(rows.label.iloc[0])}, {STRENGTHS[column][1]}: {ranges}")
        if not weak:
            return f"At every strength the recall is at least {least:.0%}."
        return f"The recall is under {least:.0%} for {'; '.join(weak)}."

    return finding(say)


def errors_shown(shown: int, wrong: pd.DataFrame, task: Task) -> str:
    """How many misclassified segments are shown, and where all of them are."""
    if wrong.empty:
        return "No segment is misclassified."
    step = task.steps["evaluate"]
    return (
        f"{min(shown, len(wrong))} of {counted(len(wrong), 'misclassified segment')} "
        f"{'is' if min(shown, len(wrong)) == 1 else 'are'} shown; all are WAV files in "
        f"{code(f'artifacts/{task.name}/{step}/misclassified/')}."
    )


def recordings_with_errors(sources: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The recordings with misclassified segments and their names; of `metrics.by_recording`, worst first."""
    failing = sources[sources.wrong > 0]
    return failing.assign(path=failing.recording_id.map(names))


def errors_concentrated(sources: pd.DataFrame, worst: int = 3) -> str:
    """How many recordings have errors, and how much of them lies in the worst few; of `metrics.by_recording`."""
    failing = sources[sources.wrong > 0].wrong.sort_values(ascending=False)
    if failing.empty:
        return "No recording has a misclassified segment."
    has = f"{len(failing)} of {counted(len(sources), 'recording')} {'has' if len(failing) == 1 else 'have'} errors"
    if len(failing) <= worst:
        return f"{has}."
    return f"{has}; the worst {worst} account for {failing.head(worst).sum() / failing.sum():.0%} of them."


def unlabelled_predicted(unlabelled: pd.DataFrame, task: Task) -> str:
    """How many segments have no label, and on how many the prediction is uncertain."""
    if unlabelled.empty:
        return "Every segment has a label."
    doubtful = int((unlabelled.confidence < task.decision.default_threshold).sum())
    return (
        f"{counted(len(unlabelled), 'segment')} without a label, from "
        f"{counted(unlabelled.recording_id.nunique(), 'recording')}; the confidence is under "
        f"{task.decision.default_threshold:g} in {doubtful} of them."
    )

"""Sentences of 06_evaluate: calibration, thresholds, errors, false alarms, and which fault strengths are missed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.evaluation import known_good, metrics
from horuslib.evaluation.recall_by_strength import STRENGTHS
from horuslib.review.sentences.markdown import Finding, bullets, code, counted, escape_markdown, finding
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


def thresholds_alt(thresholds: Mapping[str, float]) -> str:
    """The thresholds as plain text."""
    return "Thresholds: " + ", ".join(f"{label} {value:.2f}" for label, value in thresholds.items()) + "."


def thresholds_chosen(
    choice: pd.DataFrame,
    alone: pd.DataFrame,
    overrides: Mapping[str, float],
    unused: Sequence[IngestIssue],
    translated: Mapping[str, float] | None = None,
) -> str:
    """Which threshold is strictest, which were not chosen from data, and what the network alone would miss.

    Parameters
    ----------
    choice, alone : of `choose_thresholds`, for the whole decision and for the network alone.
    overrides : label -> threshold that a person chose.
    unused : rows of the ledger of thresholds that could not be used; their texts quote it.
    translated : the overrides as thresholds of the network alone (`operating_point.same_recall`).
    """
    strictest = choice.threshold.idxmax()
    words = [f"The highest threshold is that of {code(strictest)}, {choice.threshold[strictest]:.2f}."]
    defaults = [
        f"{code(label)} {row.threshold:.2f} ({escape_markdown(row.reason)})"
        for label, row in choice.iterrows()
        if "default" in row.reason
    ]
    words.append(
        f"Set to the default for lack of data: {'; '.join(defaults)}."
        if defaults
        else "No class lacked data to choose by."
    )
    if overrides:
        nouns, them = ("threshold", "it") if len(overrides) == 1 else ("thresholds", "them")
        words.append(
            f"An analyst chose the {nouns} of {', '.join(code(label) for label in overrides)} after seeing these "
            f"segments, so the measures below are optimistic for {them}."
        )
        words += _on_the_networks_scale(overrides, translated or {})
    words.append(_missed_by_network(choice.recall - alone.recall))
    words += [f"Not used: {escape_markdown(issue.where)}, {escape_markdown(issue.problem)}." for issue in unused]
    return " ".join(words)


def budget_on_programme(choice: pd.DataFrame) -> str:
    """Which classes break their share of the budget on known-good programme; "" without such programme.

    Parameters
    ----------
    choice : of `choose_thresholds`.
    """
    if not (choice.programme != "").any():
        return ""
    broken = [code(label) for label in choice.index[choice.programme.str.contains("; not kept: ")]]
    if not broken:
        return "Every class keeps its share of the budget on known-good programme."
    others = ", and by the others it is" if len(broken) < len(choice) else ""
    return f"The budget on known-good programme is not kept by {', '.join(broken)}{others}."


def _on_the_networks_scale(overrides: Mapping[str, float], translated: Mapping[str, float]) -> list[str]:
    """Which thresholds the network alone gets in place of those that a person chose for the whole decision."""
    moved = [f"{code(x)} {overrides[x]:.2f} becomes {translated[x]:.2f}" for x in overrides if x in translated]
    kept = [code(label) for label in overrides if label not in translated]
    words = []
    if moved:
        words.append(f"For the network alone, whose scale is another, the same recall is kept: {', '.join(moved)}.")
    if kept:
        words.append(f"The network alone keeps its own threshold of {', '.join(kept)}: no segment tells the recall.")
    return words


def _missed_by_network(loss: pd.Series) -> str:
    """`loss` : recall of the whole decision minus recall of the network alone."""
    loss = loss.dropna()
    if loss.empty or loss.max() <= 0:
        return "The network alone has no lower recall in any class."
    return f"The network alone loses most recall in {code(loss.idxmax())}: {100 * loss.max():.0f} percentage points."


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


def false_alarms(score: Mapping, task: Task) -> str:
    """How many faults and events are right, and what is known of the false-alarm rate.

    Parameters
    ----------
    score : of `evaluate.summary`.
    """
    e, hours, allowed = score["events"], score["normal_hours"], task.decision.false_alarms_per_hour
    if task.background is None:
        return (
            f"Out of fold {e['found']} of {counted(e['faults'], 'labelled passage')} are found; of "
            f"{counted(e['events'], 'event')} {e['right']} are right. No class is a background, so there are no false "
            "alarms beside the confusions above."
        )
    words = [
        f"Out of fold the detector finds {e['found']} of {counted(e['faults'], 'labelled fault')}; it reports "
        f"{counted(e['events'], 'event')}, {e['right']} of them right."
    ]
    if hours > 0:
        words.append(
            f"{counted(e['false_alarms'], 'false alarm')} in {hours:.2f} h of normal sound: "
            f"{score['false_alarms_per_hour']:.1f} per hour, and with 95 % confidence no more than "
            f"{score['false_alarms_per_hour_upper95']:.1f} per hour."
        )
    else:
        words.append("No normal sound was evaluated, so the false-alarm rate is unknown.")
    words.append(f"The task allows {allowed:g} per hour.")
    if allowed > 0:
        needed = metrics.poisson_upper(0) / allowed
        words.append(f"To show that rate without a single false alarm takes {needed:.1f} h of normal sound.")
    return " ".join(words)


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


def kinds_of_sources(problems: Sequence[str]) -> str:
    """What is wrong with the table of kinds; its texts quote the user's data."""
    return bullets(problems)


def cost_of_programme(recall: pd.DataFrame) -> str:
    """In which classes the archive costs recall; of `known_good.recall_before_and_after`."""
    if recall.empty:
        return "There is no known-good programme, whose cost in recall could be told."
    lost = (recall.before - recall.after).sort_values(ascending=False, kind="stable")
    lost = lost[lost > 0]
    if lost.empty:
        return "The archive costs no recall in any class."
    changes = [
        f"{code(label)} falls from {recall.before[label]:.2f} to {recall.after[label]:.2f}" for label in lost.index
    ]
    return f"With the archive the recall of {', of '.join(changes)}."


def known_good_alarms(alarms: pd.DataFrame, heard: pd.DataFrame, task: Task) -> str:
    """How often the detector raises false alarms on known-good programme, where most, and what that proves.

    Parameters
    ----------
    alarms, heard : `known_good.ALARMS`, and every segment that was judged.
    """
    budget = task.decision.false_alarms_per_hour
    if task.background is None:
        return "The task has no class for normal sound, so there is no false alarm on it."
    if heard.empty:
        needed = known_good.rate(0, 0.0, task)["hours_needed"]
        return (
            "There is no known-good programme. To show the budget without a single false alarm takes "
            f"{needed:.1f} hours of it."
        )
    found = known_good.rate(len(alarms), known_good.listened_hours(heard), task)
    words = [
        f"{counted(found['count'], 'false alarm')} in {found['hours']:.2f} h of "
        f"{counted(heard.source.nunique(), 'source')}: {found['per_hour']:.1f} per hour, with 95 % confidence between "
        f"{found['low']:.1f} and {found['high']:.1f}. The task allows {budget:g} per hour."
    ]
    words += [
        f"{code(label)} is not judged here: what is under its bound may be faulty, and what is above it a scan rejects."
        for label in known_good.unjudged(task)
    ]
    if minutes := round(60 * known_good.hours_by_definition(heard, task)):
        words.append(
            f"{counted(minutes, 'minute')} of it are silent, or so far under the target loudness that they are low "
            "volume by definition or nearly: what is called so there is no false alarm, and none of it is learnt."
        )
    if len(alarms):
        kind, source = alarms.type.mode()[0], alarms.source.mode()[0]
        words.append(
            f"Most are {code(kind)} ({int((alarms.type == kind).sum())}); the worst source is {code(source)} "
            f"({int((alarms.source == source).sum())})."
        )
    confidence = f"{100 * task.decision.budget_confidence:.0f} %"
    if found["upper"] <= budget:
        words.append(f"The {confidence} upper bound, {found['upper']:.1f}, keeps the budget.")
    elif found["low"] > budget:
        words.append("Even the lower bound breaks the budget.")
    elif np.isfinite(found["hours_needed"]):
        more = max(found["hours_needed"] - found["hours"], 0.1)
        words.append(f"At this rate {more:.1f} more hours would show with {confidence} that the budget is kept.")
    elif np.isfinite(found["hours_to_break"]):
        more = max(found["hours_to_break"] - found["hours"], 0.1)
        words.append(f"If it goes on, {more:.1f} more hours would show with 95 % that the budget is broken.")
    else:
        words.append("The rate is so near the budget that no number of hours would soon tell.")
    return " ".join(words)

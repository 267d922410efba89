"""Sentences of 06_evaluate on thresholds: how they were chosen, and by whom."""

from collections.abc import Mapping, Sequence

import pandas as pd

from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.evaluation.events.sustained import LEAST_HOURS, levels
from horuslib.review.sentences.markdown import code, escape_markdown
from horuslib.tasks import Task

OVERCONFIDENT, UNDERCONFIDENT = 1.05, 0.95
"""Temperatures beyond which a network is called over- or under-confident."""


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


def sustained_runs(shares: Mapping[str, float], thresholds: Mapping[str, float], task: Task) -> str:
    """How little is enough of what lasts; "" where the task does not ask for it.

    Parameters
    ----------
    shares : of `sustained.choose_shares`.
    """
    asked = {label: task.decision.rule(label).sustained_s for label in task.faults}
    least = levels(shares, thresholds, task)
    words = [
        f"Where {code(label)} lasts {asked[label]:.0f} s, {share:.2f} in every segment is enough: on known-good "
        "programme that adds no alarm."
        for label, share in least.items()
    ]
    without = [code(label) for label, seconds in asked.items() if seconds and label not in shares]
    if without:
        words.append(
            f"Weak evidence of {', '.join(without)} is never enough, however long it lasts: it takes a level that "
            f"{LEAST_HOURS:.0f} h of known-good programme or more stays under."
        )
    return " ".join(words)


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

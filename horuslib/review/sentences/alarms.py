"""Sentences of 06_evaluate on false alarms: how many, from which sources, and what their cure cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from horuslib.evaluation import known_good, metrics
from horuslib.review.sentences.markdown import bullets, code, counted
from horuslib.tasks import Task

OVERCONFIDENT, UNDERCONFIDENT = 1.05, 0.95
"""Temperatures beyond which a network is called over- or under-confident."""


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
    alarms, heard : `known_good.ALARMS`, and every segment that was evaluated.
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
        f"{code(label)} is not evaluated here: what is under its bound may be faulty, and what is above it a scan "
        "rejects."
        for label in known_good.not_evaluated(task)
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

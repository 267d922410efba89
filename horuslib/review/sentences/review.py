"""Sentences of 07_review: how the thresholds trade misses for false alarms, and which segments to listen to."""

from collections.abc import Mapping

import pandas as pd

from horuslib.review.sentences.markdown import code, counted
from horuslib.tasks import Task


def segments_decided(evaluated: pd.DataFrame) -> str:
    """How many labelled segments are decided at the exported thresholds."""
    return f"{counted(len(evaluated), 'labelled segment')}, decided at the exported thresholds."


def least_balanced(classes: pd.DataFrame, thresholds: Mapping[str, float], task: Task) -> str:
    """The fault whose misses and false detections differ most; of `operating_point.per_class`."""
    faults = classes.loc[task.faults]
    label = (faults.falsely_named - faults.missed).abs().idxmax()
    missed, extra = int(faults.missed[label]), int(faults.falsely_named[label])
    if extra == missed:
        return "Every fault is missed as often as it is falsely detected: the thresholds are balanced."
    at = f" at {thresholds[label]:.2f}" if label in thresholds else ""
    return (
        f"The threshold of {code(label)} is the least balanced: {missed} missed, "
        f"{counted(extra, 'false detection')}{at} (too {'low' if extra > missed else 'high'})."
    )


def errors_found(evaluated: pd.DataFrame) -> str:
    """How many segments are classified otherwise than labelled; plain text that is Markdown too."""
    wrong = int(evaluated.wrong.sum())
    of = counted(len(evaluated), "segment")
    return f"{wrong} of {of} {'is' if 1 in (wrong, len(evaluated)) else 'are'} classified otherwise than labelled."


def alarms_found(alarms: int, hours: float) -> str:
    """How many false alarms there are in how much normal sound."""
    return f"{counted(alarms, 'false alarm')} in {hours:.2f} h of normal sound."


def errors_listed(errors: pd.DataFrame, shown: int, live: bool) -> str:
    """Where the errors can be listened to, and how many have a label that the sound contradicts."""
    both, some = int((errors.suspicion != "").sum()), min(shown, len(errors))
    where = f"{counted(some, 'error')} {'is' if some == 1 else 'are'} shown"
    if live:
        where = "The panel above plays the errors"
    return f"{where}; the sound contradicts the label of {both} of all {len(errors)}."


def alarms_listed(alarms: pd.DataFrame, shown: int, live: bool) -> str:
    """How many alarms on known-good programme there are, and where they can be listened to."""
    if alarms.empty:
        return "There are none, or no known-good programme was given."
    some = min(shown, len(alarms))
    where = "the panel above plays them" if live else f"the {some} surest {'is' if some == 1 else 'are'} shown"
    return f"{counted(len(alarms), 'alarm')} on known-good programme; {where}."


def low_confidence(correct: pd.DataFrame, live: bool) -> str:
    """The range of probabilities of the correct class in the least certain correct predictions."""
    if correct.empty:
        return "The panel lists them: all segments, by doubt." if live else "There are none to show."
    true = 1 - correct.doubt
    return f"The probability of the correct class ranges from {true.min():.2f} to {true.max():.2f}."


def uncertain(evaluated: pd.DataFrame) -> str:
    """How many segments have a probability of their label under one half."""
    doubtful = int((evaluated.doubt > 0.5).sum())
    if not doubtful:
        return "In every segment the probability of the label is at least 0.5."
    share = doubtful / len(evaluated)
    return (
        f"In {counted(doubtful, 'segment')} ({share:.0%}) the probability of the label is under 0.5; "
        "listen to these first."
    )

"""The verdict on a detector: whether it is fit for use, and why.

Derived from the metrics of 06_evaluate. An observed rate is not a proven one: a detector is called fit only when the
upper confidence bound of its false-alarm rate is within the task's budget, not ready when the lower bound exceeds it,
and undecided in between.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from horuslib.audio.media import find_media
from horuslib.core.artifacts import sha256_file
from horuslib.core.paths import Paths
from horuslib.evaluation import known_good
from horuslib.tasks import Task

WANTED_F1 = 0.8
"""Minimum F1 per class for a detector that is ready for use."""


@dataclass(frozen=True)
class Verdict:
    """A short verdict on the detector (`tone` is good, open or bad) and the reasons for it."""

    tone: str
    word: str
    reasons: list[str] = field(default_factory=list)


def assess(found: dict, task: Task, generated: bool = False) -> Verdict:
    """Whether the detector is fit for use.

    Parameters
    ----------
    found : 06_evaluate's metrics.
    generated : whether all sound is from the demo corpus, which proves nothing about real videos.
    """
    bad, doubtful, unproven = [], [], []
    for label in task.labels:
        row = found["per_class"].get(label, {})
        f1, low = row.get("f1"), row.get("f1_low")
        if not row.get("support") or f1 is None:
            bad.append(f"{label} has no labelled segment to be evaluated on.")
        elif f1 < WANTED_F1:
            bad.append(f"{label} is detected poorly: F1 {f1:.2f}, required {WANTED_F1:.2f}.")
        elif low is not None and low < WANTED_F1:
            doubtful.append(f"{label} {low:.2f}")
    if doubtful:
        unproven.append(f"With so few segments F1 may be as low as: {', '.join(doubtful)}.")
    alarms, broken = _false_alarms(found, task) if task.background else ("", False)
    if alarms:
        (bad if broken else unproven).append(alarms)
    if generated:
        first = "All sound is from the demo corpus: this shows that the pipeline works, not its quality on real videos."
        return Verdict("open", "A demonstration", [first, *bad, *unproven])
    if bad:
        return Verdict("bad", "Not ready", [*bad, *unproven])
    if unproven:
        return Verdict("open", "Undecided", unproven)
    within = "; false alarms are within budget" if task.background else ""
    return Verdict("good", "Fit for use", [f"Every class reaches F1 {WANTED_F1:.2f}{within}."])


def _false_alarms(found: dict, task: Task) -> tuple[str, bool]:
    """What speaks against the false-alarm rate, and whether it certainly breaks the budget; "" when it keeps it.

    The evidence is known-good programme, else the normal sound of the labelled videos.
    """
    if known := found.get("known_good"):
        count, hours, where = known["count"], known["hours"], "known-good programme"
    else:
        hours, where = found.get("normal_hours") or 0.0, "normal sound"
        count = round((found.get("false_alarms_per_hour") or 0.0) * hours)
    if not hours:
        return "No normal sound was evaluated, so the false-alarm rate is unknown.", False
    measured, budget = known_good.rate(count, hours, task), task.decision.false_alarms_per_hour
    if measured["upper"] <= budget:
        return "", False
    seen = f"{measured['per_hour']:.1f} false alarms per hour in {hours:.2f} h of {where}"
    allowed = f"the task allows {budget:g}"
    if measured["low"] > budget:
        return f"{seen}, and certainly more than {measured['low']:.1f}; {allowed}.", True
    bound = f"the {100 * task.decision.budget_confidence:.0f} % upper bound is {measured['upper']:.1f}; {allowed}"
    return f"{seen}: {bound}. {_what_would_tell(measured)}", False


def _what_would_tell(measured: dict) -> str:
    """How many more hours would decide, did the rate go on; of `known_good.rate`."""
    kept, broken = (max(measured[name] - measured["hours"], 0.1) for name in ("hours_needed", "hours_to_break"))
    if np.isfinite(kept):
        return f"{kept:.1f} more hours of known-good programme would tell."
    if np.isfinite(broken):
        more = f"{broken:.1f} more hours of known-good programme"
        return f"If that rate goes on, {more} would show that the budget is broken."
    return "That is so near the budget that no number of hours would soon tell."


def is_generated(recordings: pd.DataFrame, paths: Paths) -> bool:
    """Whether every recording is a file of a demo corpus, by content hash."""
    corpora = [folder for folder in paths.demo.parent.glob(f"{paths.demo.name}*") if folder.is_dir()]
    demo = {sha256_file(p) for folder in corpora for p in find_media(folder)}
    return bool(len(recordings)) and set(recordings.sha256) <= demo

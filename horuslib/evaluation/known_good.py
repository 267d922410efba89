"""Known-good programme as evidence: hard negatives for calibration, and false alarms per hour over hours.

Conventions
-----------
- `heard` is 05_train's table: a row per segment of the archive, each predicted by a network that never learnt from its
  source; `chosen` says which ones other networks learnt from ("hard", "random", "confirmed" or "").
- Everything else is as in `evaluation.evaluate`: what judges a fold was fitted on the others.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.evaluation.decide import decide
from horuslib.evaluation.evaluate import probabilities
from horuslib.evaluation.events import merge
from horuslib.evaluation.metrics import covered_s, poisson_interval
from horuslib.tasks import Task

ALARMS = ["recording_id", "source", "fold", "type", "start_s", "end_s", "confidence"]


def alarms(calibrated: pd.DataFrame, thresholds: Mapping[int, Mapping[str, float]], task: Task) -> pd.DataFrame:
    """The events that a scan would report on the archive, each of them a false alarm, surest first.

    Parameters
    ----------
    calibrated : `heard` with calibrated probabilities (`evaluate.cross_fitted`).
    thresholds : fold -> thresholds that were chosen on the others (`evaluate.cross_thresholds`).

    Returns
    -------
    DataFrame with columns `ALARMS`.
    """
    rows = []
    for (recording_id, fold), part in calibrated.groupby(["recording_id", "fold"]):
        part = part.sort_values("start_s", ignore_index=True)
        decided = decide(probabilities(part, task), part.rms, part.peak, task, thresholds[fold])
        verdicts = part.drop(columns=["label", *decided.columns], errors="ignore").join(decided)
        about = {"recording_id": recording_id, "source": part.source[0], "fold": fold}
        rows += [
            about | {"type": e.type, "start_s": e.start_s, "end_s": e.end_s, "confidence": e.confidence}
            for stretch in _stretches(verdicts, task)
            for e in merge(stretch, task, float(part.end_s.max()))
        ]
    return pd.DataFrame(rows, columns=ALARMS).sort_values("confidence", ascending=False, ignore_index=True)


def rate(count: int, hours: float, task: Task) -> dict[str, float]:
    """Alarms per hour with the exact 95 % interval, the upper bound of the task's confidence, and what it takes.

    Returns
    -------
    dict
        count, hours, per_hour, low, high (two-sided 95 %), upper (one-sided, `decision.budget_confidence`), and
        hours_needed: how many would show that the budget is kept, did the rate go on; infinite where it exceeds it.
    """
    budget, confidence = task.decision.false_alarms_per_hour, task.decision.budget_confidence
    low, high = poisson_interval(count)
    found = {"count": count, "hours": hours, "per_hour": count / hours if hours else np.nan}
    bounds = {"low": low / hours, "high": high / hours} if hours else {"low": 0.0, "high": np.inf}
    upper = poisson_interval(count, 2 * confidence - 1)[1] / hours if hours else np.inf
    return {**found, **bounds, "upper": upper, "hours_needed": _hours_needed(count, hours, budget, confidence)}


def summary(alarm_table: pd.DataFrame, heard: pd.DataFrame, task: Task) -> dict:
    """What the first page shows of the archive: {"known_good": `rate` with `sources` and `by_type`}, or {} without."""
    if heard.empty:
        return {}
    found = rate(len(alarm_table), listened_hours(heard), task)
    counts = {label: int((alarm_table.type == label).sum()) for label in task.faults}
    return {"known_good": {**found, "sources": int(heard.source.nunique()), "by_type": counts}}


def by(alarm_table: pd.DataFrame, heard: pd.DataFrame, name: str, task: Task) -> pd.DataFrame:
    """Alarms per hour by `type`, `source` or `recording_id`, the worst first."""
    hours = listened_hours(heard) if name == "type" else None
    groups = task.faults if name == "type" else list(heard[name].unique())
    rows = {}
    for group in groups:
        part = heard if name == "type" else heard[heard[name] == group]
        rows[group] = rate(int((alarm_table[name] == group).sum()), hours or listened_hours(part), task)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(name)
    return table.sort_values(["count", "per_hour"], ascending=False, kind="stable")


def listened_hours(heard: pd.DataFrame) -> float:
    """Hours of programme that were judged, overlap of segments counted once."""
    return covered_s(heard.recording_id, heard.start_s, heard.end_s) / 3600


def _stretches(verdicts: pd.DataFrame, task: Task) -> list[pd.DataFrame]:
    """The parts of a recording between spans that left the archive."""
    breaks = (verdicts.start_s.diff() > 1.5 * task.front_end.hop_s).cumsum()
    return [part.reset_index(drop=True) for _, part in verdicts.groupby(breaks)]


def _hours_needed(count: int, hours: float, budget: float, confidence: float) -> float:
    if not hours or count / hours >= budget:
        return float("inf") if hours else poisson_interval(0, 2 * confidence - 1)[1] / budget
    for factor in np.geomspace(1, 1000, 400):
        if poisson_interval(round(count * factor), 2 * confidence - 1)[1] <= budget * hours * factor:
            return float(hours * factor)
    return float("inf")

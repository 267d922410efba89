"""Known-good programme as evidence: hard negatives for calibration, and false alarms per hour over hours.

Conventions
-----------
- `heard` is 05_train's table: a row per segment of the archive, each predicted by a network that never learnt from its
  source; `chosen` says which ones other networks learnt from ("hard", "random", "confirmed" or "").
- Everything else is as in `evaluation.evaluate`: what evaluates a fold was fitted on the others.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import portion as P

from horuslib.core.artifacts import Step
from horuslib.datasets import known_good
from horuslib.evaluation.cross_fitting import Limits, cross_fitted, cross_limits, decided
from horuslib.evaluation.decide import counts_as_alarm, is_evaluated, says_fault
from horuslib.evaluation.evaluate import join, join_augmented
from horuslib.evaluation.events import contiguous_runs, merge
from horuslib.evaluation.metrics import covered_s, poisson_interval, poisson_upper
from horuslib.tasks import Task
from horuslib.tasks.kinds import BACKGROUND

_OUTSIDE_S = 3.0
_WORST = 3
"""So many sources are named on the first page."""
_UNKNOWN_KIND = "unknown"
ALARMS = ["recording_id", "source", "fold", "type", "start_s", "end_s", "confidence"]


def alarms(calibrated: pd.DataFrame, limits: Mapping[int, Limits], task: Task) -> pd.DataFrame:
    """The events that a scan would report on the archive, each of them a false alarm, surest first.

    Silence and low volume where the definition itself says so are none (`decide.counts_as_alarm`).

    Parameters
    ----------
    calibrated : `heard` with calibrated probabilities (`cross_fitting.cross_fitted`).
    limits : fold -> limits that were chosen on the others (`cross_fitting.cross_limits`).

    Returns
    -------
    DataFrame with columns `ALARMS`.
    """
    rows = []
    for (recording_id, fold), part in calibrated.groupby(["recording_id", "fold"]):
        part = part.sort_values("start_s", ignore_index=True)
        decided = limits[fold].decided(part, task)
        for label in task.faults:
            decided.loc[(decided.label == label) & ~counts_as_alarm(part, label, task), "label"] = task.background
        verdicts = part.drop(columns=["label", *decided.columns], errors="ignore").join(decided)
        about = {"recording_id": recording_id, "source": part.source[0], "fold": fold}
        rows += [
            about | {"type": e.type, "start_s": e.start_s, "end_s": e.end_s, "confidence": e.confidence}
            for _, stretch in verdicts.groupby(contiguous_runs(verdicts, task))
            for e in merge(stretch, task, float(part.end_s.max()))
        ]
    return pd.DataFrame(rows, columns=ALARMS).sort_values("confidence", ascending=False, ignore_index=True)


def rate(count: int, hours: float, task: Task) -> dict[str, float]:
    """Alarms per hour with the exact 95 % interval, the upper bound of the task's confidence, and what it takes.

    Returns
    -------
    dict
        count, hours, per_hour, low, high (two-sided 95 %), upper (one-sided, `decision.budget_confidence`), and, did
        the rate go on, how many hours would show that the budget is kept (hours_needed: by `upper`; infinite where the
        rate exceeds it) or broken (hours_to_break: by `low`; infinite where it does not).
    """
    budget, confidence = task.decision.false_alarms_per_hour, task.decision.budget_confidence
    low, high = poisson_interval(count)
    found = {"count": count, "hours": hours, "per_hour": count / hours if hours else np.nan}
    bounds = {"low": low / hours, "high": high / hours} if hours else {"low": 0.0, "high": np.inf}
    upper = poisson_upper(count, confidence) / hours if hours else np.inf
    needed = {
        "hours_needed": _hours_needed(count, hours, budget, confidence),
        "hours_to_break": _hours_to_break(count, hours, budget),
    }
    return {**found, **bounds, "upper": upper, **needed}


def summary(alarm_table: pd.DataFrame, heard: pd.DataFrame, task: Task, recall: pd.DataFrame | None = None) -> dict:
    """What the first page shows of the archive, {"known_good": ...}, or {} without: `rate`, the number of `sources`,
    alarms `by_type` and the classes that are `not_judged`, the `worst` sources, `by_kind` and `recall`.

    Parameters
    ----------
    recall : of `recall_before_and_after`.
    """
    if heard.empty:
        return {}
    found = rate(len(alarm_table), listened_hours(heard), task)
    evaluated = [label for label in task.faults if is_evaluated(label, task)]
    counts = {label: int((alarm_table.type == label).sum()) for label in evaluated}
    about = {"sources": int(heard.source.nunique()), "by_type": counts, "not_judged": not_evaluated(task)}
    worst = by(alarm_table, heard, "source", task).query("count > 0").head(_WORST)
    kinds = by(alarm_table, heard, "kind", task) if "kind" in heard else worst[:0]
    cost = {} if recall is None else recall.to_dict("index")
    tables = {"worst": _rows(worst), "by_kind": _rows(kinds), "recall": cost}
    return {"known_good": {**found, **about, **tables}}


def _rows(table: pd.DataFrame) -> list[dict]:
    """Rows of `by` as the first page shows them."""
    return [
        {"name": name, "count": int(row["count"]), "hours": float(row.hours), "per_hour": float(row.per_hour)}
        for name, row in table.iterrows()
    ]


def kinds_of_sources(folder: str, heard: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """The kind of each source that was heard, and what is wrong with the table that says so; no folder, no kind."""
    return known_good.kinds_of_sources(Path(folder), set(heard.source)) if folder else ({}, [])


def with_kinds(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """A table with `source`, and the `kind` of each source beside it; as it is where no kind is known."""
    return table.assign(kind=table.source.map(kinds).fillna(_UNKNOWN_KIND)) if kinds else table


def recall_before_and_after(
    evaluated: pd.DataFrame,
    before: pd.DataFrame,
    practised: pd.DataFrame,
    task: Task,
    overrides: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """What the archive costs in recall: of the whole decision, out of fold, without it and with it.

    Parameters
    ----------
    evaluated : with `verdict`, decided with the archive.
    before, practised : predictions of the same segments, and of the variations, by networks that had not learnt from
        the archive; they get calibration and thresholds without it.

    Returns
    -------
    DataFrame indexed by label, with `segments`, `before` and `after`.
    """
    limits = cross_limits(before, practised, task, overrides)
    without = decided(cross_fitted(before, practised, task), limits, task).set_index("segment_id")
    rows = evaluated[evaluated.split == "train"].set_index("segment_id")
    rows = rows[rows.index.isin(without.index)]
    right = {"before": without.label.reindex(rows.index) == rows.label, "after": rows.verdict == rows.label}
    measured = {"segments": ("before", "size"), "before": ("before", "mean"), "after": ("after", "mean")}
    table = pd.DataFrame(right).groupby(rows.label).agg(**measured)
    return table.reindex([label for label in task.labels if label in table.index])


def cost_in_recall(
    trained: Step,
    evaluated: pd.DataFrame,
    segments: pd.DataFrame,
    features: pd.DataFrame,
    task: Task,
    overrides: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """`recall_before_and_after` of the predictions that 05_train kept; empty where it learnt from no archive.

    Parameters
    ----------
    segments, features : as in `evaluate.join`.
    """
    if not trained.path("predictions_before.parquet").is_file():
        return pd.DataFrame()
    before = join(trained.table("predictions_before"), segments, features)
    practised = join_augmented(trained.table("practice_before"), features)
    return recall_before_and_after(evaluated, before, practised, task, overrides)


def not_evaluated(task: Task) -> list[str]:
    """The classes of which known-good programme can raise no alarm, and so proves nothing."""
    return [label for label in task.faults if not is_evaluated(label, task)]


def by(alarm_table: pd.DataFrame, heard: pd.DataFrame, name: str, task: Task) -> pd.DataFrame:
    """Alarms per hour by `type`, `source` or `recording_id`, the worst first; nothing of what is not evaluated."""
    if name == "type":  # each may occur in all that was heard
        hours = dict.fromkeys(task.faults, listened_hours(heard))
    else:
        hours = {group: listened_hours(part) for group, part in heard.groupby(name)}
    rows = {group: rate(int((alarm_table[name] == group).sum()), of_group, task) for group, of_group in hours.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(name).astype({"count": "Int64"})
    if name == "type":
        table.loc[not_evaluated(task)] = pd.NA
    return table.sort_values(["count", "per_hour"], ascending=False, kind="stable")


def score_scan(truth: Mapping[str, dict], events: Mapping[str, Sequence[dict]]) -> dict:
    """False alarms of a scan of known-good programme.

    An event is a false alarm when more than half of it, or more than 3 s of it, lies outside the spans that the truth
    says to ignore; hours are those outside them.

    Parameters
    ----------
    truth : video -> {"seconds", "ignore": [{"start", "end"}]} and, for the tables, "kind" and "source" or "repo".
    events : video -> [{"type", "start", "end"}].

    Returns
    -------
    dict
        `total` and the tables `per_class`, `per_kind`, `per_source` of {alarms, hours, per_hour, low, high}, with the
        exact 95 % interval; `missing` videos.
    """
    rows, hours = [], []
    for video, entry in truth.items():
        if video not in events:
            continue
        ignored = P.Interval(*(P.closed(span["start"], span["end"]) for span in entry.get("ignore", ())))
        whole = P.closed(0.0, entry["seconds"])
        about = {"kind": entry.get("kind", ""), "source": entry.get("source") or entry.get("repo") or video}
        hours.append(about | {"hours": _length(whole - ignored) / 3600})
        for event in events[video]:
            length_s = event["end"] - event["start"]
            outside_s = _length(P.closed(event["start"], event["end"]) - ignored)
            if event["type"] != BACKGROUND and length_s > 0 and outside_s > min(length_s / 2, _OUTSIDE_S):
                rows.append(about | {"type": event["type"]})
    alarm_table = pd.DataFrame(rows, columns=["kind", "source", "type"])
    heard = pd.DataFrame(hours, columns=["kind", "source", "hours"])
    tables = {
        f"per_{name}": {
            key: _counted((alarm_table[name] == key).sum(), part.hours.sum()) for key, part in heard.groupby(name)
        }
        for name in ("kind", "source")
    }
    per_class = {x: _counted(n, heard.hours.sum()) for x, n in alarm_table.type.value_counts().sort_index().items()}
    return {
        "total": _counted(len(alarm_table), heard.hours.sum()),
        "per_class": per_class,
        **tables,
        "missing": [video for video in truth if video not in events],
    }


def _length(spans: P.Interval) -> float:
    return sum(span.upper - span.lower for span in spans if not span.empty)


def _counted(count: int, hours: float) -> dict[str, float | None]:
    low, high = poisson_interval(int(count))
    rates = {"per_hour": count, "low": low, "high": high}
    per_hour = {name: round(x / hours, 3) if hours else None for name, x in rates.items()}
    return {"alarms": int(count), "hours": round(hours, 3), **per_hour}


def hours_by_definition(heard: pd.DataFrame, task: Task) -> float:
    """Hours of programme whose level the definitions call silence or nearly low volume."""
    return listened_hours(heard[says_fault(heard, task)]) if len(heard) else 0.0


def listened_hours(heard: pd.DataFrame) -> float:
    """Hours of programme that were evaluated, overlap of segments counted once."""
    return covered_s(heard.recording_id, heard.start_s, heard.end_s) / 3600


def _hours_to_break(count: int, hours: float, budget: float) -> float:
    if not hours or count / hours <= budget:
        return float("inf")
    for factor in np.geomspace(1, 1000, 400):
        if poisson_interval(int(count * factor))[0] > budget * hours * factor:
            return float(hours * factor)
    return float("inf")


def _hours_needed(count: int, hours: float, budget: float, confidence: float) -> float:
    if not hours or count / hours >= budget:
        return float("inf") if hours else poisson_upper(0, confidence) / budget
    for factor in np.geomspace(1, 1000, 400):
        if poisson_upper(round(count * factor), confidence) <= budget * hours * factor:
            return float(hours * factor)
    return float("inf")

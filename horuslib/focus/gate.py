"""Whether a candidate may replace the production model: intervals over recordings, not shares of segments.

Conventions
-----------
- A unit is one group of recordings under one label: forty cuts of one siren are one trial. It is right when the mean
  probability of its segments names its label.
- `before` and `after` of a unit are of the same sound: production and candidate are compared pairwise.
"""

from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from horuslib.evaluation.metrics import wilson
from horuslib.focus.settings import Gate
from horuslib.tasks import Task


@dataclass(frozen=True)
class Ruling:
    """What the gate says, and the numbers that it says it by."""

    passed: bool
    refused: bool
    """Too few recordings, of the focus or of another class, to say anything: neither yes nor no."""
    reasons: list[str]
    classes: list[dict] = field(default_factory=list)
    """Per label: units, right_before, right_after, low, high (Wilson, after), lost, gained, p_value (paired)."""

    def as_dict(self) -> dict:
        return asdict(self)


def needed(recall: float, confidence: float = 0.95) -> int:
    """The fewest recordings, all right, of which the Wilson lower bound reaches a recall.

    Example
    -------
    >>> needed(0.95)
    73
    """
    n = 1
    while wilson(n, n, confidence)[0] < recall:
        n += 1
    return n


def units(before: pd.DataFrame, after: pd.DataFrame, task: Task) -> pd.DataFrame:
    """One row per group and label: label, unit, before, after (whether right).

    Parameters
    ----------
    before, after : the same segments in the same order, with group_id, label and p_<label>.
    """
    right = {}
    for name, table in (("before", before), ("after", after)):
        means = table.groupby(["label", "group_id"], sort=True)[[f"p_{label}" for label in task.labels]].mean()
        named = np.array(task.labels)[means.to_numpy().argmax(axis=1)]
        right[name] = pd.Series(named == means.index.get_level_values("label"), means.index)
    return pd.DataFrame(right).rename_axis(["label", "unit"]).reset_index()


def paired_p(lost: int, gained: int) -> float:
    """Exact McNemar test that a candidate loses as many units as it gains (two-sided); 1 where nothing changed."""
    return float(binomtest(lost, lost + gained).pvalue) if lost + gained else 1.0


def rule(table: pd.DataFrame, focus: str, limits: Gate, task: Task) -> Ruling:
    """The ruling on `units`: the focus by its lower bound, no other class down by more than allowed, none too low; a
    refusal where the focus has too few, or another class none."""
    classes = [_class_row(label, table[table["label"] == label], limits) for label in task.labels]
    mine = next(row for row in classes if row["label"] == focus)
    if missing := _missing(classes, mine, limits):
        return Ruling(False, True, [*missing, *_objections(classes, focus, limits)], classes)
    reasons = []
    if mine["low"] < limits.focus_recall:
        reasons.append(
            f"{focus}: {mine['right_after']} of {mine['units']} recordings are right, which shows {mine['low']:.1%} "
            f"at least; {limits.focus_recall:.0%} is asked."
        )
    reasons += _objections(classes, focus, limits)
    return Ruling(not reasons, False, reasons, classes)


def _missing(classes: list[dict], mine: dict, limits: Gate) -> list[str]:
    """What no ruling is possible without: enough recordings of the focus, one at least of every other class."""
    least, said = needed(limits.focus_recall, limits.confidence), []
    if mine["units"] < least:
        said.append(
            f"{mine['label']}: {least} recordings needed, {mine['units']} given: no result, not even all right, could "
            f"show {limits.focus_recall:.0%} (lower end of the {limits.confidence:.0%} Wilson interval)."
        )
    without = [row["label"] for row in classes if row is not mine and not row["units"]]
    if without:
        said.append(
            f"No recording of {', '.join(without)} is given: nothing shows that {limits.others_recall:.0%} of them are "
            "right and none was lost."
        )
    return said


def _objections(classes: list[dict], focus: str, limits: Gate) -> list[str]:
    reasons = []
    for row in classes:
        if row["label"] == focus or not row["units"]:
            continue
        before, after = (row[f"right_{when}"] / row["units"] for when in ("before", "after"))
        if before - after > limits.most_lost + 1e-9:
            changed = f"{row['lost']} lost, {row['gained']} gained; paired test p = {row['p_value']:.2g}"
            reasons.append(
                f"{row['label']}: down from {before:.1%} to {after:.1%} of {row['units']} recordings ({changed}); "
                f"{limits.most_lost:.0%} is allowed."
            )
        if after < limits.others_recall:
            reasons.append(
                f"{row['label']}: {after:.1%} of {row['units']} recordings; {limits.others_recall:.0%} is asked."
            )
    return reasons


def _class_row(label: str, rows: pd.DataFrame, limits: Gate) -> dict:
    n, before, after = len(rows), rows["before"].to_numpy(bool), rows["after"].to_numpy(bool)
    low, high = wilson(int(after.sum()), n, limits.confidence)
    lost, gained = int((before & ~after).sum()), int((~before & after).sum())
    return {
        "label": label,
        "units": n,
        "right_before": int(before.sum()),
        "right_after": int(after.sum()),
        "low": low,
        "high": high,
        "lost": lost,
        "gained": gained,
        "p_value": paired_p(lost, gained),
    }

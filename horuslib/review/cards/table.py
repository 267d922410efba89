"""Tables for review: evaluated segments at given thresholds, most doubtful first, and the metrics at these thresholds.

The static page of 07_review and the live panel both use these functions: thresholds in, tables out, fast enough to
follow a slider on 20 000 segments.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import segment_audio
from horuslib.evaluation import metrics
from horuslib.evaluation.decide import decide
from horuslib.review.cards import sound_card
from horuslib.review.cards.items import ReviewItem, card
from horuslib.tasks import Task


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
    columns = (normal[name].to_numpy() for name in ("recording_id", "start_s", "end_s", "verdict"))
    return count_alarms(*columns, task), hours


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


def segment_item(
    row: Any, ingest: Step, source: str, task: Task, content_sha256: str = "", note: str = ""
) -> ReviewItem:
    """A segment's row as a review item.

    Parameters
    ----------
    row : of any table with segment_id, recording_id, start_s, end_s, label; `verdict` and p_<label> are used if
        present. A Series or a tuple of `itertuples`.
    source : the file's name.
    """
    columns = {f"p_{label}": label for label in task.labels}
    probabilities = {label: float(getattr(row, column)) for column, label in columns.items() if hasattr(row, column)}
    verdict = getattr(row, "verdict", None)
    best = max(probabilities, key=lambda label: probabilities[label], default=verdict)
    if verdict is not None and verdict == task.background and best != verdict:
        held = f"{best} stayed under its threshold or margin, so the prediction is {task.background}"
        note = f"{note}; {held}" if note else held
    return ReviewItem(
        kind="segment",
        item_id=row.segment_id,
        content_sha256=content_sha256,
        source=source,
        start_s=row.start_s,
        end_s=row.end_s,
        content=lambda: (segment_audio(ingest, row, task), task.front_end.sample_rate_hz),
        label=row.label if isinstance(row.label, str) else None,
        verdict=verdict,
        probabilities=probabilities,
        note=note,
    )


def cards(rows: pd.DataFrame, ingest: Step, paths: Mapping[str, str], task: Task) -> str:
    """The cards of several rows, in order, with the column `suspicion` or `reason` as a note if the table has it.

    Parameters
    ----------
    paths : recording_id -> the file's name.
    """
    notes = rows.get("suspicion", rows.get("reason", pd.Series("", index=rows.index)))
    around = _neighbours(rows)
    return sound_card.cards(
        card(segment_item(row, ingest, paths[row.recording_id], task, note=note or ""), around[row.segment_id])
        for row, note in zip(rows.itertuples(), notes, strict=True)
    )


def _neighbours(rows: pd.DataFrame) -> dict[str, tuple[str | None, str | None]]:
    """segment_id -> the previous and the next segment of its recording among these rows."""
    order = rows.sort_values("start_s").groupby("recording_id").segment_id
    before, after = order.shift(1), order.shift(-1)
    plain = {i: (before[i], after[i]) for i in rows.index}
    return {rows.segment_id[i]: tuple(x if isinstance(x, str) else None for x in plain[i]) for i in rows.index}


def listing(frame: pd.DataFrame, decimals: int = 1):
    """A table for display (a Styler): text left-aligned and wrapped, numbers right-aligned, all escaped."""
    text = [i for i, column in enumerate(frame) if not pd.api.types.is_numeric_dtype(frame[column])]
    left = [("text-align", "left"), ("white-space", "normal")]
    rules = [{"selector": f"td.col{i}, th.col{i}", "props": left} for i in text]
    styler = frame.style.format(precision=decimals, na_rep="–", escape="html").hide(axis="index")
    return styler.format_index(escape="html", axis="columns").set_table_styles(rules)

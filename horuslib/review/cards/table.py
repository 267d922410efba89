"""Rows of the workbook's tables as review items, cards and listings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from horuslib.audio.media import read_excerpt
from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import segment_audio
from horuslib.review.cards import sound_card
from horuslib.review.cards.items import ReviewItem, card
from horuslib.tasks import Task

LONGEST_S = 20.0
"""So much of a long alarm is heard on its card."""


def segment_item(row: Any, ingest: Step, source: str, task: Task, note: str = "") -> ReviewItem:
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
        item_id=row.segment_id,
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


def alarm_cards(alarms: pd.DataFrame, ingest: Step, task: Task) -> str:
    """The cards of alarms on known-good programme, in order; their sound is read from the archive.

    Parameters
    ----------
    alarms : 06_evaluate's `known_good_alarms`.
    """
    paths = ingest.table("known_good").set_index("recording_id").path
    rate, folder = task.front_end.sample_rate_hz, Path(ingest.json("known_good_folder"))
    return sound_card.cards(
        sound_card.card(
            read_excerpt(folder / paths[row.recording_id], row.start_s, min(row.end_s, row.start_s + LONGEST_S), rate),
            rate,
            title=f"{row.type} reported in known-good programme",
            predicted=row.type,
            probabilities={row.type: row.confidence},
            source=paths[row.recording_id],
            start_s=row.start_s,
            end_s=row.end_s,
        )
        for row in alarms.itertuples()
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

"""The page that compares two tasks on the same recordings: `reports/compare/index.html`."""

from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.core import artifacts
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.evaluation.compare import Evaluated, by_label, compare
from horuslib.review.cards.sound_card import template
from horuslib.review.reports.report import colophon, page_css, write_index
from horuslib.tasks import Task, load_task

FOLDER = "compare"
_SHOWN = 100


def write_comparison(one: str, other: str, paths: Paths | None = None) -> Path:
    """Compare two evaluated tasks; write the page and the index of all reports.

    Raises
    ------
    UserError
        When a task is unknown or was not evaluated yet, or they share no recording.
    """
    paths = paths or Paths()
    sides = [Evaluated.read(load_task(name), paths) for name in (one, other)]
    if not set(sides[0].verdicts.recording_id) & set(sides[1].verdicts.recording_id):
        raise UserError(f"{one} and {other} were evaluated on different recordings: run `make compare` on one folder.")
    faults = compare(*sides)
    body = template("compare.html.j2").render(**content(faults, *sides))
    title = " and ".join(f"{side.task.front_end.segment_s:g} s ({side.task.name})" for side in sides)
    page = template("page.html.j2").render(title=f"{title}: comparison", css=page_css(), body=body, colophon=colophon())
    target = artifacts.write_bytes(paths.reports(FOLDER) / "index.html", page.encode("utf-8"))
    write_index(paths)
    return target


def content(faults: pd.DataFrame, one: Evaluated, other: Evaluated) -> dict:
    """The page's content: sentences and tables of text."""
    tasks = [one.task, other.task]
    labels = by_label(faults, *tasks)
    found = [f"found_{task.name}" for task in tasks]
    known = faults.dropna(subset=found)
    shared = known[known[found].astype(bool).all(axis=1)]
    alone = [known[known[a].astype(bool) & ~known[b].astype(bool)] for a, b in (found, found[::-1])]
    return {
        "tasks": [task.name for task in tasks],
        "word": _word(known, shared, tasks),
        "recordings": len(set(one.verdicts.recording_id) & set(other.verdicts.recording_id)),
        "labels": [_label_row(label, row, tasks) for label, row in labels.iterrows()],
        "facts": _facts(one, other),
        "alone": [
            {"task": task.name, "count": len(rows), "faults": [_fault_row(f) for f in rows.head(_SHOWN).itertuples()]}
            for task, rows in zip(tasks, alone, strict=True)
        ],
    }


def _word(known: pd.DataFrame, shared: pd.DataFrame, tasks: list[Task]) -> str:
    if known.empty:
        return "There is no fault of a class that both tasks have."
    counts = [f"{task.name} finds {int(known[f'found_{task.name}'].astype(bool).sum())}" for task in tasks]
    sentence = f"Of {len(known)} faults of classes that both tasks have, {counts[0]} and {counts[1]}."
    if shared.empty:
        return sentence
    delays = [f"{task.name} {shared[f'delay_s_{task.name}'].median():.1f} s" for task in tasks]
    return f"{sentence} Median time to detection on the {len(shared)} detected by both: {delays[0]}, {delays[1]}."


def _label_row(label: str, row: pd.Series, tasks: list[Task]) -> dict:
    counts = [row[f"found_{task.name}"] for task in tasks]
    delays = [row[f"delay_s_{task.name}"] for task in tasks]
    better = "" if any(np.isnan(counts)) or counts[0] == counts[1] else tasks[int(np.argmax(counts))].name
    return {
        "label": label,
        "faults": int(row.faults),
        "found": ["not a class" if np.isnan(n) else str(int(n)) for n in counts],
        "delays": ["–" if np.isnan(s) else f"{s:.1f}" for s in delays],
        "better": better,
    }


def _facts(one: Evaluated, other: Evaluated) -> list[tuple[str, str, str]]:
    """Settings and metrics of the two tasks, one row each."""
    return [(name, *(shown(side) for side in (one, other))) for name, shown in _FACTS.items()]


_FACTS = {
    "segment, hop": lambda s: f"{s.task.front_end.segment_s:g} s, {s.task.front_end.hop_s:g} s",
    "sample rate": lambda s: f"{s.task.front_end.sample_rate_hz} Hz",
    "labels": lambda s: ", ".join(s.task.labels),
    "silence rule, before the model": lambda s: (
        f"RMS under {s.task.decision.silence.rms_below:g}, peak under {s.task.decision.silence.peak_below:g}"
        if s.task.decision.silence
        else "none"
    ),
    "event edges": lambda s: {
        "segments": "start of its first and end of its last segment",
        "overlap": "where the mean probability of overlapping segments crosses half its level",
    }[s.task.decision.place],
    "macro-F1 of segments, out of fold": lambda s: _number(s.metrics["macro_f1"]["out_of_fold"], 3),
    "false alarms per hour of normal sound": lambda s: (
        f"{_number(s.metrics['false_alarms_per_hour'], 1)} in {s.metrics['normal_hours']:.2f} h "
        f"(95 %: under {_number(s.metrics['false_alarms_per_hour_upper95'], 1)})"
    ),
}


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def _fault_row(fault) -> dict:
    return {"path": fault.path, "label": fault.label, "start_s": f"{fault.start_s:.1f}", "end_s": f"{fault.end_s:.1f}"}

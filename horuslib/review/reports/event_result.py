"""The first page of a task on events: its verdict, its scores, and what it uses."""

import html
from pathlib import Path

import pandas as pd

from horuslib.core.paths import Paths, shown_path
from horuslib.core.workbooks import SPECTRAL
from horuslib.evaluation import metrics
from horuslib.review import records
from horuslib.review.reports import plots
from horuslib.review.reports.result import read_step
from horuslib.review.sentences.evaluate import commonest_error
from horuslib.review.sentences.events import scores_summary, uses_summary
from horuslib.tasks import EventsTask

WANTED = 0.8
"""Macro-F1 of a classifier that is ready for use."""


def task_page(task: EventsTask, paths: Paths, notebooks: list[dict]) -> str:
    """The body of the task's first page.

    Parameters
    ----------
    notebooks : `href` and `title` of the existing pages.
    """
    parts = [f'<h1 id="result">{html.escape(task.title)}</h1>']
    evaluation = read_step(SPECTRAL["evaluate"], task, paths)
    if evaluation is None:
        parts.append('<div class="judgement open"><p class="word">Not evaluated yet</p></div>')
    else:
        found = evaluation.json("metrics")
        tone, word, reason = _verdict(found)
        parts.append(f'<div class="judgement {tone}"><p class="word">{word}</p><p>{reason}</p></div>')
        parts += [f"<p>{scores_summary(found['default'])}</p>", f"<p>{uses_summary(evaluation.table('uses'))}</p>"]
        parts.append(_matrix(evaluation.table("verdicts"), task))
    links = "".join(f'<li><a href="{page["href"]}">{html.escape(page["title"])}</a></li>' for page in notebooks)
    return "\n".join([*parts, f'<h2 id="open">Notebooks</h2><ul>{links}</ul>'])


def headline(task: EventsTask, paths: Paths) -> list[str]:
    """The summary printed at the end of a run."""
    evaluation = read_step(SPECTRAL["evaluate"], task, paths)
    lines = [] if evaluation is None else [scores_summary(evaluation.json("metrics")["default"])]
    if paths.export(task.name).is_dir():
        lines.append(f"Package: {shown_path(paths.export(task.name))}")
    return lines


def keep(task: EventsTask, paths: Paths) -> Path | None:
    """A record of the result per run, `history/NNNN.json`; None where nothing is new."""
    evaluation = read_step(SPECTRAL["evaluate"], task, paths)
    if evaluation is None:
        return None
    return records.add(paths.task(task.name) / records.HISTORY, evaluation.json("metrics"))


def _verdict(found: dict) -> tuple[str, str, str]:
    score = found["default"]
    low, high = score["macro_f1_interval"]
    if found.get("generated"):
        return "open", "A demonstration", "All events are generated: this shows that the pipeline works."
    reason = f"Macro-F1 {score['macro_f1']:.2f} (95 % interval {low:.2f} to {high:.2f}); wanted {WANTED:.2f}."
    if low >= WANTED:
        return "good", "Fit for use", reason
    return ("open", "Promising, not proven", reason) if high >= WANTED else ("bad", "Not ready", reason)


def _matrix(verdicts: pd.DataFrame, task: EventsTask) -> str:
    matrix = metrics.confusion(verdicts.label, verdicts.predicted, task.labels)
    alt = f"Confusion matrix: {matrix.trace()} of {matrix.sum()} events are classified correctly out of fold. "
    return plots.figure_html(
        plots.confusion(matrix, task.labels), alt + commonest_error(matrix, task.labels, "event").alt
    )

"""The first page of a task: its verdict, its metrics, and what has changed since the previous run."""

from datetime import datetime

import pandas as pd

from horuslib.core import artifacts
from horuslib.core.artifacts import Step
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths, shown_path
from horuslib.core.workbooks import AUDIO
from horuslib.evaluation import metrics as measures
from horuslib.review.cards.sound_card import template
from horuslib.review.reports import plots
from horuslib.review.reports.history import Change, keep, latest_change, score_rows
from horuslib.review.reports.verdict import assess, is_generated
from horuslib.review.sentences.evaluate import commonest_error
from horuslib.review.sentences.markdown import counted
from horuslib.tasks import AnyTask, Task

__all__ = ["headline", "keep", "read_step", "task_page"]


def task_page(task: Task, paths: Paths, notebooks: list[dict]) -> str:
    """The body of a task's first page.

    Parameters
    ----------
    notebooks : `href` and `title` of the existing pages.
    """
    ingest, evaluation = read_step(AUDIO["ingest"], task, paths), read_step(AUDIO["evaluate"], task, paths)
    page = {"task": task, "notebooks": notebooks, "export": paths.export(task.name), "verdict": None}
    if ingest:
        recordings = ingest.table("recordings")
        page |= {"generated": is_generated(recordings, paths), "recordings": len(recordings)}
    if evaluation:
        found = evaluation.json("metrics")
        page |= {
            "verdict": assess(found, task, page.get("generated", False)),
            "found": found,
            "rows": _rows(found, evaluation.json("thresholds"), task),
            "matrix": _matrix(evaluation.table("verdicts"), task),
            "exported": page["export"].is_dir(),
            "changed": _changed(latest_change(task, paths), task),
        }
    return template("task.html.j2").render(page)


def headline(task: Task, paths: Paths) -> list[str]:
    """The summary printed at the end of a run: macro-F1 and the path of the package for Horus."""
    lines, evaluation = [], read_step(AUDIO["evaluate"], task, paths)
    if evaluation:
        found = evaluation.json("metrics")
        scores = {name.replace("_", " "): value for name, value in found["macro_f1"].items() if value is not None}
        macro_f1 = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        lines.append(f"Macro-F1: {macro_f1} ({found['recordings']} recordings, {found['segments']} segments).")
    if paths.export(task.name).is_dir():
        lines.append(f"Model for Horus: {shown_path(paths.export(task.name))}")
    return lines


def read_step(name: str, task: AnyTask, paths: Paths) -> Step | None:
    """A step's artifacts; None where there are none, or none of this version."""
    try:
        return artifacts.read(name, task, paths)
    except UserError:
        return None


def _changed(change: Change | None, task: Task) -> dict | None:
    """The page's content about a change: sentences, the previous metrics, and all scores before and after."""
    if change is None:
        return None
    before, after = change.before, change.after
    was, now = before["verdict"], after["verdict"]
    sentences = [f"Still: {now}." if was == now else f"{was} → {now}.", *_errors(change)]
    for name in ("corrections", "recordings"):
        if more := after[name] - before[name]:
            sentences.append(f"{counted(abs(more), name[:-1])} {'more' if more > 0 else 'fewer'}.")
    for label in sorted(before["own_thresholds"].keys() | after["own_thresholds"].keys()):
        old, new = (x["own_thresholds"].get(label) for x in (before, after))
        if old != new:
            sentences.append(
                f"The threshold of {label} was " + ("reset." if new is None else f"set to {new:.2f} by hand.")
            )
    if change.sections:
        sentences.append(f"The task's file was changed in {', '.join(change.sections)}.")
    rows = [
        {name: value if name == "label" else _pair(value) for name, value in row.items()}
        for row in score_rows(change, task)
    ]
    when = datetime.fromisoformat(before["when"])
    return {"when": f"{when:%Y-%m-%d %H:%M} UTC", "sentences": sentences, "rows": rows, "before": before["metrics"]}


def _errors(change: Change) -> list[str]:
    if change.gone is None:
        return []
    if not change.gone and not change.new:
        return ["The same segments are misclassified."]
    by_hand = f" ({change.relabelled} by a corrected label)" if change.relabelled else ""
    gone, new = (f"{counted(n, 'error')} {'is' if n == 1 else 'are'}" for n in (change.gone, change.new))
    return [f"{gone} gone{by_hand}, {new} new."]


def _pair(values: tuple[float | None, float | None]) -> dict:
    """Two numbers as text, and the direction of change."""
    before, after = (None if x is None else round(x, 2) for x in values)
    texts = ["–" if x is None else f"{x:.2f}" for x in (before, after)]
    same = before is None or after is None or before == after
    return {"before": texts[0], "after": texts[1], "way": "" if same else "up" if after > before else "down"}


def _rows(found: dict, thresholds: dict, task: Task) -> list[dict]:
    """The per-class table as text; a dash where unknown."""
    rows = []
    for label in task.labels:
        row = found["per_class"].get(label, {})
        shown = {k: "–" if row.get(k) is None else f"{row[k]:.2f}" for k in ("precision", "recall", "f1")}
        low, high = row.get("f1_low"), row.get("f1_high")
        shown["interval"] = "–" if low is None else f"{low:.2f}–{high:.2f}"
        shown["threshold"] = f"{thresholds[label]:.2f}" if label in thresholds else "–"
        rows.append({"label": label, "support": f"{row.get('support') or 0:.0f}", **shown})
    return rows


def _matrix(verdicts: pd.DataFrame, task: Task) -> str:
    """The out-of-fold confusion matrix as an `<img>` whose alternative text names the most frequent error."""
    out_of_fold = verdicts[verdicts.split == "train"]
    matrix = measures.confusion(out_of_fold.label, out_of_fold.verdict, task.labels)
    alt = f"Confusion matrix: {matrix.trace()} of {matrix.sum()} segments are classified correctly out of fold. "
    alt += commonest_error(matrix, task.labels).alt
    return plots.figure_html(plots.confusion(matrix, task.labels, title="Out-of-fold predictions"), alt)

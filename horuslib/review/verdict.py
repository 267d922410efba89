"""The first screen of a task: may this detector be used, and on what evidence?

Reads what 06_evaluate wrote and says it in words. A number that was seen and a number that is proven are two things: a
detector is called fit only when the bound on its false alarms, not their count, is within the task's budget.
"""

from dataclasses import dataclass, field

import pandas as pd

from horuslib import artifacts
from horuslib.artifacts import Step, sha256_file
from horuslib.errors import UserError
from horuslib.learn import metrics as measures
from horuslib.paths import Paths
from horuslib.review import plots
from horuslib.review.listen import template
from horuslib.sound.media import find_media
from horuslib.tasks import Task

WANTED_F1 = 0.8
"""A class found worse than this is not ready for use."""


@dataclass(frozen=True)
class Verdict:
    """One word for the detector (`tone` is good, open or bad) and the sentences that carry it."""

    tone: str
    word: str
    reasons: list[str] = field(default_factory=list)


def judge(found: dict, task: Task, generated: bool = False) -> Verdict:
    """May the detector be used?

    Parameters
    ----------
    found : 06_evaluate's metrics.
    generated : whether all sound was the demo corpus, which proves nothing about real videos.
    """
    budget, rate = task.decision.false_alarms_per_hour, found.get("false_alarms_per_hour")
    bound, hours = found.get("false_alarms_per_hour_upper95"), found.get("normal_hours") or 0.0
    bad, doubtful, unproven = [], [], []
    for label in task.labels:
        row = found["per_class"].get(label, {})
        f1, low = row.get("f1"), row.get("f1_low")
        if not row.get("support") or f1 is None:
            bad.append(f"{label} has no labelled segment to be judged on.")
        elif f1 < WANTED_F1:
            bad.append(f"{label} is found poorly: F1 {f1:.2f}, wanted {WANTED_F1:.2f}.")
        elif low is not None and low < WANTED_F1:
            doubtful.append(f"{label} {low:.2f}")
    if doubtful:
        unproven.append(f"With so few segments F1 may be as low as: {', '.join(doubtful)}.")
    if rate is None or bound is None:
        unproven.append("No normal sound was judged, so nothing is known about false alarms.")
    elif rate > budget:
        bad.append(f"{rate:.1f} false alarms per hour of normal sound; the task allows {budget:g}.")
    elif bound > budget:
        unproven.append(
            f"{rate:.1f} false alarms per hour were seen, but {hours:.2f} h of normal sound cannot exclude "
            f"{bound:.1f}; the task allows {budget:g}."
        )
    if generated:
        first = (
            "All sound was the generated demo corpus: it shows that the machine works, and says nothing of real videos."
        )
        return Verdict("open", "A demonstration", [first, *bad, *unproven])
    if bad:
        return Verdict("bad", "Not ready", [*bad, *unproven])
    if unproven:
        return Verdict("open", "Promising, not proven", unproven)
    return Verdict("good", "Fit for use", [f"Every class reaches F1 {WANTED_F1:.2f}; false alarms are within budget."])


def is_generated(recordings: pd.DataFrame, paths: Paths) -> bool:
    """Whether every recording is a file of the demo corpus, by content."""
    demo = {sha256_file(p) for p in find_media(paths.demo)} if paths.demo.is_dir() else set()
    return bool(len(recordings)) and set(recordings.sha256) <= demo


def task_page(task: Task, paths: Paths, notebooks: list[dict]) -> str:
    """The body of a task's first page.

    Parameters
    ----------
    notebooks : `href` and `title` of the pages that are there.
    """
    ingest, evaluation = _step("01_ingest", task, paths), _step("06_evaluate", task, paths)
    page = {"task": task, "notebooks": notebooks, "export": paths.export(task.name), "verdict": None}
    if ingest:
        recordings = ingest.table("recordings")
        page |= {"generated": is_generated(recordings, paths), "recordings": len(recordings)}
    if evaluation:
        found = evaluation.json("metrics")
        page |= {
            "verdict": judge(found, task, page.get("generated", False)),
            "found": found,
            "rows": _rows(found, evaluation.json("thresholds"), task),
            "matrix": _matrix(evaluation.table("verdicts"), task),
            "exported": page["export"].is_dir(),
        }
    return template("task.html.j2").render(page)


def _step(name: str, task: Task, paths: Paths) -> Step | None:
    try:
        return artifacts.read(name, task, paths)
    except UserError:
        return None


def _rows(found: dict, thresholds: dict, task: Task) -> list[dict]:
    """The per-class table, as text: what is not known is a dash."""
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
    """The out-of-fold confusion matrix as an `<img>` whose text names the commonest mistake."""
    heard = verdicts[verdicts.split == "train"]
    matrix = measures.confusion(heard.label, heard.verdict, task.labels)
    right = matrix.trace()
    wrong = matrix.copy()
    wrong[range(len(matrix)), range(len(matrix))] = 0
    row, column = divmod(int(wrong.argmax()), len(matrix))
    alt = f"Confusion matrix: {right} of {matrix.sum()} segments are judged right out of fold"
    if wrong.sum():
        alt += f"; the commonest mistake is {task.labels[row]} taken for {task.labels[column]} ({wrong[row, column]})"
    return plots.picture(plots.confusion(matrix, task.labels, title="Judged out of fold"), f"{alt}.")

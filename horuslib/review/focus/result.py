"""The first page of a focused fine-tune: what the gate says, by which numbers, and what was moved."""

import html

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths, shown_path
from horuslib.core.workbooks import FOCUS
from horuslib.focus.promote import CANDIDATE, history
from horuslib.review import records
from horuslib.review.focus import sentences
from horuslib.review.reports.result import read_step
from horuslib.tasks import Task


def task_page(task: Task, paths: Paths, notebooks: list[dict]) -> str:
    """The body of the page.

    Parameters
    ----------
    notebooks : `href` and `title` of the existing pages.
    """
    parts = [f'<h1 id="result">Focused fine-tune of {html.escape(task.title)}</h1>']
    gate = read_step(FOCUS["gate"], task, paths)
    if gate is None:
        parts.append('<div class="judgement open"><p class="word">Not evaluated yet</p></div>')
    else:
        ruling = gate.json("ruling")
        word = sentences.word(ruling)
        tone = "good" if ruling["passed"] else "open" if ruling["refused"] else "bad"
        reasons = "".join(f"<p>{html.escape(reason)}</p>" for reason in ruling["reasons"])
        parts.append(f'<div class="judgement {tone}"><p class="word">{word}</p>{reasons}</div>')
        parts.append(gate.table("figures").to_html(index=False, float_format="{:.3f}".format, border=0, escape=True))
    if said := _last_change(task, paths):
        parts.append(f"<p>{html.escape(said)}</p>")
    links = "".join(f'<li><a href="{page["href"]}">{html.escape(page["title"])}</a></li>' for page in notebooks)
    return "\n".join([*parts, f"<ul>{links}</ul>"])


def _last_change(task: Task, paths: Paths) -> str:
    """The last promotion or rollback, or why it is not known; empty where there was none."""
    try:
        promoted = history(task, paths)
    except UserError as e:
        return str(e)
    if not promoted:
        return ""
    last = promoted[-1]
    return f"Last change of production: {last['action']} on {last['when']} by {last['who']}."


def headline(task: Task, paths: Paths) -> list[str]:
    """The last lines of a run: the ruling, and how to promote."""
    gate = read_step(FOCUS["gate"], task, paths)
    if gate is None:
        return []
    ruling = gate.json("ruling")
    lines = [f"{sentences.word(ruling)}. {' '.join(ruling['reasons'])}".strip()]
    lines.append(f"Candidate: {shown_path(paths.task(task.name) / CANDIDATE)}")
    if ruling["passed"]:
        lines.append(f"Into production: horus promote --task {task.name}")
    return lines


def keep(task: Task, paths: Paths) -> None:
    """Keep the gate's record among those of former runs, once."""
    gate = read_step(FOCUS["gate"], task, paths)
    if gate is None:
        return
    records.add(paths.task(task.name) / "focus_history", gate.json("record"))

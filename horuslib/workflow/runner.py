"""Runs the notebooks of a task's workbook in order, and only those that are due.

Whether a step is due is decided by `staleness`. Papermill executes a due notebook into a private file; it counts as
done only when its last cell has run, and its HTML report follows.
"""

import hashlib
import io
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import TextIO

from filelock import FileLock, Timeout

from horuslib.core.artifacts import PROVENANCE, sha256_file, write_json
from horuslib.core.atomic import to_the_disk
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths, shown_path
from horuslib.core.stderr import stderr_to
from horuslib.core.workbooks import Inputs, WorkbookStep
from horuslib.tasks import AnyTask, load_task, read_task
from horuslib.workflow.staleness import PACKAGE, dependencies, due_because

log = logging.getLogger(__name__)
DONE = ".done.json"


@dataclass(frozen=True)
class Outcome:
    """What became of one step."""

    step: str
    ran: bool
    seconds: float


class StepFailed(UserError):
    """A notebook stopped; the message names it, the cell and the error."""


def run(
    until: str = "",
    task: str = "horus",
    options: Mapping[str, str] | None = None,
    paths: Paths | None = None,
    workbook: str = "",
) -> list[Outcome]:
    """Bring every step up to `until` up to date, with its HTML report and the index.

    Parameters
    ----------
    until : a step's name, or its word (`train` for `05_train`); the workbook's last step by default.
    task : a task's name or the path of a YAML file.
    options : what the steps' inputs may ask for; `raw` is the folder of videos (empty for data/raw, or the demo corpus
        when that holds no media), `test` the folder of the user's own test set (empty for none).
    workbook : another one than the task's own, which works on the artifacts of that.

    Raises
    ------
    UserError
        When the step or the task is unknown, another run is at work on this task, or a notebook stopped (`StepFailed`).
    """
    from horuslib.review.reports import report

    paths = paths or Paths()
    spec = _spec(task, workbook)
    last = spec.steps.index(until or spec.steps.names[-1])
    keep = resolve_name(f"{spec.steps.pages}:keep")
    outcomes = []
    with _only_one(paths.task(spec.name), spec.name):
        if spec.steps.mend:
            resolve_name(spec.steps.mend)(spec, paths)
        keep(spec, paths)
        for step in spec.steps.steps[: last + 1]:
            outcomes.append(_bring_up_to_date(step, spec, task, options or {}, paths))
            _publish(step.name, spec, paths)
        keep(spec, paths)
        report.link_pages(spec, paths)
        report.write_task_index(spec, paths)
        report.write_index(paths)
    return outcomes


@contextmanager
def _only_one(folder: Path, task_name: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise UserError(
            f"Another run is at work on task {task_name}: wait for it to end, or stop it and start again."
        ) from None


def _bring_up_to_date(
    step: WorkbookStep, spec: AnyTask, task: str, options: Mapping[str, str], paths: Paths
) -> Outcome:
    parameters = {"task": str(Path(task).resolve()) if task.endswith((".yaml", ".yml")) else task, **step.parameters}
    content: dict[str, object] = {}
    for source in step.inputs:
        inputs: Inputs = resolve_name(source)(spec, options, paths)
        parameters |= inputs.parameters
        content |= inputs.content
    now = dependencies(_notebook(step.name, spec, paths), content)
    folder = paths.step(spec.name, step.name)
    _failed(step.name, spec, paths).unlink(missing_ok=True)
    reason = due_because(_done(folder).get("dependencies", {}), now, step.name, read_task(task), paths)
    if not reason:
        log.info("%s: up to date", step.name)
        return Outcome(step.name, ran=False, seconds=0.0)
    log.info("%s: running (%s)", step.name, reason)
    began = time.monotonic()
    executed = _execute(step.name, spec, parameters, paths)
    seconds = time.monotonic() - began
    to_the_disk(executed)
    executed.replace(folder / f"{step.name}.ipynb")
    write_json(folder / DONE, {"dependencies": now, "seconds": round(seconds, 1)})
    log.info("%s: done in %.0f s", step.name, seconds)
    return Outcome(step.name, ran=True, seconds=seconds)


def _notebook(step: str, spec: AnyTask, paths: Paths) -> Path:
    return paths.notebooks / spec.steps.folder / f"{step}.ipynb"


def _failed(step: str, spec: AnyTask, paths: Paths) -> Path:
    """Where the notebook of a step that stopped is kept until the step runs again or proves up to date."""
    return paths.task(spec.name) / f"{step}.failed.ipynb"


def _done(folder: Path) -> dict:
    try:
        return json.loads((folder / DONE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _execute(step: str, spec: AnyTask, parameters: dict, paths: Paths) -> Path:
    """Run one notebook through papermill; returns the executed copy, or raises StepFailed with the copy set aside."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    executed = paths.task(spec.name) / f".{step}.ipynb"
    failed = _failed(step, spec, paths)
    notebook = _notebook(step, spec, paths)
    provenance, errors = paths.step(spec.name, step) / PROVENANCE, paths.task(spec.name) / f".{step}.log"
    before = _mark(provenance)
    try:
        with stderr_to(errors):
            papermill.execute_notebook(
                notebook,
                executed,
                parameters=parameters,
                kernel_name="python3",
                progress_bar=False,
                stdout_file=_Indented(sys.stdout),
                cwd=paths.project,
            )
    except PapermillExecutionError as e:
        executed.replace(failed)
        said = e.evalue if e.ename in ("UserError", "MediaError") else f"{e.ename}: {e.evalue}"
        # Counted from 0 with the injected parameters cell is counted from 1 without it.
        raise StepFailed(
            f"notebooks/{step}.ipynb stopped in cell {e.cell_index}.\n{said}\nThe notebook as far as it came: {failed}"
        ) from None
    except DeadKernelError:
        executed.replace(failed)
        raise StepFailed(
            f"notebooks/{step}.ipynb stopped: its Python process died, most often for want of memory.\n"
            f"What it wrote before: {errors}\nThe notebook as far as it came: {failed}"
        ) from None
    if before == _mark(provenance):
        executed.replace(failed)
        raise StepFailed(
            f"notebooks/{step}.ipynb ran to its end without finishing its step: its last cell must call step.finish()."
        )
    return executed


def _mark(path: Path) -> tuple[int, int] | None:
    """Tells a file that was written anew from the one before it."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


class _Indented(io.TextIOBase):
    """Passes on what a notebook prints while it runs, indented."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("".join(f"    {line}\n" for line in text.splitlines()))
        self._stream.flush()
        return len(text)


def _publish(step: str, spec: AnyTask, paths: Paths) -> None:
    """Write the step's HTML where it is missing or older than what it shows."""
    from horuslib.review.reports import notebook_html, report

    executed = paths.step(spec.name, step) / f"{step}.ipynb"
    html = paths.reports(spec.report_name) / f"{step}.html"
    sources = [
        executed,
        Path(report.__file__),
        Path(notebook_html.__file__),
        *sorted((PACKAGE / "review" / "templates").rglob("*.*")),
    ]
    key = hashlib.sha256("".join(sha256_file(p) for p in sources if p.is_file()).encode()).hexdigest()
    folder = paths.step(spec.name, step)
    done = _done(folder)
    if html.exists() and done.get("html") == key:
        return
    report.notebook_to_html(executed, html, task=spec)
    write_json(folder / DONE, {**done, "html": key})


def _spec(task: str, workbook: str) -> AnyTask:
    return load_task(task).with_workbook(workbook) if workbook else read_task(task)


def summary(task: str, outcomes: list[Outcome], paths: Paths | None = None, workbook: str = "") -> str:
    """The last lines of a run: what ran, how good the model is, where it is, what to open."""
    paths, spec = paths or Paths(), _spec(task, workbook)
    ran = [o for o in outcomes if o.ran]
    lines = [f"{len(ran)} of {len(outcomes)} steps ran, in {sum(o.seconds for o in ran):.0f} s."]
    lines += resolve_name(f"{spec.steps.pages}:headline")(spec, paths)
    return "\n".join([*lines, f"Open: {shown_path(paths.reports() / 'index.html')}"])

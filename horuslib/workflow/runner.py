"""Runs the numbered notebooks in order, and only those that have something new to say.

Whether a step is due is told by `staleness`. Papermill executes a due notebook into a private file; it counts as done
only when its last cell has run, and its HTML report follows.
"""

import fcntl
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from horuslib.core.artifacts import PROVENANCE, sha256_file, write_json
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.stderr import stderr_to
from horuslib.tasks import Task, load_task
from horuslib.workflow.staleness import PACKAGE, STEPS, step_key

DONE = ".done.json"


@dataclass(frozen=True)
class Outcome:
    """What became of one step."""

    step: str
    ran: bool
    seconds: float


class StepFailed(UserError):
    """A notebook stopped; the message names it, the cell and the error."""


def run(until: str = STEPS[-1], task: str = "horus", raw: str = "", paths: Paths | None = None) -> list[Outcome]:
    """Bring every step up to `until` up to date, with its HTML report and the index.

    Parameters
    ----------
    until : a step's name, or its word (`train` for `05_train`).
    task : a task's name or the path of a YAML file.
    raw : the folder of videos; empty for data/raw, or the demo corpus when that holds no media.

    Raises
    ------
    UserError
        When the step or the task is unknown, another run is at work on this task, or a notebook stopped (`StepFailed`).
    """
    from horuslib.review.reports import history, report

    paths = paths or Paths()
    spec = load_task(task)
    last = _step_index(until)
    outcomes = []
    with _only_one(paths.task(spec.name), spec.name):
        history.keep(spec, paths)
        for step in STEPS[: last + 1]:
            outcomes.append(_bring_up_to_date(step, spec, task, raw, paths))
            _publish(step, spec, paths, report)
        history.keep(spec, paths)
        report.link_pages(spec, paths)
        report.write_task_index(spec, paths)
        report.write_index(paths)
    return outcomes


def _step_index(until: str) -> int:
    for i, step in enumerate(STEPS):
        if until in (step, step.split("_", 1)[1]):
            return i
    raise UserError(f"There is no step {until!r}. Steps, in order: {', '.join(STEPS)}.")


@contextmanager
def _only_one(folder: Path, task_name: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"Another run is at work on task {task_name}: wait for it to end, or stop it and start again."
            ) from None
        yield


def _bring_up_to_date(step: str, spec: Task, task: str, raw: str, paths: Paths) -> Outcome:
    parameters = {"task": str(Path(task).resolve()) if task.endswith((".yaml", ".yml")) else task}
    inputs = {}
    if step == STEPS[0]:
        from horuslib.datasets.sources import find_raw, fingerprint_raw

        folder = find_raw(raw, paths)
        parameters["raw"] = str(folder)
        inputs = fingerprint_raw(folder, paths)
    if step == "06_evaluate":
        from horuslib.evaluation import threshold_overrides

        inputs, _ = threshold_overrides.read_overrides(threshold_overrides.ledger_path(paths), spec)
    if step == "07_review":
        parameters["live"] = False
    key = step_key(step, spec, inputs, paths)
    folder = paths.step(spec.name, step)
    _failed(step, spec, paths).unlink(missing_ok=True)
    if _done(folder).get("key") == key:
        _say(f"{step}: up to date")
        return Outcome(step, ran=False, seconds=0.0)
    _say(f"{step}: running")
    began = time.monotonic()
    executed = _execute(step, spec, parameters, paths)
    seconds = time.monotonic() - began
    executed.replace(folder / f"{step}.ipynb")
    write_json(folder / DONE, {"key": key, "seconds": round(seconds, 1)})
    _say(f"{step}: done in {seconds:.0f} s")
    return Outcome(step, ran=True, seconds=seconds)


def _failed(step: str, spec: Task, paths: Paths) -> Path:
    """Where the notebook of a step that stopped is kept until the step runs again or proves up to date."""
    return paths.task(spec.name) / f"{step}.failed.ipynb"


def _done(folder: Path) -> dict:
    try:
        return json.loads((folder / DONE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _say(sentence: str) -> None:
    print(f"[horus] {sentence}", flush=True)


def _execute(step: str, spec: Task, parameters: dict, paths: Paths) -> Path:
    """Run one notebook through papermill; returns the executed copy, or raises StepFailed with the copy set aside."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    executed = paths.task(spec.name) / f".{step}.ipynb"
    failed = _failed(step, spec, paths)
    notebook = paths.notebooks / f"{step}.ipynb"
    provenance = paths.step(spec.name, step) / PROVENANCE
    before = _mark(provenance)
    try:
        with stderr_to(paths.task(spec.name) / f".{step}.log"):
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
            f"The notebook as far as it came: {failed}"
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

    def __init__(self, stream: io.TextIOBase):
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("".join(f"    {line}\n" for line in text.splitlines()))
        self._stream.flush()
        return len(text)


def _publish(step: str, spec: Task, paths: Paths, report) -> None:
    """Write the step's HTML where it is missing or older than what it shows."""
    executed = paths.step(spec.name, step) / f"{step}.ipynb"
    html = paths.reports(spec.name) / f"{step}.html"
    sources = [executed, Path(report.__file__), *sorted((PACKAGE / "review" / "templates").rglob("*.*"))]
    key = hashlib.sha256("".join(sha256_file(p) for p in sources if p.is_file()).encode()).hexdigest()
    folder = paths.step(spec.name, step)
    done = _done(folder)
    if html.exists() and done.get("html") == key:
        return
    report.notebook_to_html(executed, html, task=spec)
    write_json(folder / DONE, {**done, "html": key})


def summary(task: str, outcomes: list[Outcome], paths: Paths | None = None) -> str:
    """The last lines of a run: what ran, how good the model is, where it is, what to open."""
    paths, spec = paths or Paths(), load_task(task)
    ran = [o for o in outcomes if o.ran]
    lines = [f"{len(ran)} of {len(outcomes)} steps ran, in {sum(o.seconds for o in ran):.0f} s."]
    metrics = paths.step(spec.name, "06_evaluate") / "metrics.json"
    if metrics.exists():
        found = json.loads(metrics.read_text("utf-8"))
        macro_f1 = ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in found["macro_f1"].items() if v is not None)
        lines.append(f"Macro-F1: {macro_f1} ({found['recordings']} recordings, {found['segments']} segments).")
    if paths.export(spec.name).is_dir():
        lines.append(f"Model for Horus: {_shown(paths.export(spec.name))}")
    lines.append(f"Open: {_shown(paths.reports() / 'index.html')}")
    return "\n".join(lines)


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)

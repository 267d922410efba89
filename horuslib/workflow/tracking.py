"""The results of all runs of a task in TensorBoard, on this machine alone: no account, nothing sent.

Every run that changes a result leaves a record in `artifacts/TASK/history/`; its numbers become curves over the runs,
and losses of trainings, where a record holds them, curves over the epochs.
"""

import math
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.review import records
from horuslib.review.panel.server import serving
from horuslib.tasks import AnyTask

RESULTS = "results"
"""The curves over the runs; those over epochs are called `run 0003/fold_0`."""
_LOSSES = "losses"


class Scalar(NamedTuple):
    """One point of a curve."""

    curve: str
    name: str
    step: int
    value: float


def scalars(kept: Mapping[int, dict]) -> Iterator[Scalar]:
    """The points of all curves.

    Parameters
    ----------
    kept : number of the run -> its record: numbers by name at any depth, and `losses`: training -> of each epoch.
    """
    for run, record in kept.items():
        for path, value in _numbers(record, ()):
            yield Scalar(RESULTS, "/".join(path), run, value)
        losses = record.get(_LOSSES)
        for training, values in (losses if isinstance(losses, dict) else {}).items():
            for path, value in _numbers(values if isinstance(values, list) else (), ()):
                yield Scalar(f"run {run:04}/{training}", "loss", int(path[0]) + 1, value)


def _numbers(content: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            if name != _LOSSES:
                yield from _numbers(value, (*path, str(name)))
    elif isinstance(content, list):
        for place, value in enumerate(content):
            yield from _numbers(value, (*path, str(place)))
    elif isinstance(content, int | float) and not isinstance(content, bool) and math.isfinite(content):
        yield path, float(content)


def write_curves(task: AnyTask, paths: Paths) -> Path:
    """Write what TensorBoard reads, anew: `artifacts/TASK/track/`.

    Raises
    ------
    UserError
        When no run was recorded, or TensorBoard is not installed.
    """
    kept = records.read(paths.task(task.name) / records.HISTORY)
    if not kept:
        raise UserError(f"No run of task {task.name} was recorded yet: run `make all TASK={task.name}` first.")
    if find_spec("tensorboard") is None:
        raise UserError("TensorBoard is not installed: `make track` installs it, or `pip install tensorboard`.")
    found = list(scalars(kept))
    folder = paths.task(task.name) / "track"
    shutil.rmtree(folder, ignore_errors=True)
    for curve in sorted({scalar.curve for scalar in found}):
        _write(folder / curve, [scalar for scalar in found if scalar.curve == curve])
    return folder


def _write(folder: Path, found: Sequence[Scalar]) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    for scalar in found:
        value = Summary.Value(tag=scalar.name, simple_value=scalar.value)
        writer.add_event(Event(step=scalar.step, summary=Summary(value=[value])))
    writer.close()


def show(folder: Path, port: int) -> int:
    """Serve the curves on this machine until stopped; returns TensorBoard's exit status, or minus the signal."""
    where = ["--logdir", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with serving([sys.executable, "-m", "tensorboard.main", *where, "--load_fast", "false"]) as server:
        return server.wait()

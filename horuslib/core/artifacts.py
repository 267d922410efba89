"""How one notebook hands its work to the next: a folder per step, written whole or not at all.

A notebook begins a step, writes tables, arrays and JSON into a private folder, and finishes it. Finishing writes
`provenance.json` (what made it, what it read, and the hash of every file) and moves the folder into place. One process
writes a step at a time. A run that is cut off leaves the previous folder as it was, even between the two renames that
exchange old and new: readers find it aside, and the next writer puts it back. What a cut-off run had begun is removed
by the next `begin`.
"""

import hashlib
import json
import math
import platform
import shutil
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from filelock import FileLock, Timeout
from pydantic_core import to_jsonable_python

from horuslib import __version__
from horuslib.core import recorder
from horuslib.core.atomic import all_to_the_disk, replacing, to_the_disk
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths

if TYPE_CHECKING:
    import pandas as pd  # a scan begins to decode before it needs that much

PROVENANCE = "provenance.json"
LOCKS = ".locks"
"""Folder beside the steps."""
_WRITER, _EXCHANGE = "writer", "exchange"
"""Locks of a step: held while it is written, and while old and new change places."""
_LIBRARIES = ("av", "keras", "librosa", "numpy", "pandas", "scikit-learn", "scipy", "soxr", "tensorflow")


def sha256_file(path: Path) -> str:
    """Hex digest of a file's content, read in blocks."""
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all: a neighbour is written first and renamed over it."""
    path = Path(path)
    with replacing(path) as partial:
        partial.write_bytes(content)
    return path


def write_json(path: Path, content: object) -> Path:
    """Write JSON (`json_bytes`) atomically."""
    return write_bytes(path, json_bytes(content))


def json_bytes(content: object) -> bytes:
    """JSON (UTF-8, readable). NumPy values and paths are allowed; NaN and infinities become null."""
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _plain(value: object) -> object:
    """The same content in JSON's own types."""
    if isinstance(value, Mapping):
        return {key: _plain(x) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(x) for x in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


class TaskLike(Protocol):
    """What a step needs to know of a task."""

    @property
    def name(self) -> str: ...

    @property
    def seed(self) -> int: ...


class Step:
    """One step's folder, as a writer (from `begin`) or a reader (from `read`)."""

    def __init__(self, name: str, task_name: str, folder: Path):
        self.name, self.task_name, self.folder = name, task_name, folder

    def path(self, name: str) -> Path:
        """The path of a file in this step's folder."""
        return self.folder / name

    def table(self, name: str) -> "pd.DataFrame":
        """A stored table."""
        import pandas as pd

        return pd.read_parquet(self._existing(f"{name}.parquet"))

    def json(self, name: str) -> dict[str, Any]:
        """A stored JSON object."""
        content: dict[str, Any] = json.loads(self._existing(f"{name}.json").read_text("utf-8"))
        return content

    def array(self, name: str) -> np.ndarray:
        """A stored array, mapped rather than loaded."""
        mapped: np.ndarray = np.load(self._existing(f"{name}.npy"), mmap_mode="r")
        return mapped

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise UserError(
                f"{self.name} of task {self.task_name} has no {name}: run `make all TASK={self.task_name}` first."
            )
        return path


class OpenStep(Step):
    """A step being written, under a lock. Nothing is visible to others before `finish`."""

    def __init__(self, name: str, task: TaskLike, final: Path, parameters: Mapping[str, object]):
        super().__init__(name, task.name, final.with_name(f".{final.name}.partial"))
        self._final, self._parameters, self._seed, self._began = final, dict(parameters), task.seed, time.time()
        self._lock = _writer_lock(self)
        _put_back(final)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def path(self, name: str) -> Path:
        """The path of a file in this step's folder, its parent made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write_table(self, name: str, table: "pd.DataFrame") -> "pd.DataFrame":
        """Store a table as `NAME.parquet`; returns it."""
        table.to_parquet(self.path(f"{name}.parquet"), index=False)
        return table

    def write_json(self, name: str, content: object) -> None:
        """Store JSON as `NAME.json`."""
        write_json(self.path(f"{name}.json"), content)

    def write_array(self, name: str, array: np.ndarray) -> None:
        """Store an array as `NAME.npy`."""
        np.save(self.path(f"{name}.npy"), array)

    def finish(self, inputs: Mapping[str, object] | None = None) -> None:
        """Write the provenance, move the folder into place and release the lock.

        Parameters
        ----------
        inputs : what was read from outside the artifacts (file name -> hash), kept in the provenance.
        """
        files = sorted(p for p in self.folder.rglob("*") if p.is_file() and p.name != PROVENANCE)
        read = recorder.reads()
        write_json(
            self.folder / PROVENANCE,
            {
                "step": self.name,
                "task": self.task_name,
                "parameters": self._parameters,
                "seed": self._seed,
                "inputs": inputs or {},
                "read": {
                    "task": {name: to_jsonable_python(value) for name, value in sorted(read.fields.items())},
                    "artifacts": {name: made for name, made in read.artifacts.items() if name != self.name},
                    "files": read.files,
                },
                "files": {p.relative_to(self.folder).as_posix(): sha256_file(p) for p in files},
                "horuslib": __version__,
                "python": platform.python_version(),
                "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
                "seconds": round(time.time() - self._began, 1),
            },
        )
        with FileLock(_lock_path(self._final, _EXCHANGE)):
            self.folder = take_place(self.folder, self._final)
        self._lock.release()
        _writing.pop(Path(self._lock.lock_file), None)


_writing: dict[Path, FileLock] = {}
"""Steps that this process is writing: to begin one again, as an analyst does who runs a cell twice, is no conflict."""


def _writer_lock(step: OpenStep) -> FileLock:
    """The lock of whoever writes a step, held until `finish` or the end of the process.

    Raises
    ------
    UserError
        When another process is writing the step.
    """
    path = _lock_path(step._final, _WRITER)
    if path in _writing:
        _writing[path].release(force=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(
            f"{step.name} of task {step.task_name} is being written by another process, such as `make all` or the "
            "kernel of an open notebook: wait for it to end, or shut that kernel down."
        ) from None
    _writing[path] = lock
    return lock


def _lock_path(final: Path, what: str) -> Path:
    folder = final.parent / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{final.name}.{what}"


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def take_place(folder: Path, final: Path) -> Path:
    """Move a folder that is complete to where its predecessor stands, which is removed only then; returns `final`.

    The folder is on the disk before, and its new name after: a power cut leaves the one or the other.
    """
    all_to_the_disk(folder)
    _put_back(final)
    old = _aside(final)
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    folder.rename(final)
    to_the_disk(final.parent)
    shutil.rmtree(old, ignore_errors=True)
    return final


def _aside(final: Path) -> Path:
    """Where a finished folder waits while its successor is moved into place."""
    return final.with_name(f".{final.name}.old")


def _put_back(final: Path) -> None:
    """Mend an exchange that was cut off between its two renames."""
    if not final.exists() and _aside(final).exists():
        _aside(final).rename(final)


def _standing(final: Path) -> Path:
    """The folder that holds a step's last whole result; nothing is written or renamed by looking.

    Where an exchange is under way, its end is waited for; where one was cut off, the predecessor stands aside.
    """
    lock = final.parent / LOCKS / f"{final.name}.{_EXCHANGE}"
    if not final.exists() and lock.exists():
        with FileLock(lock):
            pass
    return final if final.exists() or not _aside(final).exists() else _aside(final)


def begin(
    name: str, task: TaskLike, parameters: Mapping[str, object] | None = None, paths: Paths | None = None
) -> OpenStep:
    """Start writing a step in a private folder.

    Raises
    ------
    UserError
        When another process is writing the step.

    Example
    -------
    >>> step = begin("01_ingest", task)                     # doctest: +SKIP
    >>> step.write_table("recordings", recordings)          # doctest: +SKIP
    >>> step.finish()                                       # doctest: +SKIP
    """
    return OpenStep(name, task, (paths or Paths()).step(task.name, name), parameters or {})


def read(name: str, task: TaskLike, paths: Paths | None = None) -> Step:
    """A finished step's folder, for reading, and recorded as read.

    Raises
    ------
    UserError
        When the step has not run yet.
    """
    folder = _standing((paths or Paths()).step(task.name, name))
    try:
        provenance = json.loads((folder / PROVENANCE).read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(f"{name} of task {task.name} has not run yet: run `make all TASK={task.name}` first.") from None
    recorder.record_artifacts(name, provenance["files"])
    return Step(name, task.name, folder)

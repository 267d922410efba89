"""How one notebook hands its work to the next: a folder per step, written whole or not at all.

A notebook begins a step, writes tables, arrays and JSON into a private folder, and finishes it. Finishing writes
`provenance.json` (what made it, and the hash of every file) and moves the folder into place. A run that is cut off
leaves the previous folder as it was, even between the two renames that exchange old and new: whoever comes next puts
it back. What a cut-off run had begun is swept away by the next `begin`.
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
from typing import TYPE_CHECKING

import numpy as np

from horuslib import __version__
from horuslib.core.atomic import replacing
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.tasks import Task

if TYPE_CHECKING:
    import pandas as pd  # a scan begins to decode before it needs that much

PROVENANCE = "provenance.json"
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
    """Write JSON (UTF-8, readable) atomically. NumPy values and paths are allowed; NaN and infinities become null."""
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    return write_bytes(path, (text + "\n").encode("utf-8"))


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


class Step:
    """One step's folder, as a writer (from `begin`) or a reader (from `read`)."""

    def __init__(self, name: str, task: Task, folder: Path):
        self.name, self.task, self.folder = name, task, folder

    def path(self, name: str) -> Path:
        """The path of a file in this step's folder."""
        return self.folder / name

    def table(self, name: str) -> "pd.DataFrame":
        import pandas as pd

        return pd.read_parquet(self._existing(f"{name}.parquet"))

    def json(self, name: str) -> dict:
        return json.loads(self._existing(f"{name}.json").read_text("utf-8"))

    def array(self, name: str) -> np.ndarray:
        """A stored array, mapped rather than loaded."""
        return np.load(self._existing(f"{name}.npy"), mmap_mode="r")

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise UserError(
                f"{self.name} of task {self.task.name} has no {name}: run `make all TASK={self.task.name}` first."
            )
        return path


class OpenStep(Step):
    """A step being written. Nothing is visible to others before `finish`."""

    def __init__(self, name: str, task: Task, final: Path, parameters: dict):
        super().__init__(name, task, final.with_name(f".{final.name}.partial"))
        self._final, self._parameters, self._began = final, parameters, time.time()
        _put_back(final)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def path(self, name: str) -> Path:
        """The path of a file in this step's folder, its parent made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write_table(self, name: str, table: "pd.DataFrame") -> "pd.DataFrame":
        table.to_parquet(self.path(f"{name}.parquet"), index=False)
        return table

    def write_json(self, name: str, content: object) -> None:
        write_json(self.path(f"{name}.json"), content)

    def write_array(self, name: str, array: np.ndarray) -> None:
        np.save(self.path(f"{name}.npy"), array)

    def finish(self, inputs: dict | None = None) -> None:
        """Write the provenance and move the folder into place.

        Parameters
        ----------
        inputs : what was read from outside the artifacts (file name -> hash), kept in the provenance.
        """
        files = sorted(p for p in self.folder.rglob("*") if p.is_file() and p.name != PROVENANCE)
        write_json(
            self.folder / PROVENANCE,
            {
                "step": self.name,
                "task": self.task.name,
                "parameters": self._parameters,
                "seed": self.task.seed,
                "inputs": inputs or {},
                "files": {p.relative_to(self.folder).as_posix(): sha256_file(p) for p in files},
                "horuslib": __version__,
                "python": platform.python_version(),
                "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
                "seconds": round(time.time() - self._began, 1),
            },
        )
        self.folder = take_place(self.folder, self._final)


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def take_place(folder: Path, final: Path) -> Path:
    """Move a folder that is complete to where its predecessor stands, which is removed only then; returns `final`."""
    _put_back(final)
    old = _aside(final)
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    folder.rename(final)
    shutil.rmtree(old, ignore_errors=True)
    return final


def _aside(final: Path) -> Path:
    """Where a finished folder waits while its successor is moved into place."""
    return final.with_name(f".{final.name}.old")


def _put_back(final: Path) -> None:
    """Mend an exchange that was cut off between its two renames."""
    if not final.exists() and _aside(final).exists():
        _aside(final).rename(final)


def begin(name: str, task: Task, parameters: dict | None = None, paths: Paths | None = None) -> OpenStep:
    """Start writing a step in a private folder.

    Example
    -------
    >>> step = begin("01_ingest", task)                     # doctest: +SKIP
    >>> step.write_table("recordings", recordings)          # doctest: +SKIP
    >>> step.finish()                                       # doctest: +SKIP
    """
    return OpenStep(name, task, (paths or Paths()).step(task.name, name), parameters or {})


def read(name: str, task: Task, paths: Paths | None = None) -> Step:
    """A finished step's folder, for reading."""
    folder = (paths or Paths()).step(task.name, name)
    _put_back(folder)
    if not (folder / PROVENANCE).exists():
        raise UserError(f"{name} of task {task.name} has not run yet: run `make all TASK={task.name}` first.")
    return Step(name, task, folder)

"""What this process has read so far: fields of tasks, artifacts of other steps, files.

A step's provenance keeps it, and `workflow.staleness` compares it with today's: a step is due when something that it
read has changed. Dependencies are recorded where they are read, so that no list of them can be wrong.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Reads:
    """Attributes
    ----------
    fields : path in the task ("decision.measures") -> value.
    artifacts : step -> its files (name -> SHA-256), as they were when they were opened.
    files : absolute path -> SHA-256, of files outside the artifacts.
    """

    fields: dict[str, object] = field(default_factory=dict)
    artifacts: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str | None] = field(default_factory=dict)


_reads = Reads()
_paused = 0


def reads() -> Reads:
    """Everything recorded in this process; a notebook's kernel runs one step."""
    return _reads


def reset() -> None:
    """Forget what was recorded: what follows is another step's."""
    global _reads
    _reads = Reads()


@contextmanager
def paused() -> Iterator[None]:
    """Record nothing meanwhile: validating a task reads all of it and depends on nothing."""
    global _paused
    _paused += 1
    try:
        yield
    finally:
        _paused -= 1


def record_field(path: str, value: object) -> None:
    """Note that a field of the task was read; the first read counts, later ones may be of a changed copy."""
    if not _paused:
        _reads.fields.setdefault(path, value)


def record_artifacts(step: str, files: Mapping[str, str]) -> None:
    """Note that a finished step was opened for reading."""
    if not _paused:
        _reads.artifacts[step] = dict(files)


def record_file(path: Path, sha256: str | None) -> None:
    """Note that a file outside the artifacts was read, such as starting weights; None of one that is not there."""
    if not _paused:
        _reads.files[str(path.resolve())] = sha256

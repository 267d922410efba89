"""Where everything lives, from one root.

The project folder holds what is read (notebooks, the demo corpus); the root holds what is written (artifacts, reports,
the analyst's labels). They are one folder unless the environment variable HORUS_ROOT names another root.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def _default_root() -> Path:
    return Path(os.environ["HORUS_ROOT"]).resolve() if os.environ.get("HORUS_ROOT") else PROJECT


@dataclass(frozen=True)
class Paths:
    """The folders of one root; nothing is created by asking."""

    root: Path = field(default_factory=_default_root)
    project: Path = PROJECT

    @property
    def notebooks(self) -> Path:
        return self.project / "notebooks"

    @property
    def raw(self) -> Path:
        """The user's videos. Never written to."""
        return self.root / "data" / "raw"

    @property
    def good(self) -> Path:
        """The user's known-good programme. Never written to."""
        return self.root / "data" / "good"

    @property
    def demo(self) -> Path:
        """The generated corpus that ships."""
        return self.project / "data" / "demo"

    def demo_of(self, task_name: str) -> Path:
        """The generated corpus for a task: its own where one ships, else that of the task it varies (`sirens_small`:
        `sirens`), else that of every task."""
        for name in (task_name, task_name.partition("_")[0]):
            own = self.project / "data" / f"demo_{name}"
            if own.is_dir():
                return own
        return self.demo

    @property
    def labels(self) -> Path:
        """The analyst's corrections."""
        return self.root / "data" / "labels"

    def task(self, task_name: str) -> Path:
        return self.root / "artifacts" / task_name

    def step(self, task_name: str, step: str) -> Path:
        return self.task(task_name) / step

    def export(self, task_name: str) -> Path:
        return self.task(task_name) / "export"

    def reports(self, task_name: str = "") -> Path:
        return self.root / "reports" / task_name


def shown_path(path: Path) -> str:
    """A path as a person at the terminal types it: relative where it lies under the working folder."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)

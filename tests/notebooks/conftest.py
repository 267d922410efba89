"""One run of the whole workbook, for all tests that look at what it leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from horuslib.core.paths import PROJECT


def write_task(path: Path, **training) -> Path:
    """The horus task, made quick: few variations, and only the head of the network learns."""
    content = yaml.safe_load((PROJECT / "horuslib" / "tasks" / "horus.yaml").read_text("utf-8"))
    content["name"] = "quick"
    content["splits"] = {"folds": 2, "holdout_share": 0.2}
    content["augmentation"] |= {"copies": 1, "faults_per_normal": 1}
    content["training"] |= training
    content["training"]["phases"] = [{"name": "head", "layers": "head", "learning_rate": 0.003, "epochs": 6}]
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def horus(*arguments, root, **keywords):
    """The command line, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "horuslib.cli", *map(str, arguments)],
        env={**os.environ, "HORUS_ROOT": str(root)},
        capture_output=True,
        text=True,
        **keywords,
    )


@pytest.fixture(scope="session")
def workbook(tmp_path_factory):
    """A root where everything has run once on the demo corpus, and what the run printed."""
    root = tmp_path_factory.mktemp("workbook")
    task = write_task(root / "quick.yaml")
    done = horus("run", "08_export", "--task", task, root=root)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root, task, done.stdout

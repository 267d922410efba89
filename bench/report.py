"""Output of a benchmark: a printed table, and a JSON file with the results, the machine and the command."""

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import pandas as pd

from horuslib.core import artifacts
from horuslib.core.paths import Paths

_LIBRARIES = ("av", "librosa", "numpy", "scipy", "soxr", "tensorflow")


class Skip(Exception):
    """Raised by a benchmark that cannot run here; the message names what is missing."""


def machine() -> dict:
    """Cores, processor, system and library versions."""
    models = [line.split(":", 1)[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def write(name: str, table: pd.DataFrame, details: dict, module: str = "bench") -> Path:
    """Print the table and write reports/bench/NAME.json; `module` is what was run, by `python -m`."""
    print(table.to_string(index=False, na_rep="-"))
    content = {
        "benchmark": name,
        "command": " ".join(["python", "-m", module, *sys.argv[1:]]),
        "machine": machine(),
        "rows": json.loads(table.to_json(orient="records")),
        **details,
    }
    path = Paths().reports("bench") / f"{name}.json"
    return artifacts.write_json(path, content)

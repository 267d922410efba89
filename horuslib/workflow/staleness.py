"""When a step is due: the hash of everything its result depends on, by content.

That is the notebook's code, the parts of the task it uses, the horuslib modules it imports (found by reading its
imports, theirs, and so on) with the data files of their packages, and the files of the steps it reads. Prose, dates and
file times make nothing due.
"""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

from horuslib.core.artifacts import PROVENANCE, sha256_file
from horuslib.core.paths import Paths
from horuslib.tasks import Task

PACKAGE = Path(__file__).resolve().parents[1]

SECTIONS = {
    "01_ingest": ("aliases", "ignore", "front_end", "ingest", "splits"),
    "02_explore": ("front_end", "decision"),
    "03_augment": ("front_end", "ingest", "augmentation", "decision"),
    "04_features": ("front_end", "augmentation"),
    "05_train": ("front_end", "training"),
    "06_evaluate": ("front_end", "decision"),
    "07_review": ("front_end", "decision"),
    "08_export": ("aliases", "ignore", "front_end", "ingest", "splits", "augmentation", "training", "decision"),
}
"""The steps in order, and what of the task each one uses beside its name, labels and seed."""

STEPS = tuple(SECTIONS)


def step_key(step: str, spec: Task, inputs: dict, paths: Paths) -> str:
    """The hash of everything the step's result depends on, by content."""
    code = notebook_code(paths.notebooks / f"{step}.ipynb")
    content = spec.model_dump(mode="json")
    upstream = {}
    for name in steps_read(code):
        provenance = paths.step(spec.name, name) / PROVENANCE
        if provenance.exists():
            upstream[name] = json.loads(provenance.read_text("utf-8"))["files"]
    parts = {
        "cells": code,
        "task": {name: content[name] for name in ("name", "labels", "seed", *SECTIONS[step])},
        "modules": {p.relative_to(PACKAGE).as_posix(): sha256_file(p) for p in _modules_read(code)},
        "upstream": upstream,
        "inputs": inputs,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def notebook_code(path: Path) -> list[str]:
    """The sources of a notebook's code cells; what is only told in prose does not make a step due."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def steps_read(code: list[str]) -> list[str]:
    """The steps whose artifacts the cells ask for: `artifacts.read("NN_step", ...)`."""
    names = set()
    for node in ast.walk(ast.parse("\n".join(code))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
            names |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant) and a.value in STEPS}
    return sorted(names)


def _modules_read(code: list[str]) -> list[Path]:
    """The horuslib files that the cells import, directly or through one another, and the data files beside them."""
    found: set[Path] = set()
    waiting = list(_imports("\n".join(code)))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path.read_text("utf-8")))
    packages = {path.parent for path in found} - {PACKAGE, PACKAGE / "tasks", PACKAGE / "review"}
    return sorted(found.union(*map(_data_files, packages)))


def _data_files(package: Path) -> set[Path]:
    """The files of a package that are no code, in its folders too, but not those of a package inside it."""
    data = set()
    for path in package.iterdir():
        if path.is_dir() and not (path / "__init__.py").is_file():
            data |= _data_files(path)
        elif path.is_file() and path.suffix not in (".py", ".pyc"):
            data.add(path)
    return data


@cache
def _imports(source: str) -> frozenset[Path]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            head, *rest = name.split(".")
            if head == "horuslib":
                stem = PACKAGE.joinpath(*rest)
                found |= {p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()}
    return frozenset(found)

"""When a step is due: something that it depends on has changed, by content.

A step depends on its notebook's code, the horuslib modules that the code imports (found by reading its imports, theirs,
and so on) with the data files of their packages, what it reads from outside the artifacts, and on everything that its
last run recorded as read (`core.recorder`): fields of the task, artifacts of other steps, files. Prose, dates and file
times make nothing due.
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from horuslib.core.artifacts import PROVENANCE, sha256_file
from horuslib.core.paths import Paths
from horuslib.tasks import AnyTask

PACKAGE = Path(__file__).resolve().parents[1]
_NO_DATA = (".py", ".pyc")
_README = "README.md"


def dependencies(notebook: Path, inputs: Mapping[str, object]) -> dict[str, object]:
    """What is known of a step before it runs: its code, its modules, and what it reads from outside."""
    code = notebook_code(notebook)
    return {
        "the notebook's code": _hash(code),
        **{p.relative_to(PACKAGE.parent).as_posix(): sha256_file(p) for p in _modules_read(code)},
        **{f"input {name}": _hash(value) for name, value in inputs.items()},
    }


def due_because(before: Mapping[str, object], now: Mapping[str, object], step: str, task: AnyTask, paths: Paths) -> str:
    """Why a step must run; empty when its result still stands.

    Parameters
    ----------
    before, now : `dependencies` of the step's last run (empty when it never ran) and of today.
    """
    provenance = _provenance(paths.step(task.name, step))
    if not before or provenance is None:
        return "it has not run yet"
    read = provenance.get("read")
    if read is None:
        return "its last run recorded no dependencies"
    changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    changed += _changed_fields(read["task"], task)
    changed += [name for name, files in read["artifacts"].items() if files != _files(paths.step(task.name, name))]
    changed += [path for path, sha256 in read["files"].items() if _sha256(Path(path)) != sha256]
    if not changed:
        return ""
    return f"{', '.join(changed[:3])}{', ...' if len(changed) > 3 else ''} changed"


def notebook_code(path: Path) -> list[str]:
    """The sources of a notebook's code cells; changed prose does not make a step due."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _changed_fields(read: Mapping[str, object], task: AnyTask) -> list[str]:
    """The fields of the task that were read and have another value now."""
    content = task.model_dump(mode="json")
    return [path for path, value in read.items() if _field(content, path) != value]


def _field(content: Mapping[str, object], path: str) -> object:
    """The value at a path such as "decision.measures" or "labels"; None where there is none."""
    value: object = content
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _provenance(folder: Path) -> dict | None:
    try:
        return json.loads((folder / PROVENANCE).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _files(folder: Path) -> dict[str, str] | None:
    """The files of a finished step (name -> SHA-256)."""
    found = _provenance(folder)
    return found["files"] if found else None


def _sha256(path: Path) -> str | None:
    return sha256_file(path) if path.is_file() else None


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _modules_read(code: list[str]) -> list[Path]:
    """The horuslib files that the cells import, directly or through one another, and the data files beside them."""
    found: set[Path] = set()
    waiting = list(_imports("\n".join(code)))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path.read_text("utf-8")))
    apart = (PACKAGE / "tasks", PACKAGE / "review")  # fields of tasks are recorded; templates are the reports'
    packages = {path.parent for path in found} - {PACKAGE}
    packages = {p for p in packages if not any(p.is_relative_to(x) for x in apart)}
    return sorted(found.union(*map(_data_files, packages)))


def _data_files(package: Path) -> set[Path]:
    """The files of a package that are no code, in its folders too, but not those of a package inside it."""
    data = set()
    for path in package.iterdir():
        if path.is_dir() and not (path / "__init__.py").is_file():
            data |= _data_files(path)
        elif path.is_file() and path.suffix not in _NO_DATA and path.name != _README:
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

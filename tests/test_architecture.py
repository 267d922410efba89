"""The rooms of docs/architecture.md as the code has them: imports point down, no cycles, names where they belong."""

import ast
import json
import re
from functools import cache
from graphlib import TopologicalSorter

import pytest

from horuslib.core.workbooks import WORKBOOKS
from horuslib.tasks.kinds import HORUS
from tests.conftest import PROJECT

PACKAGE = PROJECT / "horuslib"
FLOORS = {
    "core": 1, "tasks": 2, "audio": 3, "acoustics": 4, "datasets": 4, "synthesis": 5, "evaluation": 5,
    "augmentation": 6, "inference": 6, "training": 7, "demo": 7, "speech": 7, "pretraining": 8, "export": 8,
    "speakers": 8, "spectral": 9, "focus": 9, "review": 10, "workflow": 11, "service": 11, "cli": 12,
}  # fmt: skip
MOST_FILES = 15
WITH_LABELS = {"tasks", "demo", "export"}
"""Rooms that may name Horus's labels: its task, its corpus, its exporter."""


OF_NO_ROOM = {"browser", "notebooks"}
"""Folders of tests of what rooms do together, as a person uses it."""


def modules():
    return {
        path.relative_to(PROJECT).with_suffix("").as_posix().replace("/", "."): path for path in PACKAGE.rglob("*.py")
    }


def imported(path, known):
    """The modules of this package that a file imports, wherever in the file; a package stands for its `__init__`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        else:
            continue
        for name in names:
            found |= {x for x in (name, f"{name}.__init__") if x in known}
    return found


def room(module):
    return module.split(".")[1]


@cache
def strings(path):
    """Every string of a file that is no docstring, with its line."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    return [(node.lineno, node.value) for node in constants if isinstance(node.value, str)]


def test_every_room_has_a_floor():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()} == set(FLOORS)


def defined(path):
    """Every name that a module binds, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return found


def sources():
    """(file, Python text) of all modules, tests, benchmarks and notebooks."""
    for folder in (PACKAGE, PROJECT / "tests", PROJECT / "bench"):
        yield from ((path, path.read_text("utf-8")) for path in folder.rglob("*.py"))
    for path in (PROJECT / "notebooks").rglob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        yield path, "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


@pytest.mark.slow
def test_what_is_imported_exists():
    known, names = modules(), {}
    for path, text in sources():
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("horuslib"):
                continue
            where = node.module if node.module in known else f"{node.module}.__init__"
            assert where in known, f"{path}: {node.module}"
            bound = names.setdefault(where, defined(known[where]))
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                there = alias.name in bound or inside in known or f"{inside}.__init__" in known
                assert there, f"{path.relative_to(PROJECT)} imports {alias.name} from {node.module}, which has none"


def test_tests_mirror_the_rooms():
    """A folder of tests is that of a room or a part of it, and a test named for a module lies where the module does."""
    tests = PROJECT / "tests"
    assert {path.name for path in tests.iterdir() if (path / "__init__.py").is_file()} == OF_NO_ROOM | set(FLOORS)
    elsewhere = []
    for path in tests.rglob("test_*.py"):
        place = path.parent.relative_to(tests)
        if place.parts and place.parts[0] not in OF_NO_ROOM:
            module = path.stem.removeprefix("test_")
            here = any((PACKAGE / place / name).exists() for name in (module, f"{module}.py"))
            there = [] if here else [*(PACKAGE / place.parts[0]).rglob(f"{module}.py")]
            if there or not (PACKAGE / place).is_dir():
                elsewhere.append((path.relative_to(tests), *(module.relative_to(PACKAGE) for module in there)))
    assert elsewhere == []


def test_imports_point_down():
    known = modules()
    upward = [
        f"{module} -> {other}"
        for module, path in known.items()
        if module.count(".") > 1
        for other in imported(path, known)
        if other.count(".") > 1 and room(other) != room(module) and FLOORS[room(other)] >= FLOORS[room(module)]
    ]
    assert upward == []


def test_no_module_imports_itself_through_others():
    known = modules()
    graph = {module: imported(path, known) - {module} for module, path in known.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle
    assert set(order) == set(known)


def test_a_room_can_be_seen_at_a_glance():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    counts = {
        f.relative_to(PROJECT).as_posix(): len([p for p in f.glob("*.py") if p.name != "__init__.py"]) for f in folders
    }
    assert {name: n for name, n in counts.items() if n > MOST_FILES} == {}


def test_labels_are_named_by_tasks_alone():
    labels = {label for label, kind in HORUS.items() if kind != "background"}
    named = [
        f"{path.relative_to(PROJECT)}:{line} {text}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in WITH_LABELS
        for line, text in strings(path)
        if text in labels
    ]
    assert named == []


@pytest.mark.parametrize("step", [step for workbook in WORKBOOKS.values() for step in workbook.names])
def test_a_steps_name_stands_in_the_workbook_alone(step):
    named = [path.name for path in PACKAGE.rglob("*.py") for _, text in strings(path) if step in text]
    named += [path.name for path in PACKAGE.rglob("*.j2") if step in path.read_text("utf-8")]
    assert set(named) == {"workbooks.py"}


def test_the_documents_speak_of_the_project_alone():
    """No path of whoever wrote them, and no number of an issue that a reader cannot open."""
    told = re.compile(rf"{re.escape(str(PROJECT))}\b|\bissue #?\d", re.IGNORECASE)
    texts = [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md"), *PACKAGE.rglob("*.md")]
    assert [path.name for path in texts if told.search(path.read_text("utf-8"))] == []

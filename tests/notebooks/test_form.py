"""The notebooks keep the form that makes them readable: short, without outputs, one parameters cell of literals."""

import ast
import json
import re

import pytest

from horuslib.core.workbooks import AUDIO, FOCUS, WORKBOOKS
from horuslib.workflow.staleness import notebook_code
from tests.conftest import PROJECT

FOLDER = PROJECT / "notebooks"
NOTEBOOKS = sorted(FOLDER.rglob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def cells(request):
    return json.loads(request.param.read_text("utf-8"))["cells"]


def code_of(cells):
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]


@pytest.mark.parametrize("workbook", WORKBOOKS.values(), ids=lambda workbook: workbook.name)
def test_the_notebooks_are_the_steps(workbook):
    assert tuple(p.stem for p in NOTEBOOKS if p.parent == FOLDER / workbook.folder) == workbook.names


def test_no_outputs_are_committed(cells):
    assert all(not c["outputs"] and c["execution_count"] is None for c in cells if c["cell_type"] == "code")


def test_cells_are_few_and_short(cells):
    code = code_of(cells)
    assert len(code) <= 14, "the parameters cell and at most 13 more"
    assert max(len(source.splitlines()) for source in code) <= 18


def test_one_parameters_cell_of_literals(cells):
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for statement in ast.parse("".join(tagged[0]["source"])).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)


def test_no_classes_and_no_shell(cells):
    for source in code_of(cells):
        assert not any(line.lstrip().startswith(("!", "%")) for line in source.splitlines())
        assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(source)))


def test_every_styled_table_escapes_its_cells_and_names(cells):
    """A Styler escapes nothing unless it is told to; `display` of a DataFrame, and `table.listing`, escape all."""
    for source in code_of(cells):
        for chain in _chains_of_style(ast.parse(source)):
            calls = {name: _keywords(call) for name, call in chain}
            assert calls.get("format", {}).get("escape") == "html", source
            hidden = calls.get("hide", {}).get("axis") == "index"
            assert hidden or calls.get("format_index", {}).get("escape") == "html", source


def _chains_of_style(tree):
    """The method calls after each `.style`: (name, call) in order."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "style":
            chain, at = [], node
            while isinstance(method := parents.get(at), ast.Attribute):
                at = parents[method]
                chain.append((method.attr, at))
            yield chain


def _keywords(call):
    return {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}


def test_prose_comes_first_and_names_what_is_read_and_written(cells):
    first = "".join(cells[0]["source"])
    assert cells[0]["cell_type"] == "markdown"
    assert first.startswith("# ")
    assert "**Reads**" in first and "**Writes**" in first
    assert sum(c["cell_type"] == "markdown" for c in cells) >= len(code_of(cells)) / 2


def test_the_notebooks_that_need_the_target_loudness_take_the_channels_level():
    """A package that said `auto` would have no target; the other steps after ingest do not ask for it."""
    taking = {path.stem for path in NOTEBOOKS if "spec = with_target(load_task(task))" in notebook_code(path)[2]}
    words = ("explore", "augment", "features", "train", "evaluate", "export")
    assert taking == {*map(AUDIO.__getitem__, words), FOCUS["gate"]}


def test_the_readme_says_what_each_notebook_reads():
    rows = re.findall(r"^\| `(\d\d_\w+)` \|[^|]*\|([^|]*)\|", (PROJECT / "README.md").read_text("utf-8"), re.M)
    told = {step: re.findall(r"\d\d", reads) for step, reads in rows}
    assert told == {p.stem: sorted(_steps_read(p)) for p in NOTEBOOKS if p.parent == FOLDER / AUDIO.folder}


def _steps_read(path):
    return {number for code in notebook_code(path) for number in re.findall(r'artifacts\.read\("(\d\d)_', code)}

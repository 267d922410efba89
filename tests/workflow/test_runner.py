"""Running the notebooks of a workbook: the speakers', each replaced by a cell or two."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from horuslib.audio.encode import write_wav
from horuslib.core.paths import Paths
from horuslib.core.workbooks import SPEAKERS
from horuslib.workflow import runner
from tests.conftest import tone

pytestmark = pytest.mark.slow
BEGIN = "from horuslib.core import artifacts\nfrom horuslib.tasks import read_task\n"


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.setenv("HORUS_ROOT", str(tmp_path / "root"))
    return Paths(root=tmp_path / "root", project=tmp_path / "project")


def write_notebook(paths, name, code):
    """A notebook that runs some code before it finishes its step."""
    path = paths.notebooks / "speakers" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    parameters = new_code_cell('task = "speakers"', metadata={"tags": ["parameters"]})
    finish = new_code_cell(f'{BEGIN}artifacts.begin("{name}", read_task(task)).finish()')
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[parameters, new_code_cell(code), finish], metadata=metadata), path)


def test_a_run_ends_with_the_last_step_of_the_tasks_own_workbook(paths, monkeypatch):
    for name in SPEAKERS.names:
        write_notebook(paths, name, "1 + 1")
    monkeypatch.setattr(runner, "_bring_up_to_date", lambda step, *_: runner.Outcome(step.name, True, 0.0))
    monkeypatch.setattr(runner, "_publish", lambda *_: None)
    assert [outcome.step for outcome in runner.run(task="speakers", paths=paths)] == list(SPEAKERS.names)


def test_a_process_that_dies_leaves_what_it_wrote(paths):
    write_wav(paths.raw / "a.wav", tone(1), 16000)
    write_notebook(paths, SPEAKERS.names[0], "import os\nos.write(2, b'out of memory')\nos._exit(1)")
    with pytest.raises(runner.StepFailed) as stopped:
        runner.run(SPEAKERS.names[0], "speakers", paths=paths)
    what, before, notebook = str(stopped.value).splitlines()
    assert what.startswith(f"notebooks/{SPEAKERS.names[0]}.ipynb stopped: its Python process died")
    log = paths.task("speakers") / f".{SPEAKERS.names[0]}.log"
    assert before == f"What it wrote before: {log}"
    assert "out of memory" in log.read_text("utf-8", errors="replace")
    failed = paths.task("speakers") / f"{SPEAKERS.names[0]}.failed.ipynb"
    assert notebook == f"The notebook as far as it came: {failed}"
    assert len(json.loads(failed.read_text("utf-8"))["cells"]) == 4, "with the parameters that it was given"

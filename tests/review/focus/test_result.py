"""The first page of a focused fine-tune shows the ruling, its reasons, and the last change of production."""

import pandas as pd
import pytest

from horuslib.core import artifacts, ledger_file
from horuslib.core.paths import Paths
from horuslib.core.workbooks import FOCUS
from horuslib.focus.promote import COLUMNS, HISTORY
from horuslib.review.focus.result import headline, keep, task_page
from horuslib.tasks import load_task

TASK = load_task("sirens")


@pytest.fixture
def paths(tmp_path):
    return Paths(root=tmp_path)


def evaluate(paths, passed, reasons=()):
    step = artifacts.begin(FOCUS["gate"], TASK, paths=paths)
    step.write_json("ruling", {"passed": passed, "refused": False, "reasons": list(reasons)})
    step.write_json("record", {"passed": passed})
    step.write_table("figures", pd.DataFrame({"measure": ["macro-F1"], "before, as filed": [0.5]}))
    step.finish()


def test_before_the_gate_nothing_is_claimed(paths):
    assert "Not evaluated yet" in task_page(TASK, paths, []) and headline(TASK, paths) == []
    assert keep(TASK, paths) is None


def test_the_ruling_and_its_reasons_stand_on_the_page(paths):
    evaluate(paths, False, ["alert <sounds>: down"])
    page = task_page(TASK, paths, [{"href": "x.html", "title": "Focus 01"}])
    assert "The gate does not let the candidate pass" in page and "alert &lt;sounds&gt;: down" in page
    assert "0.500" in page and 'href="x.html"' in page
    assert not any("horus promote" in line for line in headline(TASK, paths))
    evaluate(paths, True)
    assert headline(TASK, paths)[-1] == "Into production: horus promote --task sirens"


def test_a_record_is_kept_once(paths):
    evaluate(paths, True)
    keep(TASK, paths)
    keep(TASK, paths)
    evaluate(paths, False)
    keep(TASK, paths)
    assert len(list((paths.task(TASK.name) / "focus_history").glob("*.json"))) == 2


def test_the_last_promotion_is_named(paths):
    row = dict.fromkeys(COLUMNS, "x") | {"action": "promote", "who": "ana"}
    ledger_file.append(paths.task(TASK.name) / HISTORY / "history.csv", COLUMNS, [row])
    assert "promote on x by ana" in task_page(TASK, paths, [])


def test_a_history_that_cannot_be_read_is_said_on_the_page(paths):
    folder = paths.task(TASK.name) / HISTORY
    folder.mkdir(parents=True)
    (folder / "history.csv").write_text("when;who\n1;<b>2</b>\n")
    page = task_page(TASK, paths, [])
    assert "history.csv cannot be read" in page and "Not evaluated yet" in page

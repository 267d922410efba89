"""The workbook of a focused fine-tune, run once as `make focus` runs it, on a small root; and what follows from it."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.encode import write_wav
from horuslib.core.paths import Paths
from horuslib.core.workbooks import FOCUS
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.promote import CANDIDATE
from horuslib.tasks import load_task
from tests.focused import make_focused, write_quick_task
from tests.notebooks.conftest import horus

pytestmark = pytest.mark.slow
PROGRAMME = "programme"
"""A folder of long programme, which would be generated in a minute otherwise."""


@pytest.fixture(scope="module")
def focused(tmp_path_factory):
    """(root, path of the task, printed) after one run."""
    root = tmp_path_factory.mktemp("focus")
    path = write_quick_task(root / "quick_sirens.yaml")
    make_focused(load_task(str(path)), root)
    write_wav(root / PROGRAMME / "a.wav", 0.05 * np.random.default_rng(0).standard_normal(80000), 16000)
    done = horus("focus", "--task", path, "--programme", root / PROGRAMME, root=root)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root, path, done.stdout


def test_every_step_leaves_its_artifacts_and_its_page(focused):
    root, _, printed = focused
    paths = Paths(root=root)
    for step in FOCUS.names:
        assert json.loads((paths.step("quick_sirens", step) / "provenance.json").read_text("utf-8"))["step"] == step
        assert (root / "reports" / "quick_sirens_focus" / f"{step}.html").stat().st_size < 12e6
    assert "4 of 4 steps ran" in printed
    assert "Too few recordings to decide. emergency_sirens: 73 recordings needed, 0 given" in printed
    alarms = pd.read_parquet(paths.step("quick_sirens", FOCUS["gate"]) / "false_alarms.parquet")
    assert alarms.package.tolist() == ["before", "after"] and alarms.hours[0] == pytest.approx(5 / 3600)
    page = (root / "reports" / "quick_sirens_focus" / "index.html").read_text("utf-8")
    assert "Too few recordings to decide" in page and "before, as filed" in page


def test_the_record_says_what_the_ruling_rests_on(focused):
    root, _, _ = focused
    paths = Paths(root=root)
    record = json.loads((paths.step("quick_sirens", FOCUS["gate"]) / "record.json").read_text("utf-8"))
    assert record["ruling"]["refused"] and record["focus"] == "emergency_sirens" and record["seed"] == 0
    assert len(record["code"]) == 64 and record["held_out"] == {} and record["tags"]
    assert len(record["data"]) == 72 and all(len(sha256) == 64 for sha256 in record["data"].values())
    assert record["candidate"] != record["production"]
    ruling = json.loads((paths.task("quick_sirens") / CANDIDATE / "ruling.json").read_text("utf-8"))
    assert ruling["production"] == record["production"]
    kept = list((paths.task("quick_sirens") / "focus_history").glob("*.json"))
    assert [json.loads(path.read_text("utf-8")) for path in kept] == [record]


def test_the_wrongly_filed_are_found_and_put_aside(focused):
    root, path, _ = focused
    clips = pd.read_parquet(Paths(root=root).step("quick_sirens", FOCUS["audit"]) / "clips.parquet")
    found = clips[clips.listed | clips.extreme_off]
    assert {name for name in clips.segment_id if name.startswith("00")} <= set(found.segment_id)
    ledger = QuarantineLedger(load_task(str(path)), Paths(root=root))
    assert all(entry["filed"] == "alert_sounds" for entry in ledger.entries())


def test_promotion_asks_for_a_reason_and_can_be_undone(focused, tmp_path):
    root, path, _ = focused
    shutil.copytree(root / "artifacts", tmp_path / "artifacts")
    export = tmp_path / "artifacts" / "quick_sirens" / "export" / "audio_model_finetune.keras"
    candidate = tmp_path / "artifacts" / "quick_sirens" / CANDIDATE / "audio_model_finetune.keras"
    before = export.read_bytes()
    refused = horus("promote", "--task", path, root=tmp_path)
    assert refused.returncode == 2 and "73 recordings needed, 0 given" in refused.stderr
    assert export.read_bytes() == before
    assert horus("promote", "--task", path, "--anyway", "a try", root=tmp_path).returncode == 0
    assert export.read_bytes() == candidate.read_bytes()
    assert horus("rollback", "--task", path, root=tmp_path).returncode == 0
    assert export.read_bytes() == before


def test_a_tag_reruns_what_depends_on_it_and_nothing_else(focused):
    root, path, _ = focused
    again = horus("focus", "--task", path, "--programme", root / PROGRAMME, root=root)
    assert "0 of 4 steps ran" in again.stdout, again.stdout
    task, paths = load_task(str(path)), Paths(root=root)
    clips = pd.read_parquet(paths.step("quick_sirens", FOCUS["audit"]) / "clips.parquet")
    row = next(clips[clips.segment_id.str.startswith("00")].itertuples())
    QuarantineLedger(task, paths, "ana").tag(row, "emergency_sirens")
    done = horus("focus", "relabel", "--task", path, root=root)
    assert "01_audit: up to date" in done.stdout and "1 of 2 steps ran" in done.stdout, done.stdout
    state = pd.read_parquet(paths.step("quick_sirens", FOCUS["relabel"]) / "state.parquet").set_index("segment_id")
    assert state.label[row.segment_id] == "emergency_sirens" and state.who[row.segment_id] == "ana"


def test_bad_input_is_a_sentence(focused, tmp_path):
    root, path, _ = focused
    done = horus("focus", "--task", path, "--class", "sirene", root=root)
    assert done.returncode == 2 and "CLASS='sirene' is no label of task quick_sirens" in done.stderr
    done = horus("focus", "--task", path, root=tmp_path)
    assert done.returncode == 2 and "01_ingest of task quick_sirens has not run yet" in done.stderr
    done = horus("focus", "--task", "spectral", root=tmp_path)
    assert done.returncode == 2 and "does not work on sound alone" in done.stderr

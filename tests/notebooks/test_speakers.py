"""The workbook of speakers, run once as `make all` runs it, on two short conversations."""

import json

import pandas as pd
import pytest
import yaml

from horuslib.core.paths import PROJECT, Paths
from horuslib.core.workbooks import SPEAKERS
from horuslib.speakers.corrections import Correction, record
from horuslib.speech.rttm import read_rttm, write_rttm
from horuslib.speech.turns import named
from horuslib.workflow import runner
from tests.notebooks.conftest import horus
from tests.speakers.conftest import monologue, needs_metrics, needs_voices, talk  # noqa: F401

pytestmark = [pytest.mark.slow, needs_voices, needs_metrics]


@pytest.fixture(scope="session")
def conversations(tmp_path_factory, talk, monologue):  # noqa: F811
    """(root, task, raw, printed) of a run on a dialogue, a monologue and a file that is none."""
    root = tmp_path_factory.mktemp("speakers")
    raw = root / "recordings"
    for name, (path, _, turns) in (("talk", talk), ("monologue", monologue)):
        raw.mkdir(exist_ok=True)
        (raw / f"{name}.wav").write_bytes(path.read_bytes())
        write_rttm(raw / f"{name}.rttm", name, named(turns, ["Rui", "Ana"] if name == "talk" else ["Eva"]))
    (raw / "broken.mp3").write_bytes(b"nothing")
    content = yaml.safe_load((PROJECT / "horuslib" / "tasks" / "speakers.yaml").read_text("utf-8"))
    content |= {"name": "quick_speakers", "statistics": {"ablated_recordings": 0}}
    task = root / "quick_speakers.yaml"
    task.write_text(yaml.safe_dump(content), "utf-8")
    done = horus("run", "export", "--task", task, "--raw", raw, root=root)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root, task, raw, done.stdout


def test_every_step_leaves_its_artifacts_and_its_report(conversations):
    root, _, _, printed = conversations
    paths = Paths(root=root)
    for step in SPEAKERS.names:
        assert json.loads((paths.step("quick_speakers", step) / "provenance.json").read_text("utf-8"))["step"] == step
        assert (paths.reports("quick_speakers") / f"{step}.html").stat().st_size < 12e6
    assert "6 of 6 steps ran" in printed and "over 2 recordings" in printed
    page = (paths.reports("quick_speakers") / "01_inventory.html").read_text("utf-8")
    assert "broken.mp3" in page
    exported = paths.export("quick_speakers")
    assert len(read_rttm(exported / "talk.rttm")["talk"]) > 2
    assert json.loads((exported / "monologue.json").read_text("utf-8"))["variety"] == "unknown"


def test_a_correction_reruns_the_review_and_what_follows(conversations, monkeypatch):
    root, task, raw, _ = conversations
    paths = Paths(root=root)
    monkeypatch.setenv("HORUS_ROOT", str(root))
    recordings = pd.read_parquet(paths.step("quick_speakers", SPEAKERS["diarization"]) / "recordings.parquet")
    own = recordings.set_index("recording").sha256["monologue.wav"]
    at_s = read_rttm(paths.export("quick_speakers") / "monologue.rttm")["monologue"][0].start_s + 0.2
    record(paths, own, Correction("rename", at_s, name="Eva"))
    outcomes = runner.run("export", str(task), {"raw": str(raw)}, paths)
    assert [o.step for o in outcomes if o.ran] == list(SPEAKERS.names[-2:])
    turns = read_rttm(paths.export("quick_speakers") / "monologue.rttm")["monologue"]
    assert {turn.speaker for turn in turns} == {"Eva"}
    again = runner.run("export", str(task), {"raw": str(raw)}, paths)
    assert not any(o.ran for o in again)

"""The workbook of events, run once as `make all` runs it: few events, a short training, an image network of chance."""

import json

import pandas as pd
import pytest
import yaml

from horuslib.core.paths import PROJECT, Paths
from horuslib.core.workbooks import SPECTRAL
from horuslib.spectral.generator.folder import write_demo
from horuslib.tasks import load_events_task
from tests.notebooks.conftest import horus

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def spectral(tmp_path_factory):
    """(root, task, printed) of a run on sixteen generated events."""
    from horuslib.spectral.embedding.small import build_small

    root = tmp_path_factory.mktemp("spectral")
    build_small().save(root / "chance.keras")
    content = yaml.safe_load((PROJECT / "horuslib" / "tasks" / "spectral.yaml").read_text("utf-8"))
    content |= {"name": "quick_events", "splits": {"folds": 2, "holdout_share": 0.0}}
    content["networks"] = {"image_weights": str(root / "chance.keras"), "person": "none"}
    content["training"] = {"pretraining_epochs": 2, "epochs": 1, "copies": 1, "generated_events": 32, "models": 1}
    task = root / "quick_events.yaml"
    task.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    write_demo(root / "events", load_events_task(task), 16)
    done = horus("run", SPECTRAL.names[-1], "--task", task, "--raw", root / "events", root=root)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root, task, done.stdout


def test_every_step_leaves_its_artifacts_and_its_report(spectral):
    root, _, printed = spectral
    paths = Paths(root=root)
    for step in SPECTRAL.names:
        assert json.loads((paths.step("quick_events", step) / "provenance.json").read_text("utf-8"))["step"] == step
        assert (paths.reports("quick_events") / f"{step}.html").stat().st_size < 12e6
    index = (paths.reports("quick_events") / "index.html").read_text("utf-8")
    assert "macro-F1" in index and "<img" in index
    assert "8 of 8 steps ran" in printed and "Accuracy 0." in printed


def test_the_table_of_conditions_is_whole(spectral):
    root, _, _ = spectral
    uses = pd.read_parquet(Paths(root=root).step("quick_events", SPECTRAL["evaluate"]) / "uses.parquet")
    assert uses.condition.tolist() == [
        "all", "without video", "without audio", "without sensors", "video alone", "audio alone", "sensors alone",
        "2 s apart", "2.5 s apart", "flags removed", "flags shuffled",
    ]  # fmt: skip
    assert uses.macro_f1.notna().all()


def test_nothing_reruns_and_a_scan_takes_the_package(spectral):
    root, task, _ = spectral
    again = horus("run", SPECTRAL.names[-1], "--task", task, "--raw", root / "events", root=root)
    assert "0 of 8 steps ran" in again.stdout, again.stdout
    package = Paths(root=root).export("quick_events")
    done = horus("scan", root / "events", "--model", package, "--out", root / "answers", root=root)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list((root / "answers").glob("*.json"))) == 16 and "16 events" in done.stdout

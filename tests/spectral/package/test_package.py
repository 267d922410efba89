"""The exported package answers as its networks do, follows its schema, and needs nothing of the library."""

import json
import os
import shutil
import subprocess
import sys

import jsonschema
import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.spectral import assemble
from horuslib.spectral.embedding.backbones import Backbone
from horuslib.spectral.embedding.embedder import Embedder
from horuslib.spectral.embedding.looks import Looker
from horuslib.spectral.embedding.small import build_small
from horuslib.spectral.events.event import find_events, read_signals
from horuslib.spectral.models.confidence import Confidence
from horuslib.spectral.models.ensemble import Ensemble
from horuslib.spectral.models.variations import absent
from horuslib.spectral.package import inference, write
from horuslib.spectral.package.alone import NAME
from horuslib.spectral.package.inference import SpectralInference
from horuslib.spectral.scan import is_events_package, scan_events, watch_events
from horuslib.spectral.timing.inputs import stacked
from horuslib.tasks import load_events_task

pytestmark = pytest.mark.slow
SURE = Confidence(-0.4, (0.1, -0.5, 0.0), 0.08)


@pytest.fixture(scope="session")
def packaged(tmp_path_factory):
    """(folder, ensemble, members, image_networks): untrained networks, packaged."""
    task = load_events_task("spectral")
    task = task.model_copy(update={"answers": task.answers.model_copy(update={"min_confidence": 0.0})})
    backbone = Backbone("small", build_small(), "0" * 64, "random weights")
    from horuslib.export.lite import lite_model

    image_networks = assemble.ImageNetworks(
        Looker(Embedder(lite_model(backbone.model)), None), backbone.width, backbone, False
    )
    ensemble = Ensemble(task, image_networks.width)
    blank = ensemble.model.get_weights()
    rng = np.random.default_rng(1)
    members = [[w + 0.05 * rng.standard_normal(w.shape).astype(w.dtype) for w in blank] for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "lite_backbone", lambda b: lite_model(b.model))
        folder = write.write_package(
            tmp_path_factory.mktemp("x") / "export", task, image_networks, members, SURE, {"macro_f1": 0.0}
        )
    return folder, ensemble, members, image_networks


def test_it_answers_as_the_networks_it_was_made_of(packaged, made_events, classes):
    folder, ensemble, members, image_networks = packaged
    events, _ = find_events(made_events[0], classes, 5.0)
    one = assemble.assemble(read_signals(events[1]), image_networks, 5.0)
    for inputs in (one.inputs, absent(one.inputs, "audio")):
        p = SURE(ensemble.predict(members, [inputs]).probabilities, inputs["present"][None])
        found = write.joined(load_events_task("spectral"), image_networks.width, members, SURE).predict(
            stacked([inputs]), verbose=0
        )
        assert found["probabilities"] == pytest.approx(p, abs=1e-4)
    p = SURE(ensemble.predict(members, [one.inputs]).probabilities, one.inputs["present"][None])
    answer = SpectralInference(folder).predict(events[1].folder)
    assert list(answer["probabilities"].values()) == pytest.approx(p[0].tolist(), abs=0.01)
    schema = json.loads((folder / write.SCHEMA).read_text("utf-8"))
    jsonschema.validate(answer, schema)
    assert set(answer) <= set(schema["properties"])


@pytest.mark.parametrize(
    "missing", [("video.mp4",), ("audio.wav",), ("sensors.csv",), ("video.mp4", "audio.wav", "sensors.csv")]
)
def test_events_with_missing_files_are_answered_and_empty_ones_are_undecided(packaged, made_events, tmp_path, missing):
    event = tmp_path / "event_x"
    shutil.copytree(sorted(made_events[0].iterdir())[2], event)
    for name in missing:
        (event / name).unlink()
    answer = SpectralInference(packaged[0]).predict(event)
    assert len(answer["modalities"]) == 3 - len(missing) and len(answer["issues"]) >= len(missing)
    assert (answer["class"] is None) == (len(missing) == 3)
    assert all(np.isfinite(list(answer["probabilities"].values())))


def test_it_runs_without_the_library(packaged, made_events, tmp_path):
    event = sorted(made_events[0].iterdir())[0]
    code = (
        f"from {NAME} import SpectralInference; import sys, json\n"
        f"answer = SpectralInference('.').predict({str(event)!r})\n"
        "print(json.dumps([answer['class'], sorted(m.split('.')[0] for m in sys.modules)]))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=packaged[0], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer, modules = json.loads(done.stdout)
    assert answer and not {"horuslib", "keras", "tensorflow", "sklearn"} & set(modules)


def test_a_scan_writes_one_answer_per_event_and_asks_once(packaged, made_events, tmp_path):
    folder, truth = made_events
    assert is_events_package(packaged[0]) and not is_events_package(tmp_path)
    first = list(scan_events(packaged[0], [folder], tmp_path))
    assert [new for _, new in first] == [True] * len(truth)
    assert {p.stem for p in tmp_path.glob("*.json")} == set(truth)
    assert [new for _, new in scan_events(packaged[0], [folder], tmp_path)] == [False] * len(truth)
    (tmp_path / f"{first[0][0]['event']}.json").write_text("{", "utf-8")
    assert [new for _, new in scan_events(packaged[0], [folder], tmp_path)].count(True) == 1


def test_two_events_never_share_an_answer_and_what_is_no_event_is_told(packaged, made_events, tmp_path, caplog):
    folder, truth = made_events
    key = next(iter(truth))
    for place in ("a", "b"):
        shutil.copytree(folder / key, tmp_path / place / key)
    (tmp_path / "a" / "event_empty").mkdir()
    with pytest.raises(UserError, match=f"would both be written as {key}.json"):
        list(scan_events(packaged[0], [tmp_path / "a", tmp_path / "b"], tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    twice = list(scan_events(packaged[0], [tmp_path / "a", tmp_path / "a"], tmp_path / "out"))
    assert [answer["event"] for answer, _ in twice] == [key]
    assert "event_empty: holds none of" in caplog.text


@pytest.fixture
def watching(packaged, tmp_path):
    """Watches a folder for so many rounds without waiting; returns the names of the events answered."""

    def watch(rounds):
        found = watch_events(packaged[0], tmp_path / "in", tmp_path / "out", rounds, poll_s=0.0, settled_s=0.0)
        return [answer["event"] for answer in found]

    (tmp_path / "in").mkdir()
    return watch


def test_new_events_are_answered_once_they_rest(watching, made_events, tmp_path):
    shutil.copytree(made_events[0], tmp_path / "in", dirs_exist_ok=True)
    assert watching(1) == [], "whatever their times: a copy keeps those of its source"
    assert watching(2) == sorted(made_events[1])
    assert watching(3) == [], "what was answered before is not asked again"


def test_an_event_whose_files_come_late_is_answered_again(watching, packaged, made_events, tmp_path):
    event = tmp_path / "in" / "event_x"
    shutil.copytree(sorted(made_events[0].iterdir())[2], event)
    video = (event / "video.mp4").rename(tmp_path / "video.mp4")
    answers = watch_events(packaged[0], tmp_path / "in", tmp_path / "out", 9, poll_s=0.0, settled_s=0.0)
    assert next(answers)["modalities"] == ["audio", "sensors"]
    video.rename(event / "video.mp4")
    assert next(answers)["modalities"] == ["video", "audio", "sensors"]
    assert len(json.loads((tmp_path / "out" / "event_x.json").read_text("utf-8"))["modalities"]) == 3


def test_a_watch_outlives_events_that_go(watching, made_events, tmp_path, monkeypatch):
    shutil.copytree(sorted(made_events[0].iterdir())[2], tmp_path / "in" / "event_x")

    def gone(folder):
        raise FileNotFoundError(2, "No such file or directory", str(folder))

    monkeypatch.setattr("horuslib.spectral.scan.content_of", gone)
    assert watching(3) == []


def test_what_is_no_package_is_told(tmp_path):
    with pytest.raises(UserError, match="is no package for events"):
        SpectralInference(tmp_path)


@pytest.mark.parametrize("name", [inference.MODEL, inference.BACKBONE, inference.METADATA])
@pytest.mark.parametrize("damage", ["missing", "empty", "another"])
def test_a_package_that_is_not_whole_is_told(packaged, tmp_path, name, damage):
    shutil.copytree(packaged[0], tmp_path / "export")
    path = tmp_path / "export" / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"[1]")
    with pytest.raises(UserError, match=r"is no package for events: .*copy the exported folder again"):
        SpectralInference(tmp_path / "export")


def test_an_event_that_is_no_folder_is_told(packaged, tmp_path):
    with pytest.raises(UserError, match="event_x is no folder"):
        SpectralInference(packaged[0]).predict(tmp_path / "event_x")

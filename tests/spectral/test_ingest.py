"""A folder of events as tables: classes, groups, folds, and sentences where there is too little."""

import json
import os
import shutil
from pathlib import Path

import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.spectral import sources
from horuslib.spectral.corrections import ledger_path, relabel
from horuslib.spectral.ingest import ingest
from horuslib.tasks import load_events_task


@pytest.fixture(scope="module")
def task():
    task = load_events_task("spectral")
    return task.model_copy(update={"splits": task.splits.model_copy(update={"folds": 2})})


@pytest.mark.slow
def test_events_become_rows_with_groups_and_folds(made_events, task):
    folder, truth = made_events
    found = ingest(folder, task, Path("none"))
    events = found.events.set_index("key")
    assert {key: row["class"] for key, row in truth.items()} == events.label.to_dict()
    assert events.has_video.all() and events.has_audio.all() and events.has_sensors.all()
    assert set(events.fold) == {0, 1} and (events.groupby("group_id").fold.nunique() == 1).all()
    assert events.magnetic_mean.between(20, 80).all()


@pytest.mark.slow
def test_what_an_analyst_says_counts_and_copies_stay_together(made_events, task, tmp_path):
    folder, _ = made_events
    shutil.copytree(folder, tmp_path / "raw")
    first = sorted((tmp_path / "raw").iterdir())[0]
    shutil.copytree(first, tmp_path / "raw" / "event_copy")
    paths = Paths(root=tmp_path)
    relabel(first, task.labels[3], task.labels, None, paths)
    found = ingest(tmp_path / "raw", task, ledger_path(paths))
    events = found.events.set_index("key")
    assert events.label[first.name] == events.label["event_copy"] == task.labels[3]
    assert events.group_id[first.name] == events.group_id["event_copy"]
    assert any("signals are those of" in problem for problem in found.report.problem)


@pytest.mark.slow
def test_events_that_cannot_be_learned_from_are_named(made_events, task, tmp_path):
    folder, truth = made_events
    shutil.copytree(folder, tmp_path / "raw")
    for name in ("event_bare", "event_empty"):
        (tmp_path / "raw" / name).mkdir()
        (tmp_path / "raw" / name / "metadata.json").write_text(json.dumps({"classification": task.labels[0]}), "utf-8")
    shutil.copytree(folder / next(iter(truth)), Path(os.fsdecode(os.fsencode(tmp_path / "raw") + b"/event_\xff")))
    found = ingest(tmp_path / "raw", task, Path("none"))
    events = found.events.set_index("key")
    assert events.label[["event_bare", "event_empty"]].isna().all() and set(events.index) == {
        *truth,
        "event_bare",
        "event_empty",
    }
    told = found.report[found.report.severity == "error"].set_index("file").problem
    assert told.to_dict() == {
        "event_bare": "nothing of it can be read", "event_empty": "nothing of it can be read",
        r"event_\xff": "the name of its folder is not UTF-8",
    }  # fmt: skip
    assert not found.report.problem.str.contains("signals are those of").any()


@pytest.mark.slow
def test_too_few_classes_stop_the_run_with_a_sentence(made_events, task, tmp_path):
    folder, _ = made_events
    shutil.copytree(folder, tmp_path / "raw")
    for about in (tmp_path / "raw").rglob("metadata.json"):
        content = json.loads(about.read_text("utf-8"))
        about.write_text(json.dumps({**content, "classification": "?"}), "utf-8")
    with pytest.raises(UserError, match="0 events of 0 classes can be trained on"):
        ingest(tmp_path / "raw", task, Path("none"))


def test_where_events_are_looked_for(made_events, tmp_path):
    folder, _ = made_events
    paths = Paths(root=tmp_path)
    assert sources.find_events_folder("", paths) == sources.demo_folder(paths)
    assert sources.find_events_folder(folder, paths) == folder.resolve()
    with pytest.raises(UserError, match="There is no folder"):
        sources.find_events_folder(tmp_path / "nowhere", paths)
    with pytest.raises(UserError, match="holds no event"):
        sources.find_events_folder(tmp_path, paths)
    before = sources.fingerprint_events(folder, paths)
    assert len(before) == 8 * 4
    ledger_path(paths).parent.mkdir(parents=True)
    ledger_path(paths).write_text("x", "utf-8")
    assert sources.fingerprint_events(folder, paths) != before


def test_every_file_is_named_in_text_that_can_be_written(tmp_path):
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/event_\xff"))
    place.mkdir()
    (place / "sensors.csv").write_text("timestamp,magnetic_magnitude\n0,48\n", "utf-8")
    assert list(sources.fingerprint_events(tmp_path, Paths(root=tmp_path))) == [r"event_\xff/sensors.csv"]

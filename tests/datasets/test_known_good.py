"""Known-good programme is listed by content, and stands on one side of every split."""

import os
import re

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.encode import write_wav
from horuslib.core import recorder
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.datasets import known_good, sources
from horuslib.datasets.corrections import Correction
from horuslib.tasks import load_task
from tests.conftest import noise


@pytest.fixture
def archive(tmp_path, rng):
    """Two sources, a file outside any, a copy, and one that is no media."""
    folder = tmp_path / "good"
    for name in ("radio/a.wav", "radio/b.wav", "tv/c.wav", "alone.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_wav(folder / name, noise(rng, 2), 16000)
    (folder / "tv" / "copy.wav").write_bytes((folder / "radio/a.wav").read_bytes())
    (folder / "tv" / "broken.mp4").write_bytes(b"no media")
    return folder


def test_recordings_are_listed_with_their_sources(archive, horus, tmp_path):
    programme = known_good.read(archive, horus, tmp_path / "cache")
    listed = programme.recordings.set_index("path")
    assert listed.status.to_dict() == {
        "alone.wav": "ok", "radio/a.wav": "ok", "radio/b.wav": "ok", "tv/c.wav": "ok", "tv/broken.mp4": "failed",
    }  # fmt: skip
    assert listed.source["radio/b.wav"] == "radio" and listed.source["alone.wav"] == "alone.wav"
    assert listed.duration_s["tv/c.wav"] == pytest.approx(2.0)
    found = {issue.file: (issue.problem, issue.severity) for issue in programme.issues}
    assert found["tv/copy.wav"] == ("same content as radio/a.wav", "note")
    assert found["tv/broken.mp4"][1] == "error"
    assert set(known_good.fingerprint(programme.recordings)) == {f"good/{path}" for path in listed.index}


@pytest.mark.slow
def test_what_cannot_be_listed_is_an_issue(archive, horus, tmp_path):
    """A link to itself or to nothing, a pipe, a linked folder; a file of unknown suffix is listed if it plays."""
    (archive / "tv" / "take.001").write_bytes((archive / "tv" / "c.wav").read_bytes())
    (archive / "tv" / "c.wav").unlink()
    (archive / "notes.xyz").write_text("no media")
    (archive / "notes.txt").write_text("no media")
    (archive / "radio" / "self.mp4").symlink_to("self.mp4")
    (archive / "radio" / "dead.mp4").symlink_to("nowhere.mp4")
    os.mkfifo(archive / "radio" / "pipe.mp4")
    (tmp_path / "elsewhere").mkdir()
    (archive / "linked").symlink_to(tmp_path / "elsewhere")
    programme = known_good.read(archive, horus, tmp_path / "cache")
    assert programme.recordings.set_index("path").status["tv/take.001"] == "ok"
    found = {issue.file: (issue.problem, issue.severity) for issue in programme.issues}
    assert found["radio/self.mp4"] == ("cannot be read: a link to itself", "error")
    assert found["radio/dead.mp4"] == ("cannot be read: a link to nothing", "error")
    assert found["radio/pipe.mp4"] == ("cannot be read: a named pipe", "error")
    assert found["linked"] == ("a link to a folder, which is not followed", "warning")
    assert found[""] == ("1 file that is no media (.xyz 1)", "note")
    assert "good/tv/take.001" in sources.fingerprint_good(archive)


def test_an_archive_of_unknown_suffixes_is_an_archive(archive, horus, tmp_path):
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "take.001").write_bytes((archive / "tv" / "c.wav").read_bytes())
    paths = Paths(root=tmp_path / "root", project=tmp_path)
    assert sources.find_good(tmp_path / "takes", paths, horus) == tmp_path / "takes"


def test_the_sound_is_at_hand_until_it_is_closed(archive, horus, tmp_path, rng):
    programme = known_good.read(archive, horus, tmp_path / "cache")
    assert len(programme.sound) == 4 and set(programme.sound) == set(
        programme.recordings.recording_id[programme.recordings.status == "ok"]
    )
    write_wav(tmp_path / "x.wav", x := noise(np.random.default_rng(20), 2), 16000)
    first = programme.recordings.recording_id[programme.recordings.path == "radio/a.wav"].iloc[0]
    np.testing.assert_allclose(programme.sound[first], x, atol=2e-4)
    programme.close()
    assert not (tmp_path / "cache").exists()


def test_progress_tells_hours_of_sound_a_minute(archive, horus, tmp_path, caplog):
    caplog.set_level("INFO", "horuslib")
    known_good.read(archive, horus, tmp_path / "cache")
    assert re.search(r"6 of 6 recordings, 0\.0 h of sound, [\d.]+ h a minute$", caplog.messages[-1])


def test_without_an_archive_nothing_is_listed(horus, tmp_path):
    programme = known_good.read(None, horus, tmp_path / "cache")
    assert programme.recordings.columns.tolist() == known_good.COLUMNS and programme.recordings.empty
    assert not programme.issues and not len(programme.sound)


def recordings(*rows):
    table = pd.DataFrame(rows, columns=["recording_id", "source", "duration_s"])
    return table.assign(path=table.recording_id, sha256=table.recording_id, status="ok", group_id="", fold=-1, split="")


SEGMENTS = pd.DataFrame(
    {"group_id": ["g0", "g1", "gh", "gu"], "split": ["train", "train", "holdout", "unlabelled"], "fold": [0, 1, -1, -1]}
)


def placed(rows, horus, group_of=None):
    table = known_good.placed(recordings(*rows), group_of or {}, SEGMENTS, horus)
    return {row.recording_id: (row.split, row.fold) for row in table.itertuples()}


def test_a_source_is_in_one_fold_and_folds_have_equal_hours(horus):
    found = placed([("a", "s1", 100), ("b", "s1", 100), ("c", "s2", 90), ("d", "s3", 90), ("e", "s4", 80)], horus)
    assert found["a"] == found["b"]
    hours = [
        sum(dict(a=100, b=100, c=90, d=90, e=80)[k] for k, (_, f) in found.items() if f == fold) for fold in (0, 1)
    ]
    assert abs(hours[0] - hours[1]) <= 60 and all(split == "train" for split, _ in found.values())


def test_what_shares_sound_with_a_labelled_video_is_on_its_side(horus):
    rows = [("a", "s1", 100), ("b", "s2", 500), ("c", "s3", 10), ("d", "s4", 10)]
    found = placed(rows, horus, {"a": "g1", "b": "gh", "c": "gu", "d": "other"})
    assert found["a"] == ("train", 1) and found["b"] == ("holdout", -1)
    assert found["c"][0] == found["d"][0] == "train"


def test_sources_that_share_sound_are_placed_together(horus):
    rows = [("a", "s1", 100), ("b", "s2", 100), ("c", "s2", 5), ("d", "s3", 5), ("e", "s4", 300)]
    found = placed(rows, horus, {"a": "x", "b": "x", "c": "y", "d": "y", "e": "e"})
    assert found["a"] == found["b"] == found["c"] == found["d"] != found["e"]


def test_a_source_with_sound_of_the_holdout_is_never_trained_on(horus):
    found = placed([("a", "s1", 100), ("b", "s1", 100)], horus, {"a": "g0", "b": "gh"})
    assert found == {"a": ("holdout", -1), "b": ("holdout", -1)}


def test_what_a_person_said_of_spans_is_listed():
    said = known_good.spans_said(
        recordings(("a", "s1", 100), ("b", "s1", 100)),
        {"a": [Correction(5, 10, "normal", "e1"), Correction(20, 25, None, "e2")], "z": [Correction(0, 5, "normal")]},
    )
    assert said.values.tolist() == [["a", 5, 10, "normal", "e1"], ["a", 20, 25, "", "e2"]]


def test_the_kinds_of_sources_are_a_table_of_the_archive(tmp_path):
    recorder.reset()
    assert known_good.kinds_of_sources(tmp_path, {"radio", "tv"}) == ({}, [])
    table = tmp_path / "sources.csv"
    assert recorder.reads().files == {str(table): None}, "a table that appears makes the step due"
    table.write_text("source;kind\nradio;Music\ntv;\ngames;music\n")
    kinds, problems = known_good.kinds_of_sources(tmp_path, {"radio", "tv"})
    assert kinds == {"radio": "music"} and problems == ["sources.csv names games, which the archive does not hold."]
    table.write_text("\ufeffkind, source\nspeech, tv\n")
    assert known_good.kinds_of_sources(tmp_path, {"radio", "tv"}) == ({"tv": "speech"}, [])
    table.write_text("name\nradio\n")
    assert "should name the columns source and kind" in known_good.kinds_of_sources(tmp_path, {"radio"})[1][0]
    recorder.reset()


def test_the_archive_is_the_named_folder_else_data_good(archive, horus, tmp_path):
    paths = Paths(root=tmp_path / "root", project=tmp_path)
    assert sources.find_good("", paths, horus) is None and sources.fingerprint_good(None) == {}
    assert sources.find_good(archive, paths, horus) == archive
    paths.good.mkdir(parents=True)
    assert sources.find_good("", paths, horus) is None
    (paths.good / "a.wav").write_bytes(b"x")
    assert sources.find_good("", paths, horus) == paths.good
    with pytest.raises(UserError, match=r"There is no folder .*nowhere: give the folder that holds the known-good"):
        sources.find_good(tmp_path / "nowhere", paths, horus)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"holds no video or sound file: put whole recordings"):
        sources.find_good(tmp_path / "empty", paths, horus)


def test_a_task_without_a_background_has_no_use_for_an_archive(archive, tmp_path):
    paths, sirens = Paths(root=tmp_path / "root", project=tmp_path), load_task("sirens")
    paths.good.mkdir(parents=True)
    (paths.good / "a.wav").write_bytes(b"x")
    assert sources.find_good("", paths, sirens) is None
    with pytest.raises(UserError, match="has no class for normal sound"):
        sources.find_good(archive, paths, sirens)


def test_the_list_is_due_when_a_file_changes(archive):
    before = sources.fingerprint_good(archive)
    (archive / "alone.wav").write_bytes(b"other")
    after = sources.fingerprint_good(archive)
    assert {name for name in before if before[name] != after[name]} == {"good/alone.wav"}

"""A user's own test set: what shares content, sound or source with it is reported by file and leaves training."""

import shutil

import numpy as np
import pytest

from horuslib.audio.encode import compressed, write_wav
from horuslib.core.errors import UserError
from horuslib.datasets.dataset import ingest
from horuslib.datasets.leaks import LEFT_OUT, without_test_sound
from horuslib.datasets.sources import find_test
from horuslib.tasks import load_task

TASK = load_task("sirens")
RATE_HZ = TASK.front_end.sample_rate_hz


def sound(seed, seconds):
    rng = np.random.default_rng(seed)
    envelope = 0.1 + np.abs(np.sin(np.arange(round(seconds * RATE_HZ)) / RATE_HZ * rng.uniform(3, 9)))
    return (0.1 * envelope * rng.standard_normal(len(envelope))).astype(np.float32)


@pytest.fixture
def folders(tmp_path):
    train, test = tmp_path / "train", tmp_path / "test"
    for k, label in enumerate(TASK.labels):
        write_wav(train / label / f"one{k}.wav", sound(k, 3.0), RATE_HZ)
        write_wav(train / label / f"two{k}.wav", sound(20 + k, 0.7), RATE_HZ)
        write_wav(test / label / f"other{k}.wav", sound(40 + k, 2.0), RATE_HZ)
    return train, test


def found(train, test, tmp_path):
    tables = ingest(train, TASK, tmp_path / "cache")
    audio = {path.stem: np.load(path) for path in (tmp_path / "cache").glob("*.npy")}
    return without_test_sound(tables, audio, test, TASK)


def test_nothing_shared_changes_nothing(folders, tmp_path):
    tables, shared = found(*folders, tmp_path)
    assert shared.empty and tables.report.empty and len(tables.segments) == 12


def test_copies_under_other_names_and_codecs_are_found(folders, tmp_path):
    train, test = folders
    shutil.copy(test / "alert_sounds/other2.wav", train / "human_scream/mine.wav")
    again = compressed(sound(23, 0.7), RATE_HZ, 48000)[0]
    (test / "road_traffic/short.webm").write_bytes(again)
    write_wav(train / "road_traffic/777123__me__bus.wav", sound(60, 2.0), RATE_HZ)
    write_wav(test / "road_traffic/777123__me__bus-2.wav", sound(61, 2.0), RATE_HZ)
    tables, shared = found(train, test, tmp_path)
    assert dict(zip(shared.path, shared.shared, strict=True)) == {
        "human_scream/mine.wav": "content",
        "road_traffic/two3.wav": "sound",
        "road_traffic/777123__me__bus.wav": "source",
    }
    assert not tables.segments.recording_id.isin(shared.recording_id).any()
    assert tables.counts["dropped_segments"] == {LEFT_OUT: 3}
    reported = tables.report[tables.report["where"] == "test set"]
    assert len(reported) == 3 and reported.problem.str.contains("alert_sounds/other2.wav of the test set").sum() == 1


def test_a_test_file_that_cannot_be_read_is_reported(folders, tmp_path):
    train, test = folders
    (test / "broken.wav").write_bytes(b"no sound")
    tables, shared = found(train, test, tmp_path)
    assert shared.empty and len(tables.segments) == 12
    assert tables.report[["file", "where", "action"]].to_numpy().tolist() == [
        ["broken.wav", "test set", "not compared with the training data"]
    ]


def test_without_a_test_set_nothing_changes(folders, tmp_path):
    tables = ingest(folders[0], TASK, tmp_path / "cache")
    assert without_test_sound(tables, {}, None, TASK)[0] is tables


def test_an_empty_test_set_is_refused(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    tables = ingest(folders[0], TASK, tmp_path / "cache")
    with pytest.raises(UserError, match="TEST="):
        without_test_sound(tables, {}, tmp_path / "empty", TASK)


def test_a_test_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="test set"):
        find_test(tmp_path / "nowhere")
    assert find_test("") is None
    assert find_test(str(tmp_path)) == tmp_path.resolve()

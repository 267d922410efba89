"""Which folder is read, and what makes its steps due."""

import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.speakers.corpus.sources import corrections, demo_folder, find_recordings, recordings
from horuslib.speakers.corrections import Correction, record
from horuslib.tasks import load_speakers_task, load_task


def test_the_users_recordings_come_before_the_demo(tmp_path):
    paths = Paths(root=tmp_path)
    assert find_recordings("", paths) == demo_folder(paths)
    paths.raw.mkdir(parents=True)
    (paths.raw / "a.wav").write_bytes(b"")
    assert find_recordings("", paths) == paths.raw
    with pytest.raises(UserError, match="There is no folder"):
        find_recordings(tmp_path / "absent", paths)


def test_turns_table_and_corrections_are_inputs(tmp_path):
    paths, task = Paths(root=tmp_path), load_speakers_task("speakers")
    for name in ("a.wav", "a.rttm", "speakers.csv"):
        (tmp_path / name).write_bytes(b"")
    assert set(recordings(task, {"raw": str(tmp_path)}, paths).content) == {"a.wav", "a.rttm", "speakers.csv"}
    assert corrections(task, {}, paths).content == {}
    record(paths, "a" * 64, Correction("rename", 1, name="Ana"))
    assert set(corrections(task, {}, paths).content) == {"speakers.csv"}


def test_a_task_of_another_workbook_is_said():
    with pytest.raises(UserError, match="Task horus does not work on speakers"):
        load_speakers_task("horus")
    with pytest.raises(UserError, match="Task speakers does not work on sound alone"):
        load_task("speakers")

"""A step's folder is whole or not there: after an exception, after a kill, after a kill between two renames."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from horuslib.core import artifacts, recorder
from horuslib.core.errors import UserError

STEP = "01_ingest"


def write(task, value, finish=True):
    step = artifacts.begin(STEP, task, {"value": value})
    step.write_table("numbers", pd.DataFrame({"value": [value]}))
    if finish:
        step.finish()
    return step


def value_now(task):
    return artifacts.read(STEP, task).table("numbers").value.tolist()


def neighbours(root):
    return sorted(p.name for p in (root / "artifacts" / "horus").iterdir() if p.name != artifacts.LOCKS)


def test_what_is_written_is_read_back(root, horus):
    step = artifacts.begin(STEP, horus)
    step.write_table("table", pd.DataFrame({"a": [1, 2], "b": ["é", None]}))
    step.write_array("array", np.arange(6, dtype=np.float16).reshape(2, 3))
    step.write_json("facts", {"n": np.int64(3), "x": np.array([1.5]), "name": "é"})
    step.path("deep/er/note.txt").write_text("kept")
    step.finish()
    assert step.folder == root / "artifacts" / "horus" / STEP
    read = artifacts.read(STEP, horus)
    assert read.table("table").b[0] == "é"
    assert read.table("table").b.isna().tolist() == [False, True]
    assert read.array("array").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert isinstance(read.array("array"), np.memmap)
    assert read.json("facts") == {"n": 3, "x": [1.5], "name": "é"}
    assert read.path("deep/er/note.txt").read_text() == "kept"


def test_nothing_is_seen_before_the_end(root, horus):
    write(horus, 1)
    write(horus, 2, finish=False)
    assert value_now(horus) == [1]


def test_an_exception_leaves_the_previous_folder(root, horus):
    write(horus, 1)
    with pytest.raises(ZeroDivisionError):
        write(horus, 1 / 0)
    before = (root / "artifacts" / "horus" / STEP / artifacts.PROVENANCE).read_bytes()
    step = artifacts.begin(STEP, horus)
    with pytest.raises(TypeError, match="set"):
        step.write_json("numbers", {1, 2})
    assert value_now(horus) == [1]
    assert (root / "artifacts" / "horus" / STEP / artifacts.PROVENANCE).read_bytes() == before


def killed(root, *, when):
    """A second process writes 2 into the step and dies by SIGKILL, `while writing` or `between the renames`."""
    script = f"""
import os, signal, pathlib
from horuslib.core import artifacts
from horuslib.tasks import load_task
import pandas as pd

step = artifacts.begin({STEP!r}, load_task("horus"))
step.write_table("numbers", pd.DataFrame({{"value": [2]}}))
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if {when!r} == "while writing":
    die()
renames, rename = [], pathlib.Path.rename
pathlib.Path.rename = lambda self, target: die() if renames else (renames.append(target), rename(self, target))
step.finish()
"""
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "HORUS_ROOT": str(root)})
    assert done.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("when", ["while writing", "between the renames"])
def test_a_kill_leaves_the_previous_folder_and_is_swept(root, horus, when):
    write(horus, 1)
    killed(root, when=when)
    assert neighbours(root) != [STEP]
    assert value_now(horus) == [1]
    step = artifacts.begin(STEP, horus)
    assert list(step.folder.iterdir()) == []
    assert value_now(horus) == [1]
    step.write_table("numbers", pd.DataFrame({"value": [3]}))
    step.finish()
    assert value_now(horus) == [3]
    assert neighbours(root) == [STEP]


@pytest.mark.slow
def test_a_run_that_begins_after_a_kill_between_the_renames_mends_it(root, horus):
    write(horus, 1)
    killed(root, when="between the renames")
    write(horus, 2, finish=False)
    assert (root / "artifacts" / "horus" / STEP / artifacts.PROVENANCE).exists()
    assert value_now(horus) == [1]


def test_reading_changes_nothing_after_a_kill_between_the_renames(root, horus):
    """A reader that put the old folder back would pull it from under a writer that is exchanging them."""
    write(horus, 1)
    killed(root, when="between the renames")
    before = neighbours(root)
    assert value_now(horus) == [1]
    assert neighbours(root) == before


@pytest.mark.slow
def test_a_reader_waits_for_an_exchange_under_way(root, horus):
    write(horus, 1)
    final = root / "artifacts" / "horus" / STEP
    script = f"""
from horuslib.core import artifacts
from horuslib.tasks import load_task
print(artifacts.read({STEP!r}, load_task("horus")).table("numbers").value.tolist())
"""
    with FileLock(final.parent / artifacts.LOCKS / f"{STEP}.exchange"):
        aside = final.with_name(f".{STEP}.old")
        final.rename(aside)
        reader = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "HORUS_ROOT": str(root)},
        )
        with pytest.raises(subprocess.TimeoutExpired):
            reader.wait(3)  # it cannot end before the lock is released, however long that takes
        aside.rename(final)
    assert reader.communicate()[0] == "[1]\n"


def test_two_writers_do_not_delete_each_others_work(root, horus):
    script = f"""
import sys
from horuslib.core import artifacts
from horuslib.tasks import load_task
step = artifacts.begin({STEP!r}, load_task("horus"))
step.write_json("mine", {{}})
print("begun", flush=True)
sys.stdin.readline()
step.finish()
"""
    other = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HORUS_ROOT": str(root)},
    )
    assert other.stdout.readline() == "begun\n"
    with pytest.raises(
        UserError, match=r"01_ingest of task horus is being written by another process.*shut that kernel"
    ):
        artifacts.begin(STEP, horus)
    other.communicate("go on\n")
    assert other.returncode == 0
    assert artifacts.read(STEP, horus).json("mine") == {}
    write(horus, 2)
    assert value_now(horus) == [2]


def test_an_analyst_who_runs_the_first_cell_twice_begins_again(root, horus):
    write(horus, 1, finish=False)
    write(horus, 2)
    assert value_now(horus) == [2]


def test_provenance_records_what_was_read(root, horus):
    write(horus, 1)
    recorder.reset()
    artifacts.read(STEP, horus)
    _ = horus.decision.measures
    step = artifacts.begin("02_explore", horus)
    step.finish()
    read = artifacts.read("02_explore", horus).json("provenance")["read"]
    assert read["task"]["decision.measures"] == ["echo", "room", "quiet", "noise"]
    assert "decision.target_lufs" not in read["task"]
    assert list(read["artifacts"]) == [STEP] and list(read["artifacts"][STEP]) == ["numbers.parquet"]


def test_a_file_of_the_previous_run_does_not_live_on(root, horus):
    step = artifacts.begin(STEP, horus)
    step.write_json("old", {})
    step.finish()
    write(horus, 1)
    with pytest.raises(UserError, match=r"01_ingest of task horus has no old\.json: run `make all TASK=horus` first"):
        artifacts.read(STEP, horus).json("old")


def test_a_step_that_never_ran_is_a_sentence(root, horus):
    with pytest.raises(UserError, match=r"05_train of task horus has not run yet: run `make all TASK=horus` first"):
        artifacts.read("05_train", horus)


def test_a_folder_without_provenance_is_no_result(root, horus):
    (root / "artifacts" / "horus" / STEP).mkdir(parents=True)
    with pytest.raises(UserError, match="has not run yet"):
        artifacts.read(STEP, horus)


def test_provenance_says_what_made_it(root, horus):
    step = artifacts.begin(STEP, horus, {"raw": "videos"})
    step.path("hello.txt").write_bytes(b"hello")
    step.path("deep/empty.txt").write_bytes(b"")
    step.finish(inputs={"a.mp4": "0123"})
    provenance = artifacts.read(STEP, horus).json("provenance")
    # SHA-256 of "hello" and of nothing, as published everywhere.
    assert provenance["files"] == {
        "deep/empty.txt": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "hello.txt": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    }
    assert (provenance["step"], provenance["task"], provenance["seed"]) == (STEP, "horus", horus.seed)
    assert provenance["parameters"] == {"raw": "videos"}
    assert provenance["inputs"] == {"a.mp4": "0123"}
    assert provenance["libraries"]["numpy"] == np.__version__
    assert provenance["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")


def test_tasks_do_not_share_their_steps(root, horus, heimdall):
    write(horus, 1)
    write(heimdall, 2)
    assert (value_now(horus), value_now(heimdall)) == ([1], [2])


def test_json_is_json_even_where_numbers_are_not(tmp_path):
    path = artifacts.write_json(
        tmp_path / "new" / "x.json", {"nan": float("nan"), "deep": [np.inf, (np.float32(0.5), np.nan)], "p": tmp_path}
    )

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert json.loads(path.read_text("utf-8"), parse_constant=refuse) == {
        "nan": None,
        "deep": [None, [0.5, None]],
        "p": str(tmp_path),
    }


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = artifacts.write_bytes(tmp_path / "x.bin", b"old")
    with pytest.raises(TypeError):
        artifacts.write_bytes(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_step_is_on_the_disk_before_it_takes_its_place(root, horus, monkeypatch):
    """A power cut after the exchange leaves no name without its content."""
    calls, fsync, rename = [], os.fsync, os.rename
    synced = lambda fd: os.readlink(f"/proc/self/fd/{fd}")  # noqa: E731
    step = artifacts.begin("01_ingest", horus)
    step.write_table("recordings", pd.DataFrame({"a": [1]}))
    step.write_array("audio", np.zeros(3))
    step.path("sub/model.keras").write_bytes(b"model")
    folder = step.folder
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(synced(fd)), fsync(fd)))
    monkeypatch.setattr(os, "rename", lambda a, b, **_: (calls.append("renamed"), rename(a, b)))
    step.finish()
    before, after = calls[: calls.index("renamed")], calls[calls.index("renamed") + 1 :]
    names = ("recordings.parquet", "audio.npy", "sub/model.keras", "sub", artifacts.PROVENANCE, "")
    assert {str(folder / name).rstrip("/") for name in names} <= set(before)
    assert after == [str(folder.parent)]

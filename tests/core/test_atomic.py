import os
import subprocess
import sys
import time

import pytest

from horuslib.core import atomic
from horuslib.core.atomic import all_to_the_disk, replacing, sweep


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    target = tmp_path / "sub" / "a.json"
    with replacing(target) as path:
        path.write_text("first")
        assert not target.exists() and path.parent == target.parent
    with pytest.raises(OSError, match="full"), replacing(target) as path:
        path.write_text("sec")
        raise OSError("full")
    assert target.read_text() == "first" and names(target.parent) == ["a.json"]


def test_content_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    calls, fsync, rename = [], os.fsync, os.replace
    synced = lambda fd: os.readlink(f"/proc/self/fd/{fd}")  # noqa: E731
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(("on disk", synced(fd))), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append(("renamed", str(a))), rename(a, b)))
    with replacing(tmp_path / "a") as path:
        path.write_text("x")
    assert calls == [("on disk", str(path)), ("renamed", str(path)), ("on disk", str(tmp_path))]


def test_two_writers_of_one_process_never_share_a_name(tmp_path):
    with replacing(tmp_path / "a") as first, replacing(tmp_path / "a") as second:
        first.write_text("1")
        second.write_text("2")
        assert first != second
    assert (tmp_path / "a").read_text() == "1"


def test_a_name_as_long_as_may_be_fits(tmp_path):
    with replacing(tmp_path / ("n" * 255)) as path:
        path.touch()
    assert names(tmp_path) == ["n" * 255]


def test_what_a_killed_process_left_is_swept_away_and_nothing_else(tmp_path):
    left = f"""
import os
from pathlib import Path
from horuslib.core.atomic import replacing
with replacing(Path({str(tmp_path)!r}) / "a") as path:
    path.touch()
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", left])
    assert len(names(tmp_path)) == 1
    (tmp_path / ".notes.partial").touch()
    with replacing(tmp_path / "b") as path:
        path.write_text("still at work")
        sweep(tmp_path)
        assert names(tmp_path) == sorted([".notes.partial", path.name])
    assert names(tmp_path) == [".notes.partial", "b"]


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_of_another_host_only_what_is_old_is_swept(tmp_path, hours, stays):
    other = tmp_path / f".elsewhere.{os.getpid()}.0123abcd.partial"
    other.touch()
    os.utime(other, (time.time() - hours * 3600,) * 2)
    sweep(tmp_path)
    assert other.exists() == stays


def test_a_folder_that_is_not_there_has_nothing_to_sweep(tmp_path):
    sweep(tmp_path / "nowhere")


def test_the_host_is_in_the_name(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_HOST", "node-7")
    with replacing(tmp_path / "a") as path:
        path.touch()
        assert path.name.startswith(f".node-7.{os.getpid()}.")


def test_a_folder_is_on_the_disk_with_all_that_it_holds_and_its_own_name_last(tmp_path, monkeypatch):
    calls, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd)))
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep").write_text("x")
    (tmp_path / "a" / "flat").write_text("x")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "nowhere")
    all_to_the_disk(tmp_path / "a")
    assert sorted(calls) == sorted(str(tmp_path / name) for name in ("a", "a/b", "a/b/deep", "a/flat"))
    assert calls.index(str(tmp_path / "a" / "b")) > calls.index(str(tmp_path / "a" / "b" / "deep"))
    assert calls[-1] == str(tmp_path / "a")

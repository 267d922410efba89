"""Files under a folder, and names that lead nowhere."""

import os
import socket

import pytest

from horuslib.core.errors import UserError
from horuslib.core.walk import LeftOut, fits, shown, walk


def test_every_regular_file_is_found_once(tmp_path):
    for name in ("a", "deep/b", ".hidden/c", "deep/.d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.symlink("a", tmp_path / "link")
    left_out = LeftOut()
    found = sorted(path.relative_to(tmp_path).as_posix() for path in walk(tmp_path, left_out))
    assert found == ["a", "deep/b", "link"] and left_out == LeftOut()


def test_what_is_no_file_is_named_with_its_kind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        left_out = LeftOut()
        assert list(walk(tmp_path, left_out)) == []
    assert sorted(left_out.named) == [(f"{tmp_path}/pipe", "a named pipe"), (f"{tmp_path}/socket", "a socket")]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(walk(tmp_path / "gone", LeftOut()))


def test_patterns_fit_names_and_paths():
    assert fits("old", "2026/old", ["old/"]) and fits("a.tmp", "x/a.tmp", ["*.tmp"])
    assert fits("a.mp4", "old/x/a.mp4", ["old/*"]) and not fits("a.mp4", "new/a.mp4", ["old/*", "*.ts"])


def test_an_error_can_be_written_whatever_name_it_quotes():
    name = os.fsdecode(b"caf\xe9.mp4")
    assert shown(name) == "caf\\xe9.mp4"
    assert str(UserError(f"{name} is damaged.")) == "caf\\xe9.mp4 is damaged."

"""The files that a scan finds, and the names of their diagnoses."""

import io
from pathlib import Path

import pytest

from horuslib.core.errors import UserError
from horuslib.inference.inputs import find_inputs


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Empty files, which are not opened here."""
    monkeypatch.chdir(tmp_path)
    for name in ("archive/2026/a.mp4", "archive/2026/deep/b.ts", "archive/2025/a.mp4", "archive/notes.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    return tmp_path


def names(*inputs):
    return [name for _, name in find_inputs(inputs)]


def test_files_are_named_by_their_names_and_folders_keep_their_order(archive):
    assert names("archive/2026/a.mp4") == ["a.mp4"]
    assert names("archive") == ["2025/a.mp4", "2026/a.mp4", "2026/deep/b.ts"]


def test_any_file_that_is_named_is_scanned_whatever_its_suffix(archive):
    assert names("archive/notes.txt") == ["notes.txt"]


def test_patterns_keep_the_place_under_their_fixed_part(archive):
    assert names("archive/*/a.mp4") == ["2025/a.mp4", "2026/a.mp4"]
    assert names("archive/**/*.ts") == ["2026/deep/b.ts"]
    assert names("archive/20*") == ["2025/a.mp4", "2026/a.mp4", "2026/deep/b.ts"]


def test_a_list_names_files_folders_and_patterns(archive):
    (archive / "list.txt").write_text("\ufeff# last night\n\narchive/2026/a.mp4\narchive/2025\n")
    assert names("@list.txt") == ["archive/2026/a.mp4", "a.mp4"]


def test_paths_of_a_list_stay_under_the_output_folder(archive):
    (archive / "list.txt").write_text(f"{archive}/archive/2026/a.mp4\narchive/2026/../2025/a.mp4\n")
    assert names("@list.txt") == [f"{archive}/archive/{year}/a.mp4"[1:] for year in (2026, 2025)]


def test_standard_input_is_a_list(archive, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("archive/2026/a.mp4\narchive/2025/a.mp4\n"))
    assert names("-") == ["archive/2026/a.mp4", "archive/2025/a.mp4"]


def test_inputs_that_would_share_a_diagnosis_are_refused(archive):
    with pytest.raises(UserError, match=r"a\.mp4\.json"):
        find_inputs(["archive/2026/a.mp4", "archive/2025/a.mp4"])
    assert names("archive/2026/a.mp4", "archive/2026/a.mp4", "archive/2026") == ["a.mp4", "deep/b.ts"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nowhere", "no file or folder nowhere"),
        ("archive/*.mp4", "no media file"),
        ("@nowhere", "list nowhere cannot be read"),
        ("@list.txt", "list.txt, line 2: There is no file or folder gone.mp4"),
    ],
)
def test_what_is_missing_is_named(archive, given, words):
    (archive / "list.txt").write_text("archive\ngone.mp4\n")
    with pytest.raises(UserError, match=words):
        find_inputs([given])


def test_a_list_that_is_not_text_is_a_clear_error(archive):
    (archive / "list.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(UserError, match=r"should be text with a file or folder on each line"):
        find_inputs(["@list.txt"])

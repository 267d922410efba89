"""The files that a scan finds, and the names of their diagnoses."""

import io
import os
from pathlib import Path

import pytest

from horuslib.core.errors import UserError
from horuslib.inference.inputs import Search, find_inputs


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
        ("@list.txt", "list.txt, line 1: There is no file or folder gone.mp4"),
    ],
)
def test_what_is_missing_is_named(archive, given, words):
    (archive / "list.txt").write_text("gone.mp4\n")
    with pytest.raises(UserError, match=words):
        find_inputs([given])


def test_a_list_that_is_not_text_is_a_clear_error(archive):
    (archive / "list.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(UserError, match=r"should be text with a file or folder on each line"):
        find_inputs(["@list.txt"])


def searched(*inputs, **how):
    """The names that are found, and what was left out."""
    search = Search(**how)
    return [name for _, name in find_inputs(inputs, search)], search.left_out


def test_a_vanished_file_of_a_list_stops_no_other(archive):
    (archive / "list.txt").write_text("archive/2026/a.mp4\ngone.mp4\narchive/2025\n")
    found, left_out = searched("@list.txt")
    assert found == ["archive/2026/a.mp4", "a.mp4"]
    assert left_out.named == [("list.txt, line 2: gone.mp4", "no such file or folder")]
    assert searched("archive", "nowhere")[1].named == [("nowhere", "no such file or folder")]


def test_names_that_lead_nowhere_are_left_out_and_named(archive):
    os.symlink("self.mp4", "archive/2025/self.mp4")
    os.symlink("gone.mp4", "archive/2025/broken.mp4")
    os.mkfifo("archive/2025/pipe.mp4")
    found, left_out = searched("archive")
    assert found == ["2025/a.mp4", "2026/a.mp4", "2026/deep/b.ts"]
    assert sorted(left_out.named) == [
        ("archive/2025/broken.mp4", "a link to nothing"),
        ("archive/2025/pipe.mp4", "a named pipe"),
        ("archive/2025/self.mp4", "a link to itself"),
    ]
    with pytest.raises(UserError, match=r"pipe\.mp4 cannot be read \(a named pipe, which `horus watch` can hear"):
        find_inputs(["archive/2025/pipe.mp4"])
    assert searched("archive/2025/*")[0] == ["a.mp4"] and len(searched("archive/2025/*")[1].named) == 3


def test_a_name_in_latin_1_is_scanned_and_written_as_text(archive):
    path = os.fsencode(archive) + b"/archive/2025/not\xedcias.mp4"
    open(path, "wb").close()
    assert names("archive/2025") == ["a.mp4", "not\\xedcias.mp4"]
    (archive / "list.txt").write_bytes(b"archive/2025/not\xedcias.mp4\n")
    ((found, name),) = find_inputs(["@list.txt"])
    assert found.is_file() and name == "archive/2025/not\\xedcias.mp4"


def test_patterns_exclude_files_and_folders(archive):
    found, left_out = searched("archive", exclude=["2026/deep", "*.tmp"])
    assert found == ["2025/a.mp4", "2026/a.mp4"] and left_out.excluded == 1
    assert searched("archive", exclude=["a.*"])[0] == ["2026/deep/b.ts"]
    assert searched("archive/*/*", exclude=["*.ts", "notes*"])[0] == ["2025/a.mp4", "2026/a.mp4"]


def test_links_to_folders_are_followed_on_request_and_never_in_circles(archive):
    (archive / "store").mkdir()
    (archive / "store" / "c.mp4").touch()
    os.symlink(archive / "store", "archive/store")
    os.symlink(archive / "archive", "archive/2025/up")
    found, left_out = searched("archive")
    assert found == ["2025/a.mp4", "2026/a.mp4", "2026/deep/b.ts"] and len(left_out.links) == 2
    found, left_out = searched("archive", follow_links=True)
    assert "store/c.mp4" in found and len(found) == 4
    assert left_out.named == [("archive/2025/up", "a link to a folder above it")]


def test_what_is_no_media_is_counted_by_suffix(archive):
    (archive / "archive/2025/x.jpg").touch()
    assert searched("archive")[1].passed_over == {".txt": 1, ".jpg": 1}
    with pytest.raises(UserError, match="no media file in archive/2025, only 1 other file"):
        Path("archive/2025/a.mp4").unlink()
        find_inputs(["archive/2025"])

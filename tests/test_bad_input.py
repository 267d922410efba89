"""What a person may get wrong, or a machine: one sentence each, exit status 2, and nothing half-written."""

import json
import os
import shutil
import socketserver
import threading
from contextlib import contextmanager

import pytest
import soundfile

from horuslib.cli import main
from horuslib.export.bundle import LITE_MODEL, METADATA, MODEL
from horuslib.inference.inputs import Search, find_inputs
from horuslib.inference.package import LABELS
from tests.conftest import tone


@pytest.fixture
def package(export, tmp_path):
    return shutil.copytree(export, tmp_path / "export")


@pytest.fixture
def video(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videos").mkdir()
    soundfile.write(tmp_path / "videos" / "a.wav", tone(6), 16000)
    return tmp_path / "videos"


@pytest.fixture
def said(tmp_path, capsys):
    """Runs a command that must fail; gives its sentence."""

    def run(*command):
        assert main([str(word) for word in command]) == 2
        told = capsys.readouterr().err
        assert told.startswith("horus: ") and told.endswith(".\n") and told.count("\n") == 1
        written = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
        assert not written
        return told

    return run


@contextmanager
def closed(folder):
    """A folder that nobody here may read; root, who may read everything, is nobody for so long."""
    folder.chmod(0)
    if not os.geteuid():
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and not parent.stat().st_mode & 1:
                parent.chmod(0o755)
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        folder.chmod(0o755)


def scan(video, package, *more):
    return ("scan", video, "--model", package, "--out", "out", *more)


def test_a_missing_model_folder(said, video):
    assert "no model folder nowhere" in said(*scan(video, "nowhere"))


def test_a_folder_that_is_no_package(said, video):
    assert "has no file *.metadata.json, so it is no exported package" in said(*scan(video, video))


def test_labels_that_disagree_with_the_metadata(said, video, package):
    (package / LABELS).write_text("class\nnormal\neco_reverb\n")
    assert "disagree about the labels: normal, eco_reverb against" in said(*scan(video, package))


@pytest.mark.parametrize("told", [True, False])
def test_a_corrupted_model(said, video, package, told):
    (package / LITE_MODEL).unlink()
    (package / MODEL).write_bytes(b"PK" + bytes(1000))
    if not told:
        about = json.loads((package / METADATA).read_text())
        (package / METADATA).write_text(json.dumps({k: v for k, v in about.items() if k != "sha256"}))
    assert (f"{MODEL} is damaged" if told else f"{MODEL} does not load as a model") in said(*scan(video, package))


def test_an_unknown_task(said, root):
    assert "no task 'nope'" in said("run", "--task", "nope", "08_export")


def test_a_folder_of_videos_that_cannot_be_read(said, video, package):
    with closed(video):
        assert f"folder {video} cannot be read (Permission denied)" in said(*scan(video, package))


def test_a_folder_in_it_that_cannot_be_read_is_left_out_and_named(video):
    search = Search()
    folder = video / "lost+found"
    folder.mkdir()
    with closed(folder):
        assert [name for _, name in find_inputs([video], search)] == ["a.wav"]
    assert search.left_out.named == [(str(folder), "Permission denied")]


def test_what_is_left_out_is_counted_and_named_and_has_its_exit_status(video, package, capsys):
    os.symlink("self.mp4", video / "self.mp4")
    (video / "notes.txt").touch()
    assert main([str(word) for word in scan(video, package)]) == 3
    told = capsys.readouterr()
    assert f"Left out: {video / 'self.mp4'} (a link to itself)" in told.err and "1 files" in told.out
    assert "Passed over: 1 file that is no media (.txt 1), 1 path that cannot be read" in told.out


@pytest.mark.parametrize("name", [b"not\xedcias.wav", b"L" * 247 + b".wav", "é".encode() * 120 + b".wav"])
def test_a_name_that_is_no_text_or_too_long_stops_no_other(video, package, name, capsys):
    shutil.copy(video / "a.wav", os.fsencode(video) + b"/" + name)
    for seen in ("2 files,", "2 files (2 done before, skipped)"):
        assert main([str(word) for word in scan(video, package)]) == 0
        assert seen in capsys.readouterr().out
    found = [json.loads(path.read_text("utf-8"))["file"] for path in (video.parent / "out").glob("*.json")]
    assert sorted(found) == sorted(["a.wav", name.decode("utf-8", "backslashreplace")])
    assert main(["report", str(video.parent / "out"), "--sound", str(video)]) == 0
    assert "not in the folder" not in capsys.readouterr().err


def test_a_broken_file_whose_name_is_no_text_is_named(video, package, capsys):
    with open(os.fsencode(video) + b"/caf\xe9.mp4", "wb") as file:
        file.write(b"no video")
    assert main([str(word) for word in scan(video, package)]) == 3
    assert "caf\\xe9.mp4 cannot be opened" in capsys.readouterr().err


def test_a_defect_of_the_program_shares_no_status_with_a_verdict(video, package, monkeypatch, capsys):
    monkeypatch.setattr("horuslib.inference.inputs.find_inputs", lambda *_: 1 / 0)
    assert main([str(word) for word in scan(video, package)]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_address_is_for_watch(said, video, package):
    assert "`horus watch https://example.org/live.m3u8`" in said(*scan("https://example.org/live.m3u8", package))


def test_a_folder_that_cannot_be_written(said, video, package, tmp_path):
    (tmp_path / "file").touch()
    words = said("scan", video, "--model", package, "--out", tmp_path / "file" / "sub")
    assert "sub cannot be written (Not a directory)" in words


def test_an_installation_that_cannot_be_read(said, package, tmp_path):
    (tmp_path / "horus").mkdir()
    with closed(tmp_path / "horus"):
        assert "horus cannot be read (Permission denied)" in said("install", tmp_path / "horus", "--package", package)


def test_an_installation_with_a_folder_of_others_is_no_worse_for_it(package, tmp_path):
    (tmp_path / "horus" / "models").mkdir(parents=True)
    (tmp_path / "horus" / "postgres").mkdir()
    with closed(tmp_path / "horus" / "postgres"):
        from horuslib.export.model_folders import find_model_folders

        assert find_model_folders(tmp_path / "horus") == [tmp_path / "horus" / "models"]


def test_a_url_that_ends(said, package):
    class Empty(socketserver.BaseRequestHandler):
        def handle(self):
            pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = f"tcp://127.0.0.1:{server.server_address[1]}"
        words = said("watch", source, "--attempts", 1, "--patience", 2, "--model", package)
        server.shutdown()
    assert f"{source} delivered no sound in 1 attempt" in words


@pytest.mark.parametrize("text", ["eco_reverb", "eco_reverb=loud", "nobody=0.5"])
def test_a_threshold_that_is_none(said, video, package, text):
    assert text.partition("=")[0] in said(*scan(video, package, "--threshold", text))

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


@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_of_videos_that_cannot_be_read(said, video, package, inside):
    folder = video / "2026" if inside else video
    folder.mkdir(exist_ok=True)
    with closed(folder):
        assert f"folder {folder} cannot be read (Permission denied)" in said(*scan(video, package))


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

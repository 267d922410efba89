"""`horus speech` over files: formats, what is skipped, what could not be read."""

import shutil

import pytest

from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.speech.folder import read_transcript
from tests.speech.test_transcribe import written
from tests.speech.voice import say

pytestmark = pytest.mark.slow


def test_files_are_transcribed_once_and_bad_ones_are_named(whisper_folder, tmp_path, capsys):
    sound, out = tmp_path / "sound", tmp_path / "out"
    (sound / "sub").mkdir(parents=True)
    written(sound / "sub" / "a.wav", say("bom dia"))
    (sound / "bad.wav").write_bytes(b"no sound")
    command = ["speech", str(sound), "--model", str(whisper_folder), "--out", str(out), "--threads", "2"]
    assert main([*command, "--formats", "srt,vtt"]) == 3
    assert "bad.wav cannot be opened" in capsys.readouterr().err
    before = (out / "sub" / "a.wav.json").read_bytes()
    assert read_transcript(out / "sub" / "a.wav.json").file == "sub/a.wav"
    assert (out / "sub" / "a.wav.srt").read_text("utf-8").startswith("1\n00:00:00")
    (sound / "bad.wav").unlink()
    assert main([*command, "--formats", "txt"]) == 0
    assert "1 done before, skipped" in capsys.readouterr().out
    assert (out / "sub" / "a.wav.txt").is_file()
    assert (out / "sub" / "a.wav.json").read_bytes() == before
    shutil.rmtree(out / ".transcribed")
    assert main(command) == 0
    assert "skipped" not in capsys.readouterr().out


def test_an_unknown_format_is_refused(whisper_folder, tmp_path, capsys):
    written(tmp_path / "a.wav", say("bom dia"))
    assert main(["speech", str(tmp_path / "a.wav"), "--model", str(whisper_folder), "--formats", "doc"]) == 2
    assert "There is no format doc" in capsys.readouterr().err


def test_no_model_is_a_question(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("MODEL_DIR", raising=False)
    written(tmp_path / "a.wav", say("bom dia"))
    assert main(["speech", str(tmp_path / "a.wav")]) == 2
    assert "Which speech model?" in capsys.readouterr().err


def test_a_json_that_is_no_transcript_is_named(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(UserError, match="is no transcript"):
        read_transcript(tmp_path / "a.json")

"""`horus speech` over files: formats, what is skipped, what could not be read."""

import shutil

import pytest

from horuslib.audio.encode import write_wav
from horuslib.audio.media import read_excerpt
from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.speech.folder import read_transcript
from horuslib.speech.rttm import read_rttm
from tests.conftest import PROJECT
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


def test_words_have_speakers_when_they_are_asked_for(whisper_folder, tmp_path, capsys):
    """The first 19 s of a conversation: Ana until 8.7 s, Bruno from 9.6 to 13.7 s, Ana from 14.3 s on."""
    conversation = read_excerpt(PROJECT / "data" / "demo_speakers" / "entrevista_01.webm", 0, 19, 16000)
    sound = write_wav(tmp_path / "talk.wav", conversation, 16000)
    out = tmp_path / "out"
    command = ["speech", str(sound), "--model", str(whisper_folder), "--out", str(out), "--formats", "rttm,srt"]
    assert main(command) == 0
    assert {word.speaker for word in read_transcript(out / "talk.wav.json").words} == {None}
    assert main([*command, "--speakers", "2", "--variety", "pt-BR"]) == 0
    assert "skipped" not in capsys.readouterr().out
    assert read_transcript(out / "talk.wav.json").variety == "pt-BR"
    words = read_transcript(out / "talk.wav.json").words
    for begin_s, end_s, speaker in ((1, 8, "S01"), (10, 13, "S02"), (15, 18, "S01")):
        assert {word.speaker for word in words if begin_s <= word.start_s and word.end_s <= end_s} == {speaker}
    assert {turn.speaker for turn in read_rttm(out / "talk.wav.rttm")["talk.wav"]} == {"S01", "S02"}
    assert "S02: " in (out / "talk.wav.srt").read_text("utf-8")
    assert main([*command, "--diarize", "--speakers", "2", "--variety", "pt-BR", "--workers", "2"]) == 0
    assert "1 done before, skipped" in capsys.readouterr().out
    assert main([*command, "--speakers", "0"]) == 2
    assert "--speakers is 0" in capsys.readouterr().err


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

"""Jobs that need diarization: refused with a sentence where it is not installed, done where it is."""

import numpy as np
import pytest
import soundfile

from horuslib.service.jobs import JobRequest
from horuslib.service.settings import Settings
from horuslib.service.workers import diarizer
from horuslib.service.workers.work import Work
from horuslib.speech.speakers import Turn
from horuslib.speech.transcript import Transcript
from tests.speech.voice import say

installed = pytest.mark.skipif(diarizer.missing() is not None, reason="horuslib.speakers is not there")


def progress(seconds):
    pass


@pytest.mark.skipif(diarizer.missing() is None, reason="diarization is installed")
@pytest.mark.parametrize("task", ["diarize", "both"])
def test_what_is_not_installed_is_said(task, running, beep):
    answer = running.submit(beep, task)
    assert answer.status_code == 501
    assert answer.json()["error"]["message"].startswith("Diarization is not installed")


def test_turns_read_back_from_a_result():
    found = {"turns": [{"start_s": 0.5, "end_s": 2.0, "speaker": "S01"}]}
    assert diarizer.turns_of(found) == [Turn(0.5, 2.0, "S01")]


@installed
def test_a_talk_gets_turns_and_words_with_speakers(whisper_folder, tmp_path):
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.concatenate([say("bom dia"), np.zeros(8000, np.float32)] * 3), 16000)
    work = Work(whisper_folder, Settings.read({"CPU_THREADS": "2"}))
    found = work.do("diarize", path, "talk.wav", JobRequest(task="diarize", speakers=1), progress)
    assert {turn.speaker for turn in diarizer.turns_of(found)} == {"S01"}
    both = Transcript.model_validate(work.do("both", path, "talk.wav", JobRequest(task="both", speakers=1), progress))
    assert {word.speaker for word in both.words} <= {"S01", None}
    assert "S01" in {segment.speaker for segment in both.segments}


@installed
def test_where_nobody_speaks_there_are_no_turns(tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(32000, np.float32), 16000)
    assert diarizer.diarization(tmp_path / "silence.wav", "silence.wav", None)["turns"] == []

"""Jobs that need diarization, on a shipped conversation.

Ana speaks from 0.4 to 8.7 s, Bruno from 9.6 to 13.7 s, Ana from 14.3 s on.
"""

import json
import subprocess

import jsonschema
import numpy as np
import pytest
import soundfile

from horuslib.audio.encode import write_wav
from horuslib.audio.media import read_excerpt
from horuslib.core.errors import UserError
from horuslib.service.jobs import JobRequest
from horuslib.service.settings import Settings
from horuslib.service.workers import diarizer
from horuslib.service.workers.work import Work
from horuslib.speakers.output import SCHEMA
from horuslib.speech.rttm import read_rttm
from horuslib.speech.transcript import Transcript
from horuslib.speech.turns import Turn
from tests.conftest import PROJECT
from tests.speech.conftest import transcript_of, words_of

INTERVIEW = PROJECT / "data" / "demo_speakers" / "entrevista_01.webm"


def at(turns, t_s):
    return {turn.speaker for turn in turns if turn.start_s <= t_s < turn.end_s}


@pytest.fixture(scope="module")
def interview(tmp_path_factory):
    """The first three turns, 19 s."""
    folder = tmp_path_factory.mktemp("interview")
    return write_wav(folder / "interview.wav", read_excerpt(INTERVIEW, 0, 19, 16000), 16000)


@pytest.mark.slow
def test_a_job_gives_turns_as_json_and_as_rttm(running, tmp_path):
    done = running.finished(running.submit(INTERVIEW, "diarize", variety="pt-BR").json()["id"])
    assert (done["state"], done["error"]) == ("done", "")
    assert set(done["results"]) == {"json", "rttm"}
    found = running.client.get(done["results"]["json"]).json()
    assert (found["file"], found["duration_s"], found["variety"]) == (INTERVIEW.name, pytest.approx(48, abs=1), "pt-BR")
    jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
    assert all(0 <= turn["confidence"] <= 1 for turn in found["turns"])
    turns = diarizer.turns_of(found)
    truth = read_rttm(INTERVIEW.with_suffix(".rttm"))["entrevista_01"]
    pairs = {(turn.speaker, *at(turns, (turn.start_s + turn.end_s) / 2)) for turn in truth}
    assert pairs == {("Ana", "S01"), ("Bruno", "S02")}
    (tmp_path / "a.rttm").write_bytes(running.client.get(done["results"]["rttm"]).content)
    read = read_rttm(tmp_path / "a.rttm")[INTERVIEW.name]
    assert [(t.speaker, t.start_s, t.end_s) for t in read] == [
        (t.speaker, t.start_s, pytest.approx(t.end_s, abs=2e-3)) for t in turns
    ]


def test_a_transcript_with_speakers_needs_a_model(running, beep):
    answer = running.submit(beep, "both")
    assert answer.status_code == 501
    assert "MODEL_DIR" in answer.json()["error"]["message"]


def test_turns_read_back_from_a_result():
    found = {"turns": [{"start_s": 0.5, "end_s": 2.0, "speaker": "S01"}]}
    assert diarizer.turns_of(found) == [Turn(0.5, 2.0, "S01")]


@pytest.mark.slow
def test_words_go_to_who_speaks(whisper_folder, interview, tmp_path):
    work = Work(whisper_folder, Settings.read({"CPU_THREADS": "2"}))

    def both(path):
        asked = JobRequest(task="both", speakers=2, variety="pt-PT")
        return Transcript.model_validate(work.do("both", path, path.name, asked, lambda seconds: None))

    found = both(interview)
    assert found.variety == "pt-PT"
    for begin_s, end_s, speaker in ((1, 8, "S01"), (10, 13, "S02"), (15, 18, "S01")):
        words = [word for word in found.words if begin_s <= word.start_s and word.end_s <= end_s]
        assert len(words) > 3
        assert {word.speaker for word in words} == {speaker}
    soundfile.write(tmp_path / "silence.wav", np.zeros(32000, np.float32), 16000)
    assert both(tmp_path / "silence.wav").segments == ()


def test_progress_is_that_of_all_the_work(interview, monkeypatch):
    """19 s; the transcript is put in."""
    work, said = Work(interview.parent, Settings.read({})), []
    work.do("diarize", interview, "a", JobRequest(task="diarize"), said.append)
    assert said and 0 < max(said) < 19
    told = transcript_of(words_of("bom dia", start_s=1.0), duration_s=19.0)

    def transcribe(sound, name, request, progress):
        progress(19.0)
        return told.model_dump(mode="json")

    monkeypatch.setattr(work, "_transcribe", transcribe)
    both = []
    work.do("both", interview, "a", JobRequest(task="both"), both.append)
    assert both == sorted(both) and len(both) > 1
    assert 0.5 * 19 < both[0] < both[-1] < 19


def test_the_number_of_speakers_is_honoured_or_refused(interview):
    assert len({turn["speaker"] for turn in diarizer.diarization(interview, "a", 3)["turns"]}) == 3
    with pytest.raises(UserError, match="too few for 50 speakers: ask for fewer"):
        diarizer.diarization(interview, "a", 50)


def test_where_nobody_speaks_there_are_no_turns(tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros(32000, np.float32), 16000)
    found = diarizer.diarization(tmp_path / "silence.wav", "silence.wav", None)
    jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
    assert (found["turns"], found["speech_s"], found["duration_s"]) == ([], 0, 2)
    assert "nobody speaks" in found["notes"][0]


def test_a_file_without_any_sound_is_refused(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0, np.float32), 16000)
    with pytest.raises(UserError, match="empty"):
        diarizer.diarization(tmp_path / "empty.wav", "empty.wav", None)


def test_a_file_that_does_not_say_how_long_it_is_is_bounded(tmp_path):
    """Raw ADTS frames declare no length."""
    quiet = write_wav(tmp_path / "quiet.wav", np.zeros(30 * 16000, np.float32), 16000)
    path = tmp_path / "long.aac"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(quiet), str(path)], check=True)
    with pytest.raises(UserError, match=r"news\.aac is longer than 20 s, the most that is accepted"):
        diarizer.diarization(path, "news.aac", None, max_seconds=20)
    assert diarizer.diarization(path, "news.aac", None, max_seconds=40)["turns"] == []

"""What a programme's channels and tracks hold, from the file to the diagnosis, the live lines and the report."""

import json
import re
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
import soundfile

from horuslib.audio.channels import Mixdown
from horuslib.audio.levels import lufs
from horuslib.audio.live import live_audio
from horuslib.inference.detector import Detector
from horuslib.inference.inputs import find_inputs
from horuslib.inference.scan import scan, scan_file
from horuslib.inference.watch import watch
from horuslib.review.reports.scan_report import write_scan_report
from tests.audio.test_media import write, write_wav
from tests.conftest import syllables, tone

RATE = 16000


@pytest.fixture(scope="module")
def speech():
    return syllables(np.random.default_rng(8), 40, RATE, -26)


def with_right(speech, change):
    """Stereo whose right channel is changed from 15 to 30 s."""
    right = speech.copy()
    right[15 * RATE : 30 * RATE] = change(right[15 * RATE : 30 * RATE])
    return np.stack([speech, right])


@pytest.mark.parametrize(("kind", "change"), [("inverted", np.negative), ("dead", np.zeros_like)])
def test_a_fault_of_a_channel_is_a_note_and_no_event(detector, tmp_path, speech, kind, change):
    path = tmp_path / "x.wav"
    soundfile.write(path, with_right(speech, change).T, RATE, "FLOAT")
    found = scan_file(path, detector)
    assert found["events"] == [] and found["audio"]["class"] == "normal"
    (fault,) = found["channels"]
    assert (fault["kind"], fault["start"], fault["end"]) == (
        kind,
        pytest.approx(15, abs=0.5),
        pytest.approx(30, abs=0.5),
    )
    assert "FR" in found["message"] and "at 15." in found["message"]
    schema = json.loads((files("horuslib.inference") / "diagnosis.schema.json").read_text("utf-8"))
    jsonschema.validate(found, schema)


def test_speech_in_the_centre_of_surround_is_no_low_volume(detector, tmp_path, speech):
    planes = np.zeros((6, len(speech)), np.float32)
    planes[2] = speech
    found = scan_file(write_wav(tmp_path / "x.wav", planes, RATE, layout="5.1"), detector)
    assert found["events"] == []


def test_faults_of_channels_are_lines_of_a_watch_as_they_change(detector, tmp_path, speech):
    path = tmp_path / "x.wav"
    soundfile.write(path, with_right(speech, np.zeros_like).T, RATE, "FLOAT")
    mixdown = Mixdown()
    lines = list(watch(live_audio(str(path), RATE, patience_s=0.2, mixdown=mixdown), detector, mixdown=mixdown))
    assert [(line["what"], line["state"], line["kind"]) for line in lines] == [
        ("note", "begin", "dead"),
        ("note", "end", "dead"),
    ]
    assert lines[0]["end"] is None and lines[1]["end"] == pytest.approx(30, abs=0.5)
    assert all("type" not in line and "at" in line for line in lines)


def test_another_track_is_another_diagnosis(detector, tmp_path):
    """A second scan that asks for another track does not count the first as done."""
    sounds = [np.zeros((1, 8 * RATE), np.float32), tone(8, RATE)[None], syllables(np.random.default_rng(2), 8)[None]]
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "x.mov", sounds, RATE, "pcm_s16le", "mono")
    out, found = tmp_path / "out", find_inputs([tmp_path / "in"])
    ((heard, _),) = scan(found, detector, out)
    assert [x["track"] for x in heard["tracks"] if x["heard"]] == [2] and heard["audio"]["class"] == "sinal_teste"
    assert "not heard: track 1" in heard["message"]
    ((asked, new),) = scan(found, detector, out, track=3)
    assert new and asked["audio"]["class"] == "normal" and asked["source"]["track"] == 3
    assert [new for _, new in scan(found, detector, out, track=3)] == [False]
    ((none, _),) = scan(found, detector, out, track=4)
    assert none["status"] == "error" and "has 3 audio tracks, and no track 4" in none["message"]


def test_the_report_lists_channels_and_plays_the_track_that_was_heard(detector, tmp_path, speech):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "x.wav", with_right(speech, np.negative).T, RATE, "FLOAT")
    write(tmp_path / "in" / "two.mov", [np.zeros((1, 8 * RATE)), tone(8, RATE)[None]], RATE, "pcm_s16le", "mono")
    list(scan(find_inputs([tmp_path / "in"]), detector, tmp_path / "out"))
    page, cards = write_scan_report(tmp_path / "out", tmp_path / "in")
    text = page.read_text("utf-8")
    assert "Channels: 1 fault of single channels" in text and "<td>inverted</td><td>FL, FR</td>" in text
    (card,) = cards.of.values()
    assert "two.mov" in card and re.search(r"[-−]20(\.\d)? dBFS", card), "the level of the tone"


@pytest.mark.parametrize(("channels", "found"), [(1, True), (2, False)])
def test_low_volume_is_measured_of_the_programme_and_not_of_its_mix(horus, tmp_path, channels, found):
    """A model that takes everything for low volume; the mix lies 14 dB under target, the programme in stereo 11."""
    sound = syllables(np.random.default_rng(8), 20, RATE, -26)
    sound *= 10 ** ((-37 - lufs(sound, RATE)) / 20)
    soundfile.write(tmp_path / "x.wav", np.stack([sound] * channels, axis=1), RATE, "FLOAT")
    low = np.eye(len(horus.labels), dtype=np.float32)[horus.labels.index("volume_baixo")]
    detector = Detector(horus, lambda inputs: np.tile(low, (len(inputs), 1)), dict.fromkeys(horus.faults, 0.6), {})
    assert bool(scan_file(tmp_path / "x.wav", detector)["events"]) == found


def test_a_piece_too_short_to_tell_is_no_fault_and_says_so(horus, tmp_path):
    soundfile.write(tmp_path / "x.wav", syllables(np.random.default_rng(8), 1.5, RATE, -23), RATE, "FLOAT")
    sure = np.eye(len(horus.labels), dtype=np.float32)[0]
    detector = Detector(horus, lambda inputs: np.tile(sure, (len(inputs), 1)), dict.fromkeys(horus.faults, 0.6), {})
    found = scan_file(tmp_path / "x.wav", detector)
    assert (found["audio"]["class"], found["events"]) == ("normal", []) and found["audio"]["confidence"] < 0.2
    assert "too short to tell" in found["message"]

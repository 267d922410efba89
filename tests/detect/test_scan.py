"""Files on disk to diagnoses, with a model whose answers are known."""

import json

import av
import numpy as np
import pytest
import soundfile

from horuslib.detect.scan import find_inputs, hear, scan, scan_file
from horuslib.errors import UserError
from tests.conftest import noise, syllables, tone


def write(path, *pieces, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.concatenate(pieces), rate)
    return path


def write_silent_film(path, seconds=4):
    """A video with a picture and no audio stream."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for _ in range(seconds * 10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        container.mux(stream.encode())
    return path


def test_a_test_signal_between_programme_is_found_where_it_is(detector, tmp_path, rng):
    path = write(tmp_path / "line up.wav", syllables(rng, 12), tone(10), syllables(rng, 8))
    found = scan_file(path, detector)
    (event,) = found["events"]
    assert event["type"] == "sinal_teste"
    assert event["start"] == pytest.approx(12, abs=1.25) and event["end"] == pytest.approx(22, abs=1.25)
    assert found["audio"] == {
        "class": "sinal_teste",
        "confidence": event["confidence"],
        "start_s": event["start"],
        "end_s": event["end"],
    }
    assert (found["file"], found["status"], found["duration_s"]) == ("line up.wav", "ok", 30.0)
    assert [s["timestamp_start"] for s in found["segments"]] == [2.5 * k for k in range(11)]
    assert {s["predicted_class"] for s in found["segments"]} == {"normal", "sinal_teste"}


def test_digital_silence_never_meets_the_model(detector, tmp_path, rng):
    class NoModel:
        task, thresholds, metadata = detector.task, detector.thresholds, {}

        def probabilities(self, inputs):
            assert not len(inputs), "the model was asked about silence"
            return np.zeros((0, 6))

    found = scan_file(write(tmp_path / "mute.wav", np.zeros(16000 * 10)), NoModel())
    assert found["events"] == [{"type": "ausencia_audio", "start": 0.0, "end": 10.0, "confidence": 0.99}]


def test_programme_is_normal(detector, tmp_path, rng):
    found = scan_file(write(tmp_path / "news.wav", syllables(rng, 10)), detector)
    assert found["events"] == []
    assert found["audio"]["class"] == "normal" and found["audio"]["confidence"] > 0.9


def test_a_video_without_audio_stream_is_silence_from_end_to_end(detector, tmp_path):
    found = scan_file(write_silent_film(tmp_path / "film.mp4"), detector)
    assert found["audio"] == {
        "class": "ausencia_audio",
        "confidence": 1.0,
        "start_s": 0.0,
        "end_s": pytest.approx(4, abs=0.2),
    }
    assert found["status"] == "ok" and "no audio stream" in found["message"]


def test_a_file_shorter_than_a_segment_is_heard_and_says_so(detector, tmp_path):
    found = scan_file(write(tmp_path / "short.wav", tone(4)), detector)
    assert found["audio"] | {"confidence": 0} == {"class": "sinal_teste", "confidence": 0, "start_s": 0.0, "end_s": 4.0}
    assert "4.00 s" in found["message"]


@pytest.mark.parametrize("content", [b"", b"just a text"])
def test_a_file_that_is_no_media_is_an_error_with_a_reason(detector, tmp_path, content):
    (tmp_path / "bad.mp4").write_bytes(content)
    found = scan_file(tmp_path / "bad.mp4", detector)
    assert found["status"] == "error" and "bad.mp4" in found["message"] and found["events"] == []


def test_one_stream_may_hold_more_segments_than_a_batch(detector, rng):
    minutes = (noise(rng, 30) for _ in range(7))
    verdicts = hear(minutes, detector)
    assert len(verdicts) == (210 - 5) / 2.5 + 1
    assert set(verdicts.label) == {"ruido_hiss"}


def test_diagnoses_keep_the_folders_of_their_files(detector, tmp_path, rng):
    write(tmp_path / "in" / "a.wav", tone(5))
    write(tmp_path / "in" / "normal_clips" / "b.wav", syllables(rng, 5))
    files = find_inputs([tmp_path / "in"])
    assert [d["file"] for d in scan(files, detector, tmp_path / "out")] == ["a.wav", "normal_clips/b.wav"]
    written = json.loads((tmp_path / "out" / "normal_clips" / "b.wav.json").read_text())
    assert written["audio"]["class"] == "normal"
    assert sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file()) == ["a.wav.json", "b.wav.json"]


def test_inputs_that_would_share_a_diagnosis_are_refused(tmp_path):
    one, other = write(tmp_path / "1" / "a.wav", tone(1)), write(tmp_path / "2" / "a.wav", tone(1))
    with pytest.raises(UserError, match=r"a\.wav\.json"):
        find_inputs([one, other])
    assert find_inputs([one, one, tmp_path / "1"]) == [(one, "a.wav")]


def test_missing_and_empty_inputs_are_named(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        find_inputs([tmp_path / "nowhere"])
    with pytest.raises(UserError, match="no media file"):
        find_inputs([tmp_path])

"""Files on disk to diagnoses, with a model whose predictions are known."""

import dataclasses
import json

import av
import numpy as np
import pytest
import soundfile

from bench._programmes import programme, without_sound
from horuslib.inference.inputs import find_inputs
from horuslib.inference.scan import scan, scan_file
from tests.conftest import syllables, tone


def write(path, *pieces, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.concatenate(pieces), rate)
    return path


def write_silent_film(path, seconds=4):
    """A video without an audio stream."""
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
    assert found["status"] == "ok" and "no audio track" in found["message"]


def test_lost_sound_is_an_event_with_its_true_times(detector, tmp_path):
    path = without_sound(programme(tmp_path / "base.ts", 30.0), tmp_path / "x.ts", 11.3, 19.8)
    found = scan_file(path, detector)
    events = [(e["start"], e["end"], e["confidence"]) for e in found["events"] if e["type"] == "ausencia_audio"]
    assert events == [(pytest.approx(11.3, abs=0.1), pytest.approx(19.8, abs=0.1), 1.0)]
    assert found["duration_s"] == pytest.approx(30, abs=0.1) and "8.5 s without sound data" in found["message"]


def test_a_file_shorter_than_a_segment_is_classified_and_reported(detector, tmp_path):
    found = scan_file(write(tmp_path / "short.wav", tone(4)), detector)
    assert found["audio"] | {"confidence": 0} == {"class": "sinal_teste", "confidence": 0, "start_s": 0.0, "end_s": 4.0}
    assert "4.00 s" in found["message"]


@pytest.mark.parametrize("content", [b"", b"just a text"])
def test_a_file_that_is_not_media_is_an_error_with_a_reason(detector, tmp_path, content):
    (tmp_path / "bad.mp4").write_bytes(content)
    found = scan_file(tmp_path / "bad.mp4", detector)
    assert found["status"] == "error" and "bad.mp4" in found["message"] and found["events"] == []


def test_diagnoses_keep_the_folders_of_their_files(detector, tmp_path, rng):
    write(tmp_path / "in" / "a.wav", tone(5))
    write(tmp_path / "in" / "normal_clips" / "b.wav", syllables(rng, 5))
    files = find_inputs([tmp_path / "in"])
    found = {diagnosis["file"]: new for diagnosis, new in scan(files, detector, tmp_path / "out")}
    assert found == {"a.wav": True, "normal_clips/b.wav": True}
    written = json.loads((tmp_path / "out" / "normal_clips" / "b.wav.json").read_text())
    assert written["audio"]["class"] == "normal"
    assert sorted(p.name for p in (tmp_path / "out").rglob("*.json")) == ["a.wav.json", "b.wav.json"]


def test_the_end_of_a_file_is_classified_and_the_duration_is_the_files(detector, tmp_path, rng):
    found = scan_file(write(tmp_path / "late.wav", syllables(rng, 10), np.zeros(16000)), detector)
    assert found["duration_s"] == 11.0
    assert [s["timestamp_end"] for s in found["segments"]] == [5.0, 7.5, 10.0, 11.0]


def test_a_truncated_file_is_diagnosed_as_far_as_possible_and_reported(detector, tmp_path):
    path = tmp_path / "cut.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for second in np.split((tone(20) * 32767).astype(np.int16), 20):
            frame = av.AudioFrame.from_ndarray(second[None], "s16", "mono")
            frame.rate = 16000
            container.mux(stream.encode(frame))
    path.write_bytes(path.read_bytes()[: 16000 * 2 * 12])
    found = scan_file(path, detector)
    assert found["status"] == "ok" and found["audio"]["class"] == "sinal_teste"
    assert found["duration_s"] < 13 and "of the 20.0 s" in found["message"]


def test_a_dead_channel_is_reported(detector, tmp_path, rng):
    pair = np.stack([syllables(rng, 6), np.zeros(96000)], axis=1)
    soundfile.write(tmp_path / "half.wav", pair, 16000)
    assert "ilent channel FR" in scan_file(tmp_path / "half.wav", detector)["message"]


def test_a_second_scan_skips_everything(detector, tmp_path, rng):
    write(tmp_path / "in" / "a.wav", tone(6))
    write(tmp_path / "in" / "b.wav", syllables(rng, 6))
    files = find_inputs([tmp_path / "in"])
    first = {d["file"]: d for d, _ in scan(files, detector, tmp_path / "out")}
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}
    again = list(scan(files, detector, tmp_path / "out"))
    assert {d["file"]: d for d, _ in again} == first and not any(new for _, new in again)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")} == before


def test_other_content_other_settings_and_broken_files_are_done_again(detector, tmp_path, rng):
    write(tmp_path / "in" / "a.wav", tone(6))
    write(tmp_path / "in" / "b.wav", syllables(rng, 6))
    (tmp_path / "in" / "bad.mp4").write_text("no video")
    files = find_inputs([tmp_path / "in"])

    def fresh(detector):
        return {d["file"] for d, new in scan(files, detector, tmp_path / "out") if new}

    fresh(detector)
    write(tmp_path / "in" / "a.wav", tone(6, level_dbfs=-21.0))
    assert fresh(detector) == {"a.wav", "bad.mp4"}
    stricter = dataclasses.replace(detector, thresholds={**detector.thresholds, "eco_reverb": 0.9})
    assert fresh(stricter) == {"a.wav", "b.wav", "bad.mp4"}
    (tmp_path / "out" / "b.wav.json").write_text('{"version": 1')
    assert fresh(stricter) == {"b.wav", "bad.mp4"}

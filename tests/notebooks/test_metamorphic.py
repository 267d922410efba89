"""What must change no verdict: a trained model, whole files, and the same sound in other clothes."""

import json

import numpy as np
import pytest
import soxr

from horuslib.audio.encode import round_trip, write_wav
from horuslib.audio.media import read_audio
from horuslib.core.paths import PROJECT, Paths
from horuslib.inference.detector import Detector
from horuslib.inference.scan import scan_file

pytestmark = pytest.mark.slow
RATE = 48000
DEMO = PROJECT / "data" / "demo"
CLASSES = ("ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste")


@pytest.fixture(scope="module")
def detector(workbook):
    root, *_ = workbook
    return Detector.load(Paths(root=root).export("quick"), environment={}, dotenv=root / "no.env")


@pytest.fixture(scope="module")
def clear(detector):
    """(sound at 48 kHz, label, start_s, end_s) of demo videos that are classified rightly and without doubt."""
    truth, cases = json.loads((DEMO / "truth.json").read_text("utf-8")), []
    for name, told in truth.items():
        found, faults = scan_file(DEMO / name, detector), told["faults"]
        events, least = found["events"], min(segment["confidence"] for segment in found["segments"])
        if not faults and not events and least > 0.8:
            cases.append((read_audio(DEMO / name, RATE).samples, "normal", 0.0, told["seconds"]))
        if faults and len(events) == 1 and events[0]["confidence"] > 0.9 and covered(events, faults[0]) > 0.8:
            (fault,) = faults
            cases.append((read_audio(DEMO / name, RATE).samples, fault["label"], fault["start"], fault["end"]))
    return cases


def covered(events, fault):
    """Share of a fault that events of its class cover."""
    shared = (
        max(0.0, min(e["end"], fault["end"]) - max(e["start"], fault["start"]))
        for e in events
        if e["type"] == fault["label"]
    )
    return sum(shared) / (fault["end"] - fault["start"])


def verdict(samples, rate, detector, folder, moved_s=0.0, *, case):
    """Whether a version of a clear case is still classified as it was, its fault `moved_s` later."""
    _, label, start_s, end_s = case
    events = scan_file(write_wav(folder / "version.wav", samples, rate), detector)["events"]
    if label == "normal":
        return not [e for e in events if e["end"] <= end_s + moved_s]
    fault = {"label": label, "start": max(0.0, start_s + moved_s), "end": end_s + moved_s}
    return covered(events, fault) >= 0.5


def kept(version, clear, detector, folder, moved_s=0.0):
    """Clear cases, by class, whose verdict another version of the sound changes."""
    changed = []
    for case in clear:
        samples, rate = version(case[0])
        if not verdict(samples, rate, detector, folder, moved_s, case=case):
            changed.append(case[1:])
    return changed


def test_most_classes_have_clear_cases(clear):
    """Else the tests below would pass by having nothing to classify."""
    labels = [label for _, label, *_ in clear]
    assert len(labels) >= 12
    assert len({*CLASSES, "normal"} & set(labels)) >= 5


@pytest.mark.parametrize("gain_db", [-3, 3])
def test_3_db_more_or_less(clear, detector, tmp_path, gain_db):
    gain = 10 ** (gain_db / 20)
    assert kept(lambda x: (np.clip(x * gain, -1, 1), RATE), clear, detector, tmp_path) == []


def test_two_equal_channels(clear, detector, tmp_path):
    assert kept(lambda x: (np.stack([x, x], axis=1), RATE), clear, detector, tmp_path) == []


def test_another_sample_rate(clear, detector, tmp_path):
    assert kept(lambda x: (soxr.resample(x, RATE, 44100), 44100), clear, detector, tmp_path) == []


def test_another_codec(clear, detector, tmp_path):
    assert kept(lambda x: (round_trip(x, RATE, "aac", 96000), RATE), clear, detector, tmp_path) == []


def test_appended_silence(clear, detector, tmp_path):
    silence = np.zeros(10 * RATE, np.float32)
    assert kept(lambda x: (np.concatenate([x, silence]), RATE), clear, detector, tmp_path) == []


def test_a_start_0_7_s_later(clear, detector, tmp_path):
    assert kept(lambda x: (x[round(0.7 * RATE) :], RATE), clear, detector, tmp_path, moved_s=-0.7) == []


def test_another_order_of_the_programme(clear, detector, tmp_path):
    """Two normal programmes before a fault instead of after it."""
    normal = [samples for samples, label, *_ in clear if label == "normal"][:2]
    before = np.concatenate(normal)
    faults = [case for case in clear if case[1] != "normal"]
    assert kept(lambda x: (np.concatenate([x, before]), RATE), faults, detector, tmp_path) == []
    later_s = len(before) / RATE
    assert kept(lambda x: (np.concatenate([before, x]), RATE), faults, detector, tmp_path, moved_s=later_s) == []

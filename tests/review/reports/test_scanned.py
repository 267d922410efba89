import json

import pytest

from horuslib.core.errors import UserError
from horuslib.evaluation.events import Event
from horuslib.review.reports.scanned import per_class, per_hour, per_source, read_scan
from tests.scanned import make_scan, write_diagnosis, write_failure


@pytest.fixture
def scan(horus, tmp_path):
    hour = [Event("eco_reverb", 3570, 3630, 0.9), Event("ruido_hiss", 10, 40, 0.7), Event("ruido_hiss", 60, 90, 0.8)]
    write_diagnosis(tmp_path, "day/long.mp4", 5400.0, horus, hour)
    write_diagnosis(tmp_path, "short.mp4", 1800.0, horus, [Event("ruido_hiss", 0, 1800, 0.99)], message="odd")
    write_failure(tmp_path, "torn.mp4", "cannot be opened")
    (tmp_path / "truth.json").write_text('{"a.mp4": {"seconds": 3}}')
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "half.json").write_text('{"file": ')
    return read_scan(tmp_path)


def test_only_diagnoses_are_read(scan, horus):
    assert [(v.name, v.readable) for v in scan.videos] == [
        ("day/long.mp4", True), ("short.mp4", True), ("torn.mp4", False),
    ]  # fmt: skip
    assert scan.odd == ["half.json", "list.json", "truth.json"]
    assert scan.labels == horus.labels and len(scan.models) == 1
    assert scan.videos[2].message == "cannot be opened" and scan.hours == 2.0


def test_a_source_is_the_first_folder_and_the_worst_comes_first(horus, tmp_path, scan):
    write_diagnosis(tmp_path, "day/more.mp4", 5400.0, horus, [Event("eco_reverb", 0, 9, 0.9)])
    write_diagnosis(tmp_path, "calm/a.mp4", 3600.0, horus)
    table = per_source(read_scan(tmp_path))
    assert table.index.tolist() == ["day", "short.mp4", "calm"]
    assert table.loc["day", ["videos", "hours", "alarms"]].tolist() == [2, 3.0, 4]
    assert table.per_hour["short.mp4"] == 2.0
    assert table.bound["calm"] == pytest.approx(3.0, abs=0.01), "the rule of three"


def test_an_event_is_represented_by_its_most_confident_segment(horus, tmp_path):
    both = [Event("eco_reverb", 0, 20, 0.6), Event("eco_reverb", 40, 60, 0.9)]
    write_diagnosis(tmp_path, "a.mp4", 60.0, horus, both)
    for event, found in zip(both, read_scan(tmp_path).videos[0].events, strict=True):
        assert event.start_s <= found.shown_from_s < found.shown_to_s <= event.end_s
        assert found.shown_to_s - found.shown_from_s == 5
        assert found.probabilities["eco_reverb"] == pytest.approx(event.confidence)


def test_echo_attributes_are_described_in_words(horus, tmp_path):
    natures = [{"kind": "echo", "delay_s": 0.32}, {"kind": "room", "rt60_s": 1.24}, {"kind": "room"}, {}]
    events = [Event("eco_reverb", 10.0 * i, 10.0 * i + 5, 0.9) for i in range(4)]
    path = write_diagnosis(tmp_path, "a.mp4", 60.0, horus, events)
    found = json.loads(path.read_text("utf-8"))
    for event, description in zip(found["events"], natures, strict=True):
        event |= description
    path.write_text(json.dumps(found))
    found = [x.description for x in read_scan(tmp_path).videos[0].events]
    assert found == ["echo, delay 0.32 s", "reverberation, RT60 1.2 s", "reverberation", ""]


def test_totals_per_class(scan):
    found = per_class(scan)
    hiss = found.loc["ruido_hiss"]
    assert (hiss.events, hiss.videos, hiss.seconds) == (3, 2, 1860)
    assert hiss.share == pytest.approx(1860 / 7200) and hiss.events_per_hour == 1.5
    assert found.loc["sinal_teste", ["events", "videos", "seconds"]].tolist() == [0, 0, 0]


def test_an_event_over_the_hour_counts_in_both_hours(scan):
    found = per_hour(scan)
    assert found.sound.tolist() == [90, 30], "60 + 30 minutes in the first hour, 30 in the second"
    assert found.eco_reverb.tolist() == [0.5, 0.5]
    assert found.ruido_hiss.tolist() == [31, 0]


def test_the_hours_of_a_recording_without_end_are_added_to_the_last_row(horus, tmp_path):
    write_failure(tmp_path, "x.mp4", "gone")
    path = write_diagnosis(tmp_path, "a.mp4", 10.0, horus)
    path.write_text(path.read_text().replace('"duration_s": 10.0', f'"duration_s": {100 * 3600.0}'))
    found = per_hour(read_scan(tmp_path))
    assert len(found) == 48 and found.sound.sum() == 6000 and found.sound[48] == 53 * 60


def test_a_folder_without_a_scan_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="There is no folder"):
        read_scan(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no diagnosis"):
        read_scan(tmp_path)


@pytest.mark.slow
def test_many_videos(horus, tmp_path):
    scan = read_scan(make_scan(horus, tmp_path, 200, longest_s=300))
    assert len(scan.videos) == 200 and sum(not v.readable for v in scan.videos) == 2
    assert per_class(scan).events.sum() == sum(len(v.events) for v in scan.videos) > 100

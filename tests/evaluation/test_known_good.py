"""False alarms on known-good programme, counted as events and evaluated by exact bounds."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from horuslib.evaluation import known_good
from horuslib.evaluation.cross_fitting import Limits
from tests.evaluated import evaluated_rows, heard_of


def test_an_alarm_is_an_event_with_its_place(horus):
    heard = pd.concat([
        heard_of(horus, [0, 0, 0.9, 0.95, 0.9, 0, 0, 0]),
        heard_of(horus, [0, 0, 0.7, 0.7, 0, 0], "b", "t", 1),
    ])  # fmt: skip
    alarms = known_good.alarms(heard, {0: Limits({"eco_reverb": 0.8}), 1: Limits({"eco_reverb": 0.8})}, horus)
    assert alarms[["recording_id", "source", "fold", "type"]].values.tolist() == [["a", "s", 0, "eco_reverb"]]
    assert alarms.start_s[0] == pytest.approx(6, abs=1.5) and alarms.end_s[0] == pytest.approx(14, abs=1.5)
    both = known_good.alarms(heard, {0: Limits({"eco_reverb": 0.8}), 1: Limits({"eco_reverb": 0.6})}, horus)
    assert both.recording_id.tolist() == ["a", "b"]


def test_what_the_definition_calls_a_fault_is_no_alarm(horus):
    """Low volume is bounded by its level, and what is low or silent may well be faulty, known good or not."""
    heard = heard_of(horus, [0.0] * 8)
    for label, quiet, level, counted in (
        ("volume_baixo", 1.0, 0.1, 0),
        ("volume_baixo", 0.0, 0.1, 0),
        ("ausencia_audio", 1.0, 0.1, 0),
        ("ausencia_audio", 0.0, 1e-5, 0),
        ("ausencia_audio", 0.0, 0.1, 1),
        ("eco_reverb", 1.0, 0.1, 1),
    ):
        sure = heard.assign(p_normal=0.01, quiet=quiet, rms=level, peak=3 * level)
        alarms = known_good.alarms(sure.assign(**{f"p_{label}": 0.99}), {0: Limits({label: 0.8})}, horus)
        assert len(alarms) == counted, (label, quiet, level)


def test_an_alarm_does_not_span_what_left_the_archive(horus):
    heard = heard_of(horus, [0.9, 0.9, 0.9, 0.9], start_s=[0, 2.5, 20, 22.5])
    assert len(known_good.alarms(heard, {0: Limits({"eco_reverb": 0.8})}, horus)) == 2


def test_an_alarm_may_be_weak_and_last(horus):
    heard = pd.concat([heard_of(horus, [0.0] * 5 + [0.3] * 20 + [0.0] * 5), heard_of(horus, [0.3] * 10, "b")])
    limits = {0: Limits({"eco_reverb": 0.8}, {"eco_reverb": 0.05})}
    (alarm,) = known_good.alarms(heard, limits, horus).itertuples()
    assert (alarm.recording_id, alarm.confidence) == ("a", pytest.approx(0.8))
    assert (alarm.start_s, alarm.end_s) == pytest.approx((15, 62.5), abs=2.5)


def test_hours_count_overlap_once(horus):
    heard = pd.concat([heard_of(horus, [0.0] * 9), heard_of(horus, [0.0] * 3, "b")])
    assert known_good.listened_hours(heard) == pytest.approx((25 + 10) / 3600)


def test_a_rate_has_its_exact_interval(horus):
    found = known_good.rate(3, 2.0, horus)
    assert found["per_hour"] == 1.5
    assert [found["low"], found["high"]] == pytest.approx([0.619 / 2, 8.767 / 2], abs=0.001)
    assert found["upper"] == pytest.approx(5.515 / 2, abs=0.001)


def test_how_many_hours_would_prove_the_budget(horus):
    assert known_good.rate(0, 0.0, horus)["hours_needed"] == pytest.approx(-np.log(0.2) / 2, abs=0.001)
    kept = known_good.rate(0, 2.0, horus)
    assert kept["upper"] < 2 and kept["hours_needed"] <= 2
    thin = known_good.rate(1, 1.0, horus)
    assert thin["upper"] > 2 and 1 < thin["hours_needed"] < 4
    n = thin["hours_needed"]
    assert known_good.rate(round(n), n, horus)["upper"] <= 2
    assert known_good.rate(5, 1.0, horus)["hours_needed"] == np.inf


def test_how_many_hours_would_show_that_the_budget_is_broken(horus):
    over = known_good.rate(3, 1.0, horus)
    assert over["low"] < 2 < over["per_hour"]
    n = over["hours_to_break"]
    assert 1 < n < 20 and known_good.rate(round(3 * n), n, horus)["low"] > 2
    assert known_good.rate(round(0.9 * 3 * n), 0.9 * n, horus)["low"] < 2
    broken = known_good.rate(30, 3.0, horus)
    assert broken["low"] > 2 and broken["hours_to_break"] <= 3
    assert (
        known_good.rate(1, 1.0, horus)["hours_to_break"] == known_good.rate(0, 0.0, horus)["hours_to_break"] == np.inf
    )


def test_a_class_that_cannot_raise_an_alarm_has_no_rate(horus):
    heard = heard_of(horus, [0.0] * 1440)
    table = known_good.by(pd.DataFrame(columns=known_good.ALARMS), heard, "type", horus)
    assert table["count"].isna().to_dict() == {label: label == "volume_baixo" for label in horus.faults}
    assert table.index[-1] == "volume_baixo" and np.isnan(table.upper["volume_baixo"])
    found = known_good.summary(pd.DataFrame(columns=known_good.ALARMS), heard, horus)["known_good"]
    assert "volume_baixo" not in found["by_type"] and found["not_judged"] == ["volume_baixo"]


def test_the_worst_type_and_source_come_first(horus):
    heard = pd.concat([
        heard_of(horus, [0.0] * 1440),
        heard_of(horus, [0.0] * 1440, "b", "t"),
    ])  # fmt: skip
    alarms = pd.DataFrame(
        [
            ("b", "t", 0, "eco_reverb", 0, 5, 0.9),
            ("b", "t", 0, "eco_reverb", 50, 55, 0.9),
            ("a", "s", 0, "ruido_hiss", 0, 5, 1.0),
        ],
        columns=known_good.ALARMS,
    )
    by_type = known_good.by(alarms, heard, "type", horus)
    assert by_type.index[:2].tolist() == ["eco_reverb", "ruido_hiss"] and len(by_type) == len(horus.faults)
    assert by_type.per_hour["eco_reverb"] == pytest.approx(1.0, abs=0.01)
    by_source = known_good.by(alarms, heard, "source", horus)
    assert by_source["count"].to_dict() == {"t": 2, "s": 1} and by_source.per_hour["t"] == pytest.approx(2, abs=0.01)
    found = known_good.summary(alarms, heard, horus)["known_good"]
    assert found["count"] == 3 and found["sources"] == 2 and found["by_type"]["eco_reverb"] == 2
    assert known_good.summary(alarms[:0], heard[:0], horus) == {}


def test_alarms_are_counted_by_the_kind_of_their_source(horus):
    heard = pd.concat([heard_of(horus, [0.0] * 1440), heard_of(horus, [0.0] * 1440, "b", "t")], ignore_index=True)
    rows = [("b", "t", 0, "eco_reverb", s, s + 5, 0.9) for s in (0, 50)]
    alarms = pd.DataFrame(rows, columns=known_good.ALARMS)
    kinds = {"t": "music"}
    found = known_good.summary(known_good.with_kinds(alarms, kinds), known_good.with_kinds(heard, kinds), horus)
    assert [(row["name"], row["count"]) for row in found["known_good"]["by_kind"]] == [("music", 2), ("unknown", 0)]
    (worst,) = found["known_good"]["worst"]
    assert (worst["name"], worst["count"]) == ("t", 2) and worst["per_hour"] == pytest.approx(2, abs=0.01)
    assert json.loads(json.dumps(found)) == found
    assert known_good.summary(alarms, known_good.with_kinds(heard, {}), horus)["known_good"]["by_kind"] == []


def test_the_cost_of_the_archive_is_recall_before_and_after(horus):
    """Two folds of echo and normal; before the archive all echoes are found, with it one of four is."""
    rows = []
    for fold in (0, 1):
        for k in range(12):
            label = ("eco_reverb", "normal", "ruido_hiss")[k % 3]
            rows.append((f"r{fold}{k % 4}", 10.0 * k, label, label, 0.97, fold))
    before = evaluated_rows(horus, rows).assign(
        echo=lambda t: 1.0 * (t.label == "eco_reverb"), predicted=lambda t: t.verdict
    )
    after = before.assign(verdict=before.label.where((before.label != "eco_reverb") | (before.start_s == 0), "normal"))
    table = known_good.recall_before_and_after(after, before.drop(columns="verdict"), before[:0], horus)
    assert table.segments.to_dict() == {"eco_reverb": 8, "ruido_hiss": 8, "normal": 8}
    assert table.before["eco_reverb"] == 1 and table.after["eco_reverb"] == 0.25
    assert table.after["normal"] == table.before["normal"] == 1


def heard_event(kind, start, end):
    return {"type": kind, "start": start, "end": end}


TRUTH = {
    "a.mp4": {"seconds": 3600.0, "faults": [], "kind": "music", "repo": "x",
              "ignore": [{"start": 0, "end": 600}, {"start": 500, "end": 700}]},
    "b.mp4": {"seconds": 1800.0, "faults": [], "kind": "speech", "repo": "y", "ignore": []},
}  # fmt: skip


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        (heard_event("eco_reverb", 1000, 1005), True),
        (heard_event("normal", 1000, 1005), False),
        (heard_event("eco_reverb", 1000, 1000), False),
        (heard_event("eco_reverb", 100, 650), False),
        (heard_event("eco_reverb", 698, 702), False),
        (heard_event("eco_reverb", 697.5, 703), True),
        (heard_event("eco_reverb", 600, 704), True),
        (heard_event("eco_reverb", 699.5, 701.4), True),
    ],
)
def test_an_event_outside_the_ignored_spans_is_a_false_alarm(event, counts):
    found = known_good.score_scan(TRUTH, {"a.mp4": [event], "b.mp4": []})
    assert found["total"]["alarms"] == counts


def test_alarms_of_a_scan_are_counted_per_class_kind_and_source():
    events = {"a.mp4": [heard_event("eco_reverb", 1000, 1005), heard_event("ruido_hiss", 1200, 1290)]}
    found = known_good.score_scan(TRUTH, events)
    hours = 2900 / 3600
    assert found["total"] == pytest.approx(
        {"alarms": 2, "hours": hours, "per_hour": 2 / hours, "low": 0.242 / hours, "high": 7.225 / hours}, abs=0.002
    )
    assert {k: v["alarms"] for k, v in found["per_class"].items()} == {"eco_reverb": 1, "ruido_hiss": 1}
    assert list(found["per_kind"]) == ["music"] and found["per_source"]["x"]["alarms"] == 2
    assert found["missing"] == ["b.mp4"]


@pytest.mark.parametrize("seed", range(5))
def test_alarms_agree_with_a_count_by_the_millisecond(seed):
    rng = np.random.default_rng(seed)
    spans = [{"start": s, "end": s + w} for s, w in zip(rng.integers(0, 55, 4), rng.integers(1, 9, 4), strict=True)]
    events = [
        heard_event("eco_reverb", s, s + w) for s, w in zip(rng.integers(0, 50, 9), rng.uniform(1, 9, 9), strict=True)
    ]
    t = np.arange(0, 60, 0.001)
    ignored = np.any([(t >= x["start"]) & (t < x["end"]) for x in spans], axis=0)
    outside = [np.sum((t >= e["start"]) & (t < e["end"]) & ~ignored) / 1000 for e in events]
    clear = [abs(x - min(3.0, (e["end"] - e["start"]) / 2)) > 0.01 for x, e in zip(outside, events, strict=True)]
    events = [e for e, sure in zip(events, clear, strict=True) if sure]
    expected = sum(
        x > min(3.0, (e["end"] - e["start"]) / 2) for x, e in zip(np.array(outside)[clear], events, strict=True)
    )
    found = known_good.score_scan({"v": {"seconds": 60.0, "ignore": spans}}, {"v": events})
    assert found["total"]["alarms"] == expected
    assert found["total"]["hours"] == pytest.approx((~ignored).sum() / 3.6e6, abs=0.001)


TOOL = Path(__file__).parents[3] / "shared" / "tools" / "false_alarms.py"


def generated_scan(rng):
    """(truth, events) of six videos from three sources, with overlapping spans to ignore."""
    truth, events = {}, {}
    for k in range(6):
        starts = rng.uniform(0, 550, 4).round(2)
        spans = [
            {"start": s, "end": s + w, "why": ""} for s, w in zip(starts, rng.uniform(1, 60, 4).round(2), strict=True)
        ]
        about = {"kind": ("speech", "music")[k % 2], "repo": f"source {k % 3}", "language": "pt"}
        truth[f"s{k % 3}/v{k}.mp4"] = {"seconds": 600.0, "ignore": spans, **about}
        kinds = rng.choice(["eco_reverb", "ruido_hiss", "normal"], 12)
        times = zip(kinds, rng.uniform(0, 560, 12).round(2), rng.uniform(0, 40, 12).round(2), strict=True)
        events[f"s{k % 3}/v{k}.mp4"] = [heard_event(str(kind), s, round(s + w, 2)) for kind, s, w in times]
    return truth, events


@pytest.mark.skipif(not TOOL.is_file(), reason="the tool that counts false alarms is not beside the repository")
@pytest.mark.parametrize("seed", range(5))
def test_alarms_agree_with_the_tool_beside_the_repository(seed, tmp_path):
    truth, events = generated_scan(np.random.default_rng(seed))
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    for video, of_video in events.items():
        path = tmp_path / "scan" / f"{video}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"events": of_video}))
    command = [sys.executable, str(TOOL), str(tmp_path / "truth.json"), str(tmp_path / "scan"), "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    found = known_good.score_scan(truth, events)

    def agree(ours, theirs):
        assert [ours["alarms"], ours["hours"]] == [theirs["alarms"], theirs["hours"]]
        assert [ours["low"], ours["high"]] == pytest.approx(theirs["interval95"], abs=0.002)

    agree(found["total"], told["total"])
    assert found["total"]["alarms"] > 20
    for table in ("per_class", "per_kind"):
        assert set(found[table]) == set(told[table])
        for name, row in told[table].items():
            agree(found[table][name], row)
    worst = {row["source"]: row["alarms"] for row in told["worst_sources"]}
    assert {name: row["alarms"] for name, row in found["per_source"].items()} == worst

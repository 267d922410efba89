"""Scores known by counting second by second."""

import json

import numpy as np
import pandas as pd
import pytest

from horuslib.core.errors import UserError
from horuslib.evaluation.score import as_text, evaluate, event_reliability, score_folder

LABELS = ("ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste", "normal")
FAULT = {"start": 10.0, "end": 20.0, "label": "eco_reverb"}


def event(label, start, end, confidence=0.9):
    return {"type": label, "start": start, "end": end, "confidence": confidence}


def test_seconds_near_an_edge_do_not_count():
    fault = {**FAULT, "end": 20.3}
    result = evaluate({"a": {"seconds": 30.4, "faults": [fault]}}, {"a": [event("eco_reverb", 9, 22)]})
    # of 30 whole seconds those from 9 to 11 and from 19 to 22 are left out: 8 inside the fault, 17 outside
    assert result["confusion"] == {"eco_reverb": {"eco_reverb": 8}, "normal": {"normal": 17}}
    assert result["macro_f1"] == 1.0


def test_the_files_own_edges_are_no_transitions():
    whole = {"start": 0.0, "end": 10.0, "label": "eco_reverb"}
    result = evaluate({"a": {"seconds": 10.0, "faults": [whole]}}, {"a": []})
    assert result["per_class"]["eco_reverb"]["seconds"] == 10


@pytest.mark.parametrize(("end", "found"), [(15.0, "1/1"), (14.99, "0/1")])
def test_a_fault_is_found_from_one_half_on(end, found):
    result = evaluate({"a": {"seconds": 30, "faults": [FAULT]}}, {"a": [event("eco_reverb", 10, end)]})
    assert result["per_class"]["eco_reverb"]["events_found"] == found


def test_of_two_events_the_most_confident_counts():
    events = [event("ruido_hiss", 0, 10, 0.7), event("eco_reverb", 0, 10, 0.6)]
    result = evaluate({"a": {"seconds": 10, "faults": []}}, {"a": events})
    assert result["confusion"] == {"normal": {"ruido_hiss": 10}}


def test_every_event_on_a_faultless_video_is_a_false_alarm():
    truth = {
        "a": {"seconds": 1800, "faults": []},
        "b": {"seconds": 1800, "faults": []},
        "c": {"seconds": 30, "faults": [FAULT]},
    }
    alarms = [event("ruido_hiss", 1, 2), event("eco_reverb", 5, 9), event("normal", 10, 20)]
    result = evaluate(truth, {"a": alarms, "b": [], "c": alarms})
    assert (result["false_alarms_per_hour"], result["normal_videos_with_alarm"], result["normal_hours"]) == (
        2.0,
        1,
        1.0,
    )


def test_a_video_without_prediction_is_missing_rather_than_normal():
    result = evaluate({"a": {"seconds": 10, "faults": []}, "b": {"seconds": 10, "faults": []}}, {"a": []})
    assert result["missing"] == ["b"] and result["confusion"] == {"normal": {"normal": 10}}
    assert "No prediction for 1 videos: b" in as_text(result)


def test_no_predictions_at_all_can_be_scored():
    result = evaluate({"a": {"seconds": 10, "faults": []}}, {})
    assert (result["macro_f1"], result["false_alarms_per_hour"]) == (0.0, None)
    assert "no normal video" in as_text(result)


def test_predictions_are_found_under_either_name(tmp_path):
    (tmp_path / "truth.json").write_text(
        json.dumps({"x/a.mp4": {"seconds": 9, "faults": []}, "b.mp4": {"seconds": 9, "faults": []}})
    )
    (tmp_path / "x").mkdir()
    for name in ("x/a.mp4.json", "b.json"):
        (tmp_path / name).write_text('{"events": []}')
    assert score_folder(tmp_path / "truth.json", tmp_path)["missing"] == []


@pytest.mark.parametrize("content", ["{", "[]", '{"audio": {}}', '{"events": [{"type": "eco"}]}', '{"events": 3}'])
def test_an_invalid_prediction_is_named(tmp_path, content):
    (tmp_path / "truth.json").write_text('{"a.mp4": {"seconds": 9, "faults": []}}')
    (tmp_path / "a.mp4.json").write_text(content)
    with pytest.raises(UserError, match=r"a\.mp4\.json"):
        score_folder(tmp_path / "truth.json", tmp_path)


def by_hand(truth, events):
    """(true label, predicted label) of every second that counts, one moment at a time."""
    seconds = []
    for video, entry in truth.items():
        edges = [t for f in entry["faults"] for t in (f["start"], f["end"]) if 0.05 < t < entry["seconds"] - 0.05]
        for k in range(int(entry["seconds"])):
            if any(k - 1 < edge < k + 2 for edge in edges):
                continue
            true = [f["label"] for f in entry["faults"] if f["start"] <= k and k + 1 <= f["end"]]
            over = [e for e in events[video] if e["start"] <= k + 0.5 < e["end"] and e["type"] != "normal"]
            best = max(over, key=lambda e: e["confidence"], default={"type": "normal"})
            seconds.append((true[-1] if true else "normal", best["type"]))
    return seconds


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_counting_second_by_second(seed):
    rng = np.random.default_rng(seed)

    def spans(n, seconds):
        starts, lengths = rng.uniform(0, seconds, n), rng.uniform(1, 12, n)
        for start, length, label in zip(starts, lengths, rng.choice(LABELS, n), strict=True):
            yield round(start, 2), round(min(seconds, start + length), 2), str(label)

    truth, found = {}, {}
    for k in range(12):
        seconds = round(rng.uniform(3, 40), 3)
        faults = [{"start": a, "end": b, "label": x} for a, b, x in spans(rng.integers(0, 3), seconds) if x != "normal"]
        truth[f"v{k}.mp4"] = {"seconds": seconds, "faults": faults}
        found[f"v{k}.mp4"] = [event(x, a, b, rng.random()) for a, b, x in spans(rng.integers(0, 5), seconds)]
    counted = by_hand(truth, found)
    result = evaluate(truth, found)
    confusion = {(true, p): n for true, row in result["confusion"].items() for p, n in row.items()}
    assert confusion == {pair: counted.count(pair) for pair in set(counted)}
    f1 = []
    for label in {true for true, _ in counted}:
        hits = counted.count((label, label))
        named, real = sum(p == label for _, p in counted), sum(true == label for true, _ in counted)
        f1.append(2 * hits / (named + real))
        assert result["per_class"][label]["f1"] == pytest.approx(f1[-1], abs=6e-4)
    assert result["macro_f1"] == pytest.approx(sum(f1) / len(f1), abs=6e-4)  # of F1 rounded to three decimals


def test_labels_of_any_task_are_scored():
    fault = {"start": 2.0, "end": 8.0, "label": "sirene"}
    result = evaluate({"a": {"seconds": 10, "faults": [fault]}}, {"a": [event("buzina", 2, 8)]})
    assert result["per_class"]["sirene"] == {
        "precision": 0.0, "recall": 0.0, "f1": 0.0, "seconds": 4, "events_found": "0/1"
    }  # fmt: skip
    assert result["confusion"]["sirene"] == {"buzina": 4}
    assert result["macro_f1"] == 0.5  # of sirene (0) and normal (1)


@pytest.mark.parametrize(
    "entry",
    [{}, {"seconds": "9", "faults": []}, {"seconds": 9}, {"seconds": 9, "faults": [{"start": 1, "end": 2}]}, [9, []]],
)
def test_a_malformed_truth_entry_is_a_clear_error(tmp_path, entry):
    (tmp_path / "truth.json").write_text(json.dumps({"a.mp4": entry}))
    with pytest.raises(UserError, match=r"truth\.json: the entry of 'a\.mp4' should be"):
        score_folder(tmp_path / "truth.json", tmp_path)


def test_reliability_counts_correct_events_by_confidence():
    sure = [1.0] + [0.9] * 7 + [0.5, 0.6, 0.99]
    label = ["eco_reverb"] * 7 + ["normal", "normal", "eco_reverb", ""]  # the last one is unlabelled
    table = event_reliability(pd.DataFrame({"confidence": sure, "type": "eco_reverb", "label": label}))
    assert table.index.tolist() == ["under 70 %", "90 % and more", "all"]
    assert table.events.tolist() == [2, 8, 10]
    assert table.confidence.tolist() == pytest.approx([0.55, 0.9125, 0.84])
    assert table.right.tolist() == [0.5, 0.875, 0.8]
    assert (table.low["all"], table.high["all"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # 8 of 10, after Wilson


def test_without_events_reliability_is_empty():
    assert event_reliability(pd.DataFrame({"confidence": [], "type": [], "label": []})).empty


def scored(folder, entry='{"seconds": 9, "faults": []}', events="[]"):
    """The truth's one entry and the events of its prediction, as texts of JSON, through `score_folder`."""
    (folder / "truth.json").write_text(f'{{"a.mp4": {entry}}}')
    (folder / "a.mp4.json").write_text(f'{{"events": {events}}}')
    return score_folder(folder / "truth.json", folder)


def truth_of(seconds="9", start="1", end="5"):
    return f'{{"seconds": {seconds}, "faults": [{{"start": {start}, "end": {end}, "label": "eco_reverb"}}]}}'


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (truth_of(seconds="NaN"), "`seconds` is nan"),
        (truth_of(seconds="1e999"), "`seconds` is inf"),
        (truth_of(seconds="1" + "0" * 400), "`seconds` is 1000"),
        (truth_of(seconds="-1"), "`seconds` is -1"),
        (truth_of(seconds="1e12"), "`seconds` is 1000000000000.0"),
        (truth_of(seconds="true"), "`seconds` is True"),
        (truth_of(start="NaN"), r"fault 1 begins at nan and ends at 5"),
        (truth_of(start="5", end="1"), r"fault 1 begins at 5 and ends at 1"),
        (truth_of(start="-3"), r"fault 1 begins at -3 and ends at 5"),
        (truth_of(end="Infinity"), r"fault 1 begins at 1 and ends at inf"),
        (truth_of(end='"5"'), r"fault 1 begins at 1 and ends at '5'"),
        ('{"seconds": 9, "faults": [], "ignore": [{"start": 5, "end": 1}]}', "span 1 to ignore begins at 5"),
        ('{"seconds": 9, "faults": [{"start": 1, "end": 2}]}', "fault 1 has no `label`"),
        ('{"seconds": 9, "faults": [3]}', "fault 1 is no object"),
        ('{"seconds": 9, "faults": [], "ignore": 3}', "`ignore` is no list"),
        ('{"seconds": 9, "faults": 3}', "`faults` is no list"),
    ],
)
def test_what_is_wrong_with_a_truth_entry_is_said(tmp_path, entry, why):
    with pytest.raises(UserError, match=rf"truth\.json: the entry of 'a\.mp4' should be .*{why}") as refused:
        scored(tmp_path, entry)
    assert "Correct the entry" in str(refused.value) and len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ('"confidence": "high"', "its confidence is 'high'"),
        ('"confidence": null', "its confidence is None"),
        ('"confidence": NaN', "its confidence is nan"),
        ('"confidence": 7', "its confidence is 7"),
        ('"start": NaN', "begins at nan"),
        ('"end": 0', "begins at 1 and ends at 0"),
        ('"start": -1', "begins at -1"),
        ('"type": 3', "has no `type`"),
    ],
)
def test_what_is_wrong_with_an_event_is_said(tmp_path, changed, why):
    event = f'{{"type": "eco_reverb", "start": 1, "end": 5, "confidence": 0.9, {changed}}}'
    with pytest.raises(UserError, match=rf"a\.mp4\.json: event 1 .*{why}.*scan the file again"):
        scored(tmp_path, events=f"[{event}]")


def test_an_event_without_confidence_counts_as_sure(tmp_path):
    events = '[{"type": "eco_reverb", "start": 0, "end": 9}]'
    assert scored(tmp_path, events=events)["confusion"] == {"normal": {"eco_reverb": 9}}


@pytest.mark.parametrize("name", ["truth.json", "a.mp4.json"])
def test_json_that_is_nested_without_end_is_a_sentence(tmp_path, name):
    scored(tmp_path)
    (tmp_path / name).write_text('{"events": ' + "[" * 100_000)
    with pytest.raises(UserError, match=rf"{name} cannot be read as a (truth|prediction) \(it is nested too deeply\)"):
        score_folder(tmp_path / "truth.json", tmp_path)

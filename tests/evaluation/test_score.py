"""Scores known by counting on fingers, and agreement with the house's reference script."""

import importlib.util
import json

import numpy as np
import pandas as pd
import pytest

from horuslib.core.errors import UserError
from horuslib.evaluation.score import LABELS, as_text, evaluate, event_reliability, score_folder
from tests.conftest import SHARED

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


def test_of_two_events_the_surest_speaks():
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


def test_nothing_predicted_is_no_crash():
    result = evaluate({"a": {"seconds": 10, "faults": []}}, {})
    assert (result["macro_f1"], result["false_alarms_per_hour"]) == (0.0, None)
    assert "no normal video" in as_text(result)


def test_predictions_stand_under_either_name(tmp_path):
    (tmp_path / "truth.json").write_text(
        json.dumps({"x/a.mp4": {"seconds": 9, "faults": []}, "b.mp4": {"seconds": 9, "faults": []}})
    )
    (tmp_path / "x").mkdir()
    for name in ("x/a.mp4.json", "b.json"):
        (tmp_path / name).write_text('{"events": []}')
    assert score_folder(tmp_path / "truth.json", tmp_path)["missing"] == []


@pytest.mark.parametrize("content", ["{", "[]", '{"audio": {}}'])
def test_a_prediction_that_is_none_is_named(tmp_path, content):
    (tmp_path / "truth.json").write_text('{"a.mp4": {"seconds": 9, "faults": []}}')
    (tmp_path / "a.mp4.json").write_text(content)
    with pytest.raises(UserError, match=r"a\.mp4\.json"):
        score_folder(tmp_path / "truth.json", tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_the_reference_on_random_events(tmp_path, seed):
    reference = SHARED / "tools" / "score.py"
    if not reference.is_file():
        pytest.skip("the reference script is not on this machine (../shared/tools/score.py)")
    spec = importlib.util.spec_from_file_location("reference_score", reference)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rng = np.random.default_rng(seed)

    def spans(n, seconds):
        for start, length, label in zip(
            rng.uniform(0, seconds, n), rng.uniform(1, 12, n), rng.choice(LABELS, n), strict=True
        ):
            yield round(start, 2), round(min(seconds, start + length), 2), str(label)

    truth = {}
    for k in range(12):
        seconds = round(rng.uniform(3, 40), 3)
        faults = [{"start": a, "end": b, "label": x} for a, b, x in spans(rng.integers(0, 3), seconds) if x != "normal"]
        truth[f"v{k}.mp4"] = {"seconds": seconds, "faults": faults}
        found = [event(x, a, b, round(rng.random(), 1)) for a, b, x in spans(rng.integers(0, 5), seconds)]
        if k:
            (tmp_path / f"v{k}.mp4.json").write_text(json.dumps({"events": found}))
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    assert score_folder(tmp_path / "truth.json", tmp_path) == module.score(truth, tmp_path)


def test_reliability_counts_the_events_that_are_right_by_how_sure_they_were():
    sure = [1.0] + [0.9] * 7 + [0.5, 0.6, 0.99]
    label = ["eco_reverb"] * 7 + ["normal", "normal", "eco_reverb", ""]  # of the last one nothing is known
    table = event_reliability(pd.DataFrame({"confidence": sure, "type": "eco_reverb", "label": label}))
    assert table.index.tolist() == ["under 70 %", "90 % and more", "all"]
    assert table.events.tolist() == [2, 8, 10]
    assert table.confidence.tolist() == pytest.approx([0.55, 0.9125, 0.84])
    assert table.right.tolist() == [0.5, 0.875, 0.8]
    assert (table.low["all"], table.high["all"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # 8 of 10, after Wilson


def test_without_events_reliability_says_nothing():
    assert event_reliability(pd.DataFrame({"confidence": [], "type": [], "label": []})).empty

"""Evaluation's tables on cases that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from horuslib.core import artifacts
from horuslib.evaluation import evaluate
from tests.conftest import noise, tone
from tests.evaluated import evaluated_rows


def intervals(*rows):
    return pd.DataFrame(rows, columns=["recording_id", "start_s", "end_s", "label"])


def events(*rows):
    columns = ["recording_id", "type", "start_s", "end_s", "confidence"]
    return pd.DataFrame([(*row, 0.9) for row in rows], columns=columns)


def test_only_labelled_originals_are_evaluated(horus):
    predictions = pd.DataFrame(
        {
            "segment_id": ["a", "b", "c"],
            "fold": [0, -1, -1],
            "split": ["train", "unlabelled", "holdout"],
            "label": ["normal", None, "eco_reverb"],
            "p_normal": [0.9, 0.9, 0.1],
        }
    )
    segments = pd.DataFrame(
        {"segment_id": list("abc"), "recording_id": list("xyx"), "group_id": "g", "start_s": [5.0, 0, 0], "end_s": 9.0}
    )
    features = pd.DataFrame(
        {"segment_id": list("abca"), "kind": ["original"] * 3 + ["variation"], "rms": [0.1, 0, 0.2, 9], "peak": 0.5}
        | {"echo": [0.3, 0, 0.4, 9], "room": 0.0, "quiet": 0.0, "noise": 0.0}
        | {"measured_delay_s": [0.2, np.nan, 0.7, 9], "measured_rt60_s": np.nan}
    )
    joined = evaluate.join(predictions, segments, features)
    assert joined.segment_id.tolist() == ["c", "a"]  # of one recording, in order of time
    assert joined.rms.tolist() == [0.2, 0.1]
    assert joined.echo.tolist() == [0.4, 0.3]
    assert joined.delay_s.tolist() == [0.7, 0.2]


def test_an_event_takes_the_label_of_most_of_its_duration(horus):
    truth = intervals(("a", 0, 10, "normal"), ("a", 10, 20, "eco_reverb"), ("b", 0, 30, "normal"))
    placed = evaluate.place_events(
        events(
            ("a", "eco_reverb", 8, 20),  # 2 s of normal, 10 s of echo
            ("a", "ruido_hiss", 4, 12),  # 6 s of normal, 2 s of echo
            ("b", "eco_reverb", 28, 40),  # most of it unknown, the known part normal
            ("c", "eco_reverb", 0, 5),  # nothing known
        ),
        truth,
    )
    assert placed.label.tolist() == ["eco_reverb", "normal", "normal", ""]
    assert evaluate.event_counts(placed, truth, horus) == {
        "faults": 1,
        "found": 1,
        "events": 4,
        "right": 1,
        "false_alarms": 2,
    }


@pytest.mark.parametrize(("end_s", "found"), [(14.9, 0), (15.0, 1)])
def test_a_fault_is_found_when_half_of_it_is_covered(horus, end_s, found):
    truth = intervals(("a", 10, 20, "eco_reverb"))
    placed = evaluate.place_events(events(("a", "eco_reverb", 10, 12), ("a", "eco_reverb", 12, end_s)), truth)
    assert evaluate.event_counts(placed, truth, horus)["found"] == found


def test_a_fault_predicted_as_another_class_is_not_found(horus):
    truth = intervals(("a", 10, 20, "eco_reverb"))
    placed = evaluate.place_events(events(("a", "ruido_hiss", 10, 20)), truth)
    assert evaluate.event_counts(placed, truth, horus) == {
        "faults": 1,
        "found": 0,
        "events": 1,
        "right": 0,
        "false_alarms": 0,
    }


def test_no_events_are_counted_too(horus):
    truth = intervals(("a", 10, 20, "eco_reverb"))
    counts = evaluate.event_counts(evaluate.place_events(events(), truth), truth, horus)
    assert counts == {"faults": 1, "found": 0, "events": 0, "right": 0, "false_alarms": 0}


def test_augmented_predictions_are_joined_with_levels_and_parameters():
    augmented = pd.DataFrame({"example_id": ["a-v1"], "segment_id": ["a"], "fold": [0], "label": ["eco_reverb"]})
    index = pd.DataFrame(
        {"example_id": ["a", "a-v1"], "segment_id": "a", "kind": ["original", "variation"], "label": "x", "fold": 0}
        | {"split": "train", "rms": [0.1, 0.2], "echo": [0.0, 0.9], "rt60_s": [None, 1.5]}
    )
    joined = evaluate.join_augmented(augmented, index)
    assert joined[["label", "rms", "echo", "rt60_s"]].values.tolist() == [["eco_reverb", 0.2, 0.9, 1.5]]


def test_misclassified_segments_are_written_unchanged(root, horus, rng):
    sound = np.concatenate([noise(rng, 5, level_dbfs=-30), tone(5, level_dbfs=-20)])
    ingest = artifacts.begin("01_ingest", horus)
    np.save(ingest.path("audio/abc.npy"), sound)
    ingest.finish()
    table = evaluated_rows(
        horus,
        [("abc", 0.0, "ruido_hiss", "ruido_hiss", 0.9, 0), ("abc", 5.0, "sinal_teste", "normal", 0.8, 0)],
    )
    wrong = evaluate.write_misclassified(table, ingest, root / "wavs", horus)
    assert wrong.file.tolist() == ["sinal_teste_as_normal_abc-0005000.wav"]
    assert [p.name for p in (root / "wavs").iterdir()] == wrong.file.tolist()
    samples, rate = soundfile.read(root / "wavs" / wrong.file[0])
    assert (rate, len(samples)) == (16000, 80000)
    assert 20 * np.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-20, abs=0.05)


def test_the_summary_counts_segments_hours_and_alarms(horus):
    rows = [("n", 2.5 * i, "normal", "normal", 0.9, 0) for i in range(9)]  # 25 s of normal sound
    rows += [("e", 0.0, "eco_reverb", "eco_reverb", 0.9, 1), ("e", 2.5, "eco_reverb", "normal", 0.9, 1)]
    table = evaluated_rows(horus, rows)
    truth = intervals(("n", 0, 25, "normal"), ("e", 0, 7.5, "eco_reverb"))
    placed = evaluate.place_events(events(("n", "eco_reverb", 5, 10), ("e", "eco_reverb", 0, 5)), truth)
    score = evaluate.summary(table, placed, truth, horus)
    assert score["macro_f1"]["holdout"] is None
    assert score["macro_f1"]["out_of_fold"] == pytest.approx((18 / 19 + 2 / 3) / 2)
    assert score["accuracy"] == pytest.approx(10 / 11)
    assert score["normal_hours"] == pytest.approx(25 / 3600)
    assert score["false_alarms_per_hour"] == pytest.approx(144)  # one in 25 s
    assert score["false_alarms_per_hour_upper95"] == pytest.approx(4.744 * 144, rel=1e-3)
    assert score["per_class"]["eco_reverb"]["recall"] == 0.5
    assert (score["segments"], score["recordings"]) == (11, 2)

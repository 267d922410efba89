"""Evaluation's tables on cases that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from horuslib.core import artifacts
from horuslib.evaluation import evaluate
from tests.conftest import noise, tone


def evaluated_rows(task, rows):
    """A table of predictions from (recording, start_s, label, most probable class, its probability, fold)."""
    table = []
    for recording, start_s, label, strongest, p, fold in rows:
        rest = (1 - p) / (len(task.labels) - 1)
        table.append(
            {
                "segment_id": f"{recording}-{round(start_s * 1000):07d}",
                "recording_id": recording,
                "group_id": f"of {recording}",
                "start_s": start_s,
                "end_s": start_s + task.front_end.segment_s,
                "label": label,
                "fold": fold,
                "split": "train" if fold >= 0 else "holdout",
                "rms": 0.1,
                "peak": 0.3,
                "echo": 0.0,
                "room": 0.0,
                "quiet": 0.0,
                "noise": 0.0,
                "verdict": strongest,
                "confidence": p,
            }
            | {f"p_{name}": p if name == strongest else rest for name in task.labels}
        )
    return pd.DataFrame(table)


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


def test_contiguous_runs_end_at_gaps(horus):
    rows = [("a", s, "normal", "normal", 0.9, 0) for s in (0, 2.5, 7.5, 10)] + [("b", 0, "normal", "normal", 0.9, 0)]
    assert evaluate.contiguous_runs(evaluated_rows(horus, rows), horus).diff().tolist()[1:] == [0, 1, 0, 1]


@pytest.mark.slow
def test_a_fold_is_not_evaluated_with_parameters_fitted_on_it(horus):
    rows = [(f"e{k}{i % 3}", 10.0 * i, "eco_reverb", "eco_reverb", 0.9, k) for k in (-1, 0, 1, 2) for i in range(12)]
    rows += [(f"n{k}{i % 3}", 10.0 * i, "normal", "eco_reverb", 0.5, k) for k in (-1, 0, 1, 2) for i in range(6)]
    table = evaluated_rows(horus, rows).assign(room=0.2)  # high enough not to be vetoed
    # All of fold 0 and the holdout is relabelled normal: their own verdicts must not depend on it.
    relabelled = table.assign(label=np.where(table.fold <= 0, "normal", table.label))
    augmented = table[table.fold >= 0].iloc[::3]
    before, after = (evaluate.cross_fitted(x, augmented, horus) for x in (table, relabelled))
    limits, other = (evaluate.cross_thresholds(x, augmented, horus) for x in (table, relabelled))
    assert before.index.tolist() == table.index.tolist()
    assert sorted(limits) == [-1, 0, 1, 2]
    same = table.fold == 0
    pd.testing.assert_frame_equal(after[same].drop(columns="label"), before[same].drop(columns="label"))
    assert other[0] == limits[0]
    for fold in (-1, 1, 2):  # fold 0 is used to fit the parameters for the holdout, 1 and 2
        assert other[fold]["eco_reverb"] > limits[fold]["eco_reverb"]
    # Labels of the holdout affect no fold.
    only_held = table.assign(label=np.where(table.fold < 0, "normal", table.label))
    assert evaluate.cross_thresholds(only_held, augmented, horus) == limits


def echoes(horus):
    """Two folds in which the network predicts normal for all, and the measure separates the half that is echo."""
    rows = [
        (f"r{k}{i % 4}", 10.0 * i, ("normal", "eco_reverb")[i % 2], "normal", 0.6, k) for k in (0, 1) for i in range(20)
    ]
    table = evaluated_rows(horus, rows)
    return table.assign(echo=(table.label == "eco_reverb") * 1.0)


def test_an_informative_measure_corrects_the_prediction(horus):
    table = echoes(horus)
    assert (evaluate.cross_fitted(table, table, horus).predicted == table.label).all()
    assert (evaluate.cross_fitted(table, table, horus, []).predicted == "normal").all()


def test_the_contribution_of_each_measure_is_reported(horus):
    worth = evaluate.worth_of_measures(echoes(horus), echoes(horus), horus)
    assert worth.index.tolist() == [
        "the network alone",
        "echo",
        "room",
        "quiet",
        "noise",
        "all, without the veto",
        "all",
    ]
    assert worth.f1_eco_reverb.tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert worth.log_loss["echo"] < worth.log_loss["the network alone"]


def test_the_last_row_is_the_rule_of_the_task_with_a_single_measure_too(horus):
    rules = {"eco_reverb": horus.decision.rule("eco_reverb").model_copy(update={"requires_any": ["echo"]})}
    decision = horus.decision.model_copy(update={"measures": ["echo"], "labels": rules})
    worth = evaluate.worth_of_measures(echoes(horus), echoes(horus), horus.model_copy(update={"decision": decision}))
    assert worth.index.tolist() == ["the network alone", "echo", "all, without the veto", "all"]


def test_the_contribution_of_the_veto_is_reported_separately(horus):
    """Only in fold 1 the network predicts echo for normal sound; none of it has a measured reflection."""
    rows = [(f"e{k}{i}", 0.0, "eco_reverb", "eco_reverb", 0.9, k) for k in (0, 1) for i in range(10)]
    rows += [
        (f"n{k}{i}", 0.0, "normal", ("normal", "eco_reverb")[k], (0.9, 0.9999)[k], k) for k in (0, 1) for i in range(10)
    ]
    table = evaluated_rows(horus, rows)
    table = table.assign(echo=(table.label == "eco_reverb") * 0.3)
    worth = evaluate.worth_of_measures(table, table, horus)
    assert worth.normal_alarms["all, without the veto"] == 0.5 and worth.normal_alarms["all"] == 0.0
    assert worth.log_loss["all"] < worth.log_loss["all, without the veto"]


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

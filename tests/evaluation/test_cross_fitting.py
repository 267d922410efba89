"""Calibration and thresholds of a fold come from the others; what measures and known-good programme add."""

import numpy as np
import pandas as pd
import pytest

from horuslib.evaluation import cross_fitting
from horuslib.evaluation.cross_fitting import CalibratedDecision
from tests.evaluated import evaluated_rows, heard_of


@pytest.mark.slow
def test_a_fold_is_not_evaluated_with_parameters_fitted_on_it(horus):
    rows = [(f"e{k}{i % 3}", 10.0 * i, "eco_reverb", "eco_reverb", 0.9, k) for k in (-1, 0, 1, 2) for i in range(12)]
    rows += [(f"n{k}{i % 3}", 10.0 * i, "normal", "eco_reverb", 0.5, k) for k in (-1, 0, 1, 2) for i in range(6)]
    table = evaluated_rows(horus, rows).assign(room=0.2)  # high enough not to be vetoed
    # All of fold 0 and the holdout is relabelled normal: their own verdicts must not depend on it.
    relabelled = table.assign(label=np.where(table.fold <= 0, "normal", table.label))
    augmented = table[table.fold >= 0].iloc[::3]
    before, after = (cross_fitting.cross_fitted(x, augmented, horus) for x in (table, relabelled))
    limits, other = (cross_fitting.cross_limits(x, augmented, horus) for x in (table, relabelled))
    assert before.index.tolist() == table.index.tolist()
    assert sorted(limits) == [-1, 0, 1, 2]
    same = table.fold == 0
    pd.testing.assert_frame_equal(after[same].drop(columns="label"), before[same].drop(columns="label"))
    assert other[0] == limits[0]
    for fold in (-1, 1, 2):  # fold 0 is used to fit the parameters for the holdout, 1 and 2
        assert other[fold].thresholds["eco_reverb"] != limits[fold].thresholds["eco_reverb"]
    # Labels of the holdout affect no fold.
    only_held = table.assign(label=np.where(table.fold < 0, "normal", table.label))
    assert cross_fitting.cross_limits(only_held, augmented, horus) == limits


def test_what_lasts_is_decided_in_each_recording_whatever_the_order_of_rows(horus):
    heard = pd.concat([heard_of(horus, [0.0] * 5 + [0.3] * 20 + [0.0] * 5), heard_of(horus, [0.3] * 10, "b")])
    shuffled = heard.assign(segment_id=[f"x{i}" for i in range(len(heard))]).sample(frac=1, random_state=0)
    shuffled.index = range(len(shuffled))
    limits = {0: cross_fitting.Limits({"eco_reverb": 0.8}, {"eco_reverb": 0.05})}
    decided = cross_fitting.decided(shuffled, limits, horus)
    assert decided.segment_id.tolist() == shuffled.segment_id.tolist()
    found = shuffled[decided.label == "eco_reverb"]
    assert (len(found), set(found.recording_id)) == (20, {"a"})


def echoes(horus):
    """Two folds in which the network predicts normal for all, and the measure separates the half that is echo."""
    rows = [
        (f"r{k}{i % 4}", 10.0 * i, ("normal", "eco_reverb")[i % 2], "normal", 0.6, k) for k in (0, 1) for i in range(20)
    ]
    table = evaluated_rows(horus, rows)
    return table.assign(echo=(table.label == "eco_reverb") * 1.0)


def test_an_informative_measure_corrects_the_prediction(horus):
    table = echoes(horus)
    assert (cross_fitting.cross_fitted(table, table, horus).predicted == table.label).all()
    assert (cross_fitting.cross_fitted(table, table, horus, []).predicted == "normal").all()


def test_the_contribution_of_each_measure_is_reported(horus):
    worth = cross_fitting.worth_of_measures(echoes(horus), echoes(horus), horus)
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
    worth = cross_fitting.worth_of_measures(
        echoes(horus), echoes(horus), horus.model_copy(update={"decision": decision})
    )
    assert worth.index.tolist() == ["the network alone", "echo", "all, without the veto", "all"]


def test_class_offsets_learn_how_often_classes_are(horus):
    """A network that takes all for hiss, where nine in ten are normal."""
    rows = [("r", 10.0 * i, "ruido_hiss" if i % 10 == 0 else "normal", "ruido_hiss", 0.4, 0) for i in range(100)]
    table = evaluated_rows(horus, rows)
    asked = horus.model_copy(update={"decision": horus.decision.model_copy(update={"class_offsets": True})})
    for task, label in ((horus, "ruido_hiss"), (asked, "normal")):
        read = CalibratedDecision.fit(table, table[:0], task, ()).apply(table, task)
        assert set(read.predicted) == {label}


def test_the_contribution_of_the_veto_is_reported_separately(horus):
    """Only in fold 1 the network predicts echo for normal sound; none of it has a measured reflection."""
    rows = [(f"e{k}{i}", 0.0, "eco_reverb", "eco_reverb", 0.9, k) for k in (0, 1) for i in range(10)]
    rows += [
        (f"n{k}{i}", 0.0, "normal", ("normal", "eco_reverb")[k], (0.9, 0.9999)[k], k) for k in (0, 1) for i in range(10)
    ]
    table = evaluated_rows(horus, rows)
    table = table.assign(echo=(table.label == "eco_reverb") * 0.3)
    worth = cross_fitting.worth_of_measures(table, table, horus)
    assert worth.normal_alarms["all, without the veto"] == 0.5 and worth.normal_alarms["all"] == 0.0
    assert worth.log_loss["all"] < worth.log_loss["all, without the veto"]


def test_random_segments_calibrate_and_hard_ones_are_practice(horus):
    heard = heard_of(horus, [0.0] * 5).assign(chosen=["random", "hard", "confirmed", "", "random"])
    held = heard_of(horus, [0.0] * 2, "h", "u", -1).assign(split="holdout", chosen="random")
    evaluated, augmented = heard[:2].assign(label="eco_reverb"), heard[:1]
    basis, practice = cross_fitting.with_programme(evaluated, augmented, pd.concat([heard, held]))
    assert basis.label.tolist() == ["eco_reverb"] * 2 + ["normal"] * 2 and len(practice) == 3
    same = cross_fitting.with_programme(evaluated, augmented, heard[:0])
    assert same[0] is evaluated and same[1] is augmented

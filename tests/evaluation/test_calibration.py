"""Calibration of models with known overconfidence, and thresholds under known false-alarm budgets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horuslib.evaluation import calibration
from horuslib.evaluation.metrics import covered_s
from tests.evaluated import with_rule


@pytest.fixture(scope="module")
def horus(horus):
    """The task, but that a segment of echo is an alarm."""
    return with_rule(horus, "eco_reverb", min_segments=1)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def calibrated(rng, n=6000, labels=6):
    """Calibrated probabilities, and labels drawn from them."""
    p = softmax(2.0 * rng.standard_normal((n, labels)))
    return p, (p.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.5, 4.0])
def test_a_known_temperature_is_recovered(rng, temperature):
    p, truth = calibrated(rng)
    stated = softmax(np.log(p) * temperature)  # overconfident by this factor
    assert calibration.fit_temperature(stated, truth) == pytest.approx(temperature, rel=0.06)


def test_the_fitted_temperature_calibrates_the_model(rng):
    p, truth = calibrated(rng)
    stated = softmax(np.log(p) * 3.0)
    before = calibration.expected_calibration_error(stated, truth)
    after = calibration.expected_calibration_error(
        calibration.apply_temperature(stated, calibration.fit_temperature(stated, truth)), truth
    )
    assert before > 0.15
    assert after < 0.02


def test_temperature_keeps_the_order_and_survives_saturated_softmax():
    p = np.array([[1.0, 0.0, 0.0], [0.5, 0.3, 0.2]], dtype=np.float32)
    soft = calibration.apply_temperature(p, 3.0)
    assert np.isfinite(soft).all()
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    np.testing.assert_array_equal(soft.argmax(axis=1), [0, 0])
    np.testing.assert_allclose(calibration.apply_temperature(p, 1.0), p, atol=1e-7)


def test_a_model_without_errors_is_not_sharpened_without_limit():
    p = np.full((30, 2), [0.9, 0.1])
    assert calibration.fit_temperature(p, np.zeros(30, int)) == pytest.approx(calibration.TEMPERATURES[0], rel=0.01)
    assert calibration.fit_temperature(p[:0], np.zeros(0, int)) == 1.0


def test_calibration_error_counted_by_hand():
    # Four at 0.75, two correct: off by 0.25. Six at 0.95, all correct: off by 0.05. (4 x 0.25 + 6 x 0.05) / 10.
    p = np.array([[0.75, 0.25]] * 4 + [[0.95, 0.05]] * 6)
    truth = np.array([0, 0, 1, 1] + [0] * 6)
    assert calibration.expected_calibration_error(p, truth) == pytest.approx(0.13)
    table = calibration.reliability(p, truth)
    assert table["count"].sum() == 10
    assert table[table["count"] > 0].accuracy.tolist() == [0.5, 1.0]


def test_a_confidence_on_the_edge_of_two_bins_belongs_to_the_lower():
    table = calibration.reliability(np.array([[0.8, 0.2], [0.2, 0.8], [0.81, 0.19]]), np.array([0, 0, 0]))
    assert table["count"].tolist() == [0] * 7 + [2, 1, 0]
    assert table.accuracy[7:9].tolist() == [0.5, 1.0]
    assert table.loc[[0, 9], ["confidence", "accuracy"]].isna().all(axis=None), "nothing is known of an empty bin"


def test_adjacent_alarms_are_one_alarm():
    # a: 0, 2.5 s (one), gap of one segment to 7.5 s (still the same), 60 s (another); b: 2.5 s (another).
    table = pd.DataFrame({"recording_id": list("aaaab"), "start_s": [60.0, 0.0, 2.5, 7.5, 2.5]})
    assert calibration.count_alarms(table, hop_s=2.5, gap_segments=1) == 3
    assert calibration.count_alarms(table, hop_s=2.5, gap_segments=0) == 4
    assert calibration.count_alarms(table, hop_s=2.5, gap_segments=0, min_segments=2) == 1  # a: 0 and 2.5 s
    assert calibration.count_alarms(table[:0], hop_s=2.5, gap_segments=1) == 0


def segments(task, scores, label="eco_reverb", spacing_s=10.0):
    """A table with one row per (true label, probability of `label`); the rest of the probability is normal's."""
    rows = []
    for i, (true, score) in enumerate(scores):
        p = dict.fromkeys(task.labels, 0.0) | {label: score, "normal": 1 - score}
        start_s = i * spacing_s
        rows.append(
            {
                "recording_id": f"r{i % 4}",
                "group_id": f"g{i % 4}",
                "start_s": start_s,
                "end_s": start_s + 5,
                "label": true,
            }
            | {f"p_{name}": value for name, value in p.items()}
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("label", ["ruido_hiss", "eco_reverb"])
def test_the_threshold_lies_between_the_classes(horus, label):
    """Four fifths of the way up from normal sound at 0.6 to the fault at 0.9; of a strict class at the upper end."""
    table = segments(horus, [(label, 0.9)] * 20 + [("normal", 0.6)] * 5 + [("normal", 0.1)] * 20, label)
    row = calibration.choose_thresholds(table, horus).loc[label]
    assert row.threshold == pytest.approx(0.90 if horus.decision.rule(label).strict else 0.84, abs=0.011)
    assert (row.precision, row.recall, row.false_alarms) == (1.0, 1.0, 0)


def test_the_measures_of_a_threshold_counted_by_hand(horus):
    """At 0.70: 12 of 20 found, and 3 of 10 normal segments named: precision 12/15, recall 12/20, F1 24/35."""
    scores = [("ruido_hiss", 0.9)] * 12 + [("ruido_hiss", 0.6)] * 8 + [("normal", 0.75)] * 3 + [("normal", 0.1)] * 7
    table = segments(horus, scores, "ruido_hiss")
    row = calibration.choose_thresholds(table, horus, {"ruido_hiss": 0.7}).loc["ruido_hiss"]
    assert (row.precision, row.recall, row.f1) == pytest.approx((0.8, 0.6, 24 / 35))
    assert row.false_alarms == 0, "each stands alone, and an event takes two"


@pytest.mark.parametrize(("fault", "others", "chosen"), [(0.5, 0.6, 0.88), (0.85, 0.9, 0.74)])
def test_of_two_equally_good_ranges_the_longer_is_taken(horus, fault, others, chosen):
    """20 faults and 20 others give the F1 of 19 faults and 18 others; in between, of 19 and 20, it is lower."""
    scores = [("sinal_teste", 0.96)] * 19 + [("sinal_teste", fault)]
    scores += [("eco_reverb", 0.96)] * 18 + [("eco_reverb", others)] * 2 + [("normal", 0.0)] * 4
    row = calibration.choose_thresholds(segments(horus, scores, "sinal_teste"), horus).loc["sinal_teste"]
    assert row.f1 == pytest.approx(2 / 3)
    assert row.threshold == pytest.approx(chosen, abs=1e-9)  # four fifths of the way up in its own range


def test_a_strict_class_takes_the_highest_threshold_that_is_nearly_as_good(horus):
    """Of 40 faults, one lies in the gap: its loss costs 0.5 % of F0.5; another two would cost 1.6 % more."""
    scores = [("eco_reverb", 0.9)] * 37 + [("eco_reverb", 0.8)] * 2 + [("eco_reverb", 0.7)] + [("normal", 0.1)] * 20
    assert calibration.choose_thresholds(segments(horus, scores), horus).threshold["eco_reverb"] == 0.9
    scores = [("eco_reverb", 0.9)] * 32 + [("eco_reverb", 0.8)] * 7 + [("eco_reverb", 0.7)] + [("normal", 0.1)] * 20
    assert calibration.choose_thresholds(segments(horus, scores), horus).threshold["eco_reverb"] == 0.8


def test_the_budget_outweighs_recall(horus):
    # Normal sound at 0.85, above half of the echoes: without a budget, F1 alone would take them all.
    table = segments(horus, [("eco_reverb", 0.7)] * 20 + [("eco_reverb", 0.9)] * 20 + [("normal", 0.85)] * 3)
    generous = horus.model_copy(update={"decision": horus.decision.model_copy(update={"false_alarms_per_hour": 1e6})})
    assert calibration.choose_thresholds(table, horus).threshold["eco_reverb"] > 0.85
    assert calibration.choose_thresholds(table, generous).threshold["eco_reverb"] <= 0.7


@pytest.mark.parametrize(("label", "higher"), [("eco_reverb", True), ("volume_baixo", True), ("ruido_hiss", False)])
def test_a_strict_class_keeps_its_budget_on_augmented_sound_too(horus, label, higher):
    table = segments(horus, [(label, 0.9)] * 20 + [(label, 0.8)] * 20 + [("normal", 0.1)] * 20, label)
    varied = segments(horus, [("normal", 0.86)] * 2 + [("normal", 0.2)] * 9 + [(label, 0.95)] * 9, label)
    row, other = (calibration.choose_thresholds(table, horus, varied=x).loc[label] for x in (None, varied))
    assert (row.threshold <= 0.8, row.recall) == (True, 1.0)
    assert (other.threshold > 0.86, other.recall == 0.5) == (higher, higher)
    assert other.false_alarms == 0


def test_hours_of_augmented_sound_count(horus):
    """In 4 hours at 2 alarms an hour, a strict label's share is 1."""
    table = segments(horus, [("eco_reverb", 0.9)] * 20 + [("eco_reverb", 0.6)] * 20 + [("normal", 0.1)] * 20)
    hours = [segments(horus, [("normal", 0.8)] + [("normal", 0.1)] * n) for n in (700, 2900)]
    few, many = (calibration.choose_thresholds(table, horus, varied=x).threshold["eco_reverb"] for x in hours)
    assert few > 0.8 and many <= 0.6


@pytest.mark.slow
def test_a_strict_class_weighs_precision_more(horus):
    # Keeping everything: P 40/56, R 1 (F1 0.83, F0.5 0.76); cutting at 0.8: P 1, R 0.6 (F1 0.75, F0.5 0.88).
    scores = [("x", 0.9)] * 24 + [("x", 0.7)] * 16 + [("ruido_hiss", 0.7)] * 16 + [("normal", 0.0)] * 4
    chosen = {
        label: calibration.choose_thresholds(
            segments(horus, [(label if true == "x" else true, s) for true, s in scores], label), horus
        ).threshold[label]
        for label in ("eco_reverb", "volume_baixo", "sinal_teste")
    }
    assert chosen["eco_reverb"] > 0.7
    assert chosen["volume_baixo"] > 0.7
    assert chosen["sinal_teste"] <= 0.7


def test_too_few_positives_keep_the_default_and_give_the_reason(horus):
    table = segments(horus, [("eco_reverb", 0.9)] * 4 + [("normal", 0.1)] * 20)
    row = calibration.choose_thresholds(table, horus).loc["eco_reverb"]
    assert row.threshold == horus.decision.default_threshold
    assert "4 segments from 4 groups of sound are too few" in row.reason


def test_one_group_is_too_few_however_many_segments(horus):
    table = segments(horus, [("eco_reverb", 0.9)] * 40).assign(group_id="only")
    assert "from 1 groups" in calibration.choose_thresholds(table, horus).reason["eco_reverb"]


def with_decision(task, **changed):
    return task.model_copy(update={"decision": task.decision.model_copy(update=changed)})


def hours_of(task, hours, alarms, score, label="eco_reverb"):
    """Known-good programme: so many segments apart from one another at this score, the rest at 0."""
    rows = [(("normal"), 0.0)] * round(hours * 1440)
    for k in range(alarms):
        rows[100 * k] = ("normal", score)
    table = segments(task, rows, label)
    start_s = 2.5 * np.arange(len(table))
    return table.assign(recording_id="long", start_s=start_s, end_s=start_s + 5, rms=0.1, peak=0.3, quiet=0.0)


def test_known_good_programme_moves_a_threshold_beyond_its_alarms(horus):
    table = segments(horus, [("eco_reverb", 0.995)] * 20 + [("eco_reverb", 0.9)] * 20 + [("normal", 0.1)] * 20)
    without = calibration.choose_thresholds(table, horus).loc["eco_reverb"]
    known = calibration.choose_thresholds(table, horus, programme=hours_of(horus, 3, 4, 0.97)).loc["eco_reverb"]
    assert without.threshold <= 0.9 < 0.97 < known.threshold <= 0.995
    assert known.recall == 0.5
    assert known.programme == "0 alarms in 3.0 h, 0 allowed by the rate itself (the 80 % bound takes 6.4 h)"
    assert without.programme == ""


def test_programme_that_is_low_by_definition_moves_no_threshold(horus):
    table = segments(
        horus, [("volume_baixo", 0.995)] * 20 + [("volume_baixo", 0.9)] * 20 + [("normal", 0.1)] * 20, "volume_baixo"
    )
    low = hours_of(horus, 3, 14, 0.97, "volume_baixo").assign(rms=0.1, peak=0.3)
    for quiet in (0.0, 1.0):
        row = calibration.choose_thresholds(table, horus, programme=low.assign(quiet=quiet)).loc["volume_baixo"]
        assert row.recall == 1 and row.threshold == 0.9
        assert row.programme == "not evaluated here"


@pytest.mark.slow
def test_alarms_within_the_budget_of_the_programme_are_allowed(horus):
    """With 80 %, one alarm shows that no more than 3.0 are to be expected, two that no more than 4.3."""
    table = segments(horus, [("eco_reverb", 0.9)] * 6 + [("eco_reverb", 0.99)] * 34 + [("normal", 0.1)] * 20)
    strict = sum(horus.decision.rule(label).strict for label in horus.faults)
    share = 2.0 * 0.5 / (len(horus.faults) - strict / 2)
    for alarms, kept in ((1, True), (2, False)):
        programme = hours_of(horus, 3.5 / share, alarms, 0.97)
        row = calibration.choose_thresholds(table, horus, programme=programme).loc["eco_reverb"]
        assert (row.threshold <= 0.9) == kept, alarms
        assert row.programme == f"{1 if kept else 0} alarm{'' if kept else 's'} in 14.0 h, 1 allowed by the 80 % bound"


def test_the_bound_keeps_the_budget_where_there_is_sound_enough():
    assert [calibration._allowed(expected, 0.8) for expected in (0.5, 1.7, 3.1, 10.0)] == [0, 0, 1, 6]
    assert calibration._allowed(1.2, 0.8) == 1
    assert calibration._allowed(10.0, 0.95) < calibration._allowed(10.0, 0.8)


def test_fewer_alarms_cost_no_more_than_a_fifth_of_a_class(horus):
    """At 0.97 on, where the alarms end, one echo in ten is left: fewer alarms are not worth that."""
    table = segments(horus, [("eco_reverb", 0.99)] * 4 + [("eco_reverb", 0.9)] * 36 + [("normal", 0.1)] * 20)
    row = calibration.choose_thresholds(table, horus, programme=hours_of(horus, 3, 4, 0.97)).loc["eco_reverb"]
    assert row.recall == 1 and row.threshold <= 0.9
    assert row.programme.endswith("; not kept: what keeps it loses more than 20 % of the best F")
    assert row.programme.startswith("4 alarms in 3.0 h, 0 allowed")


def test_without_a_threshold_that_keeps_the_budget_the_fewest_alarms_count(horus):
    table = segments(horus, [("eco_reverb", 0.999)] * 20 + [("normal", 0.1)] * 20)
    loud = hours_of(horus, 1, 9, 0.9995)
    row = calibration.choose_thresholds(table, horus, programme=loud).loc["eco_reverb"]
    assert row.recall == 1 and row.programme.startswith("9 alarms in 1.0 h, 0 allowed")
    assert row.programme.endswith("; not kept: no threshold keeps it")


def test_a_threshold_that_is_not_chosen_by_the_budget_is_told_apart(horus):
    table = segments(horus, [("eco_reverb", 0.9)] * 40 + [("normal", 0.1)] * 20)
    loud = hours_of(horus, 7, 9, 0.97)
    row = calibration.choose_thresholds(table, horus, {"eco_reverb": 0.6}, programme=loud).loc["eco_reverb"]
    assert row.programme == "9 alarms in 7.0 h; the threshold is not chosen by them"
    few = table[(table.label == "normal") | (table.index < 3)]
    row = calibration.choose_thresholds(few, horus, programme=loud).loc["eco_reverb"]
    assert row.programme.startswith("9 alarms in 7.0 h, 0 allowed by the 80 % bound; not kept: the threshold is the")


def test_an_impossible_budget_is_reported(horus):
    table = segments(horus, [("eco_reverb", 0.9)] * 20 + [("normal", 0.99)] * 5)
    row = calibration.choose_thresholds(table, horus).loc["eco_reverb"]
    assert row.threshold == calibration.HIGHEST
    assert row.reason == "the highest allowed; false alarms 5, budget 0"


def test_a_budget_that_leaves_no_detection_is_reported(horus):
    table = segments(horus, [("eco_reverb", 0.7)] * 20 + [("normal", 0.8)] * 5)
    row = calibration.choose_thresholds(table, horus).loc["eco_reverb"]
    assert (row.threshold, row.recall) == (calibration.HIGHEST, 0)
    assert "nothing is found" in row.reason


def test_thresholds_of_the_task_take_precedence(heimdall):
    table = segments(heimdall, [("eco_reverb", 0.6)] * 20 + [("normal", 0.1)] * 20)
    chosen = calibration.choose_thresholds(table, heimdall)
    assert chosen.threshold.to_dict() == {
        "ausencia_audio": 0.75,
        "eco_reverb": 0.85,
        "ruido_hiss": 0.68,
        "sinal_teste": 0.68,
    }
    assert (chosen.reason == "fixed by the task").all()


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), budget=st.floats(0.5, 400), sharpness=st.floats(0.5, 4))
def test_chosen_thresholds_respect_the_budget_or_report_it(horus, seed, budget, sharpness):
    rng = np.random.default_rng(seed)
    n = 300
    true = rng.integers(0, 6, n)
    p = softmax(sharpness * (rng.standard_normal((n, 6)) + 2 * np.eye(6)[true]))
    table = pd.DataFrame(p, columns=[f"p_{label}" for label in horus.labels]).assign(
        label=np.array(horus.labels)[true],
        recording_id=[f"r{i // 20}" for i in range(n)],
        group_id=[f"g{i // 20}" for i in range(n)],
        start_s=[2.5 * (i % 20) for i in range(n)],
        end_s=[2.5 * (i % 20) + 5 for i in range(n)],
    )
    task = horus.model_copy(update={"decision": horus.decision.model_copy(update={"false_alarms_per_hour": budget})})
    chosen = calibration.choose_thresholds(table, task)
    assert chosen.threshold.between(calibration.LOWEST, calibration.HIGHEST).all()
    normal = table[table.label == "normal"]
    hours = covered_s(normal.recording_id, normal.start_s, normal.end_s) / 3600
    kept = chosen[chosen.reason.str.startswith("the best")]
    assert kept.false_alarms.sum() <= budget * hours

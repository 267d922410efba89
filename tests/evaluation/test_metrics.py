"""Metrics against textbooks, scikit-learn and cases that can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from horuslib.evaluation import metrics

LABELS = ["eco", "hiss", "normal"]


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_wilson_gives_newcombes_table(successes, trials, interval):
    # Newcombe 1998, Table I, method 3.
    assert metrics.wilson(successes, trials) == pytest.approx(interval, abs=5e-5)


@given(trials=st.integers(1, 500), data=st.data())
def test_wilson_holds_the_share_and_mirrors(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = metrics.wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert metrics.wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


def test_wilson_without_trials_is_the_whole_interval():
    assert np.isnan(metrics.wilson(0, 0)).all()


@pytest.mark.parametrize(("events", "bound"), [(0, 2.996), (1, 4.744), (2, 6.296), (5, 10.513), (10, 16.962)])
def test_poisson_bound_gives_the_standard_table(events, bound):
    # Garwood's exact one-sided 95 % upper limits, as tabulated in every counting text.
    assert metrics.poisson_upper(events) == pytest.approx(bound, abs=1e-3)


def test_no_alarm_in_twelve_hours_leaves_a_quarter_per_hour():
    rate, upper = metrics.alarm_rate(0, 12.0)
    assert rate == 0
    assert upper == pytest.approx(3 / 12, rel=0.002)


def test_no_normal_sound_excludes_nothing():
    rate, upper = metrics.alarm_rate(0, 0.0)
    assert np.isnan(rate)
    assert upper == np.inf


def test_overlapping_segments_are_counted_once():
    # a: 0..7.5 s in two overlapping segments, then 20..25 s with one segment inside another; b: 0..5 s.
    recordings = ["a", "a", "b", "a", "a"]
    assert metrics.covered_s(recordings, [2.5, 0, 0, 20, 21], [7.5, 5, 5, 25, 23]) == pytest.approx(17.5)
    assert metrics.covered_s([], [], []) == 0


def test_confusion_has_the_truth_in_its_rows():
    matrix = metrics.confusion(["eco", "eco", "normal"], ["eco", "normal", "normal"], LABELS)
    assert matrix.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]


def test_macro_f1_averages_over_the_labels_that_occur():
    # eco: P 1, R 1/2, F1 2/3; normal: P 1/2, R 1, F1 2/3. A false hiss lowers that mean only through eco's recall.
    assert metrics.macro_f1(metrics.confusion(["eco", "eco", "normal"], ["eco", "normal", "normal"], LABELS)) == (
        pytest.approx(2 / 3)
    )
    assert metrics.macro_f1_of(["eco", "eco", "normal"], ["eco", "eco", "eco"], LABELS) == pytest.approx(0.4)
    with_false_hiss = metrics.confusion(["eco", "eco", "normal"], ["eco", "hiss", "normal"], LABELS)
    assert metrics.macro_f1(with_false_hiss) == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60))
def test_every_count_and_ratio_is_scikit_learns(pairs):
    truth, predicted = zip(*pairs, strict=True)
    table = metrics.evaluate(truth, predicted, LABELS)
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=LABELS, zero_division=np.nan
    )
    np.testing.assert_allclose(table.precision, precision)
    np.testing.assert_allclose(table.recall, recall)
    np.testing.assert_array_equal(table.support, support)
    shown = (table.support + table.predicted) > 0
    np.testing.assert_allclose(table.f1[shown], f1[shown])
    np.testing.assert_array_equal(
        metrics.confusion(truth, predicted, LABELS), confusion_matrix(truth, predicted, labels=LABELS)
    )
    assert (table.f1_low[shown] <= table.f1[shown] + 1e-12).all()
    assert (table.f1[shown] <= table.f1_high[shown] + 1e-12).all()


def test_f1_interval_is_that_of_the_jaccard_index():
    # 8 hits, 1 miss, 1 false alarm: J = 8/10, whose Wilson interval is (0.4902, 0.9433); F1 = 2 J / (1 + J).
    row = metrics.evaluate(["eco"] * 9 + ["normal"], ["eco"] * 8 + ["normal", "eco"], LABELS).loc["eco"]
    assert row.f1 == pytest.approx(8 / 9)
    assert row.f1_low == pytest.approx(2 * 0.4902 / 1.4902, abs=1e-4)
    assert row.f1_high == pytest.approx(2 * 0.9433 / 1.9433, abs=1e-4)


@pytest.mark.slow
def test_f1_interval_has_its_nominal_coverage():
    # A detector of known quality: P(hit | fault) = 0.8, P(alarm | normal) = 0.1, half of all segments faulty.
    rng = np.random.default_rng(3)
    true_f1 = 2 * 0.4 / (2 * 0.4 + 0.05 + 0.1)
    covered = 0
    for _ in range(300):
        fault = rng.random(200) < 0.5
        alarm = rng.random(200) < np.where(fault, 0.8, 0.1)
        row = metrics.evaluate(np.where(fault, "eco", "normal"), np.where(alarm, "eco", "normal"), LABELS).loc["eco"]
        covered += row.f1_low <= true_f1 <= row.f1_high
    assert 0.91 <= covered / 300 <= 0.99


def test_group_bootstrap_is_wide_where_groups_differ():
    # Ten groups; in half of them everything is wrong, so one group hardly predicts the next.
    truth = np.tile(["eco", "normal"], 100)
    groups = np.repeat([f"g{i}" for i in range(10)], 20)
    predicted = np.where(np.repeat(np.arange(10) < 5, 20), truth, np.where(truth == "eco", "normal", "eco"))
    low, high = metrics.macro_f1_interval(truth, predicted, groups, LABELS, np.random.default_rng(0))
    assert low == pytest.approx(0.2, abs=0.11)
    assert high == pytest.approx(0.8, abs=0.11)


def test_one_group_has_no_interval():
    interval = metrics.macro_f1_interval(["eco"], ["eco"], ["g"], LABELS, np.random.default_rng(0))
    assert np.isnan(interval).all()


def test_worst_recordings_come_first():
    table = metrics.by_recording(
        ["eco", "eco", "normal", "normal"], ["hiss", "eco", "normal", "normal"], ["b", "b", "a", "a"]
    )
    assert table.recording_id.tolist() == ["b", "a"]
    assert table.iloc[0].to_dict() == {
        "recording_id": "b",
        "segments": 2,
        "wrong": 1,
        "error_rate": 0.5,
        "label": "eco",
        "mistaken_for": "hiss",
    }


def test_unequal_lengths_and_unknown_labels_are_named():
    with pytest.raises(ValueError, match="2 true labels stand against 1"):
        metrics.evaluate(["eco", "eco"], ["eco"], LABELS)
    with pytest.raises(ValueError, match=r"\['chiado'\] are none of"):
        metrics.evaluate(["eco"], ["chiado"], LABELS)

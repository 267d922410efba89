import numpy as np
import pytest

from horuslib.evaluation import operating_point
from tests.evaluated import predictions
from tests.evaluation.test_calibration import segments


def test_raising_a_threshold_turns_an_alarm_into_normal(horus):
    given = predictions(horus, [("normal", {"ruido_hiss": 0.7}, 0.1)])
    assert operating_point.at_thresholds(given, {"ruido_hiss": 0.6}, horus).verdict.tolist() == ["ruido_hiss"]
    assert operating_point.at_thresholds(given, {"ruido_hiss": 0.8}, horus).verdict.tolist() == ["normal"]


def test_the_most_confident_error_is_first_and_the_most_confident_hit_last(horus):
    given = predictions(
        horus,
        [
            ("normal", {}, 0.1),
            ("normal", {"ruido_hiss": 0.7}, 0.1),
            ("eco_reverb", {"eco_reverb": 0.8}, 0.1),
            ("normal", {"ruido_hiss": 0.9}, 0.1),
        ],
    )
    evaluated = operating_point.at_thresholds(given, dict.fromkeys(horus.faults, 0.6), horus)
    assert evaluated.segment_id.tolist() == ["r-3", "r-1", "r-2", "r-0"]
    assert evaluated.wrong.tolist() == [True, True, False, False]
    np.testing.assert_allclose(evaluated.doubt, [0.9, 0.7, 0.2, 0.0], atol=1e-9)


def test_false_negatives_and_false_positives_per_class(horus):
    given = predictions(
        horus, [("eco_reverb", {}, 0.1), ("eco_reverb", {"eco_reverb": 0.9}, 0.1), ("normal", {"ruido_hiss": 0.9}, 0.1)]
    )
    limits = dict.fromkeys(horus.faults, 0.6)
    found = operating_point.per_class(operating_point.at_thresholds(given, limits, horus), limits, horus)
    assert found.loc["eco_reverb", ["missed", "falsely_named", "recall"]].tolist() == [1, 0, 0.5]
    assert found.loc["ruido_hiss", "falsely_named"] == 1
    assert found.loc["eco_reverb", "threshold"] == 0.6 and np.isnan(found.loc["normal", "threshold"])


def test_adjacent_segments_with_the_same_verdict_are_one_alarm(horus):
    hiss, eco = {"ruido_hiss": 0.9}, {"eco_reverb": 0.9}
    given = predictions(horus, [("normal", p, 0.1) for p in (hiss, hiss, {}, eco, hiss, hiss)])
    alarms, hours = operating_point.false_alarms(operating_point.at_thresholds(given, {}, horus), horus)
    assert alarms == 2, "an echo takes two"
    assert hours == pytest.approx(17.5 / 3600)


FUSED = [("eco_reverb", p) for p in (0.55, 0.65, 0.75, 0.85)] + [("normal", 0.1)] * 4
NETWORK = [("eco_reverb", p) for p in (0.72, 0.82, 0.92, 0.97)] + [("normal", 0.3)] * 4


@pytest.mark.parametrize(("chosen", "alone"), [(0.52, 0.72), (0.7, 0.92), (0.0, 0.72), (1.0, 1.0)])
def test_the_recall_is_kept(horus, chosen, alone):
    rows = (segments(horus, scores) for scores in (FUSED, NETWORK))
    assert operating_point.same_recall({"eco_reverb": chosen}, *rows, horus) == {"eco_reverb": pytest.approx(alone)}


def test_where_the_network_finds_less_it_reports_all_that_it_finds(horus):
    network = [("eco_reverb", p) for p in (0.2, 0.3, 0.92, 0.97)] + FUSED[4:]  # two are stronger as normal
    rows = (segments(horus, scores) for scores in (FUSED, network))
    assert operating_point.same_recall({"eco_reverb": 0.5}, *rows, horus) == {"eco_reverb": pytest.approx(0.92)}


def test_without_a_segment_of_the_class_there_is_no_recall_to_keep(horus):
    rows = (segments(horus, [("normal", 0.1)] * 4) for _ in range(2))
    assert operating_point.same_recall({"eco_reverb": 0.42}, *rows, horus) == {}


def test_without_measures_there_is_one_scale(horus):
    task = horus.model_copy(update={"decision": horus.decision.model_copy(update={"measures": []})})
    rows = segments(task, FUSED)
    assert operating_point.same_recall({"eco_reverb": 0.42}, rows, rows, task) == {"eco_reverb": 0.42}


def test_no_threshold_finds_a_class_that_the_network_never_prefers(horus):
    network = [("eco_reverb", 0.2)] * 4 + FUSED[4:]
    rows = (segments(horus, scores) for scores in (FUSED, network))
    translated = operating_point.same_recall({"eco_reverb": 0.5}, *rows, horus)
    assert np.isclose(translated["eco_reverb"], 1.0)

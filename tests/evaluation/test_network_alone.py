"""A threshold for the whole decision, as one of the network alone: the same recall on the same segments."""

import numpy as np
import pytest

from horuslib.evaluation.network_alone import same_recall
from tests.evaluation.test_calibration import segments

FUSED = [("eco_reverb", p) for p in (0.55, 0.65, 0.75, 0.85)] + [("normal", 0.1)] * 4
NETWORK = [("eco_reverb", p) for p in (0.72, 0.82, 0.92, 0.97)] + [("normal", 0.3)] * 4


@pytest.mark.parametrize(("chosen", "alone"), [(0.52, 0.72), (0.7, 0.92), (0.0, 0.72), (1.0, 1.0)])
def test_the_recall_is_kept(horus, chosen, alone):
    rows = (segments(horus, scores) for scores in (FUSED, NETWORK))
    assert same_recall({"eco_reverb": chosen}, *rows, horus) == {"eco_reverb": pytest.approx(alone)}


def test_where_the_network_finds_less_it_reports_all_that_it_finds(horus):
    network = [("eco_reverb", p) for p in (0.2, 0.3, 0.92, 0.97)] + FUSED[4:]  # two are stronger as normal
    rows = (segments(horus, scores) for scores in (FUSED, network))
    assert same_recall({"eco_reverb": 0.5}, *rows, horus) == {"eco_reverb": pytest.approx(0.92)}


def test_without_a_segment_of_the_class_there_is_no_recall_to_keep(horus):
    rows = (segments(horus, [("normal", 0.1)] * 4) for _ in range(2))
    assert same_recall({"eco_reverb": 0.42}, *rows, horus) == {}


def test_without_measures_there_is_one_scale(horus):
    task = horus.model_copy(update={"decision": horus.decision.model_copy(update={"measures": []})})
    rows = segments(task, FUSED)
    assert same_recall({"eco_reverb": 0.42}, rows, rows, task) == {"eco_reverb": 0.42}


def test_no_threshold_finds_a_class_that_the_network_never_prefers(horus):
    network = [("eco_reverb", 0.2)] * 4 + FUSED[4:]
    translated = same_recall({"eco_reverb": 0.5}, segments(horus, FUSED), segments(horus, network), horus)
    assert np.isclose(translated["eco_reverb"], 1.0)

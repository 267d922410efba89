"""Scores against counts made by hand: intervals, calibration from other folds, abstention, conditions, the flag."""

import numpy as np
import pytest

from horuslib.spectral.models import scores
from horuslib.spectral.models.conditions import answers_under
from horuslib.spectral.models.held_out import held_out

CLASSES = ["a", "b"]
LABELS = np.array([0, 0, 1, 1, -1, 1])
SAID = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7], [0.5, 0.5], [np.nan, np.nan]])


def test_only_events_with_a_class_and_an_answer_are_scored():
    found = scores.score(SAID, LABELS, list("uvwxyz"), CLASSES)
    assert (found["events"], found["accuracy"]) == (4, 0.75)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    low, high = found["accuracy_interval"]
    assert (low, high) == (pytest.approx(0.3006, abs=1e-4), pytest.approx(0.9544, abs=1e-4))
    assert found["ece"] == pytest.approx(0.15), "two bins of two: 0.65 said and 0.5 right, 0.85 said and 1 right"


def test_a_fold_is_trained_on_labelled_events_of_the_others_and_judges_all_of_its_own():
    folds = np.array([0, 1, 0, 1, 0, -1])
    found = [(fold, used.tolist(), evaluated.tolist()) for fold, used, evaluated in held_out(LABELS, folds)]
    assert found == [(0, [1, 3], [0, 2, 4]), (1, [0, 2], [1, 3])]


def test_abstention_counts_what_is_answered_and_right():
    table = scores.abstention(SAID, LABELS, (0.0, 0.65, 0.95))
    assert table.answered.tolist() == [1, 0.75, 0]
    assert table.accuracy.tolist()[:2] == [0.75, 1] and np.isnan(table.accuracy[2])


def test_what_the_flag_says_is_counted_in_the_other_folds():
    flags, labels, folds = np.array([1.0, 0, np.nan, 1]), np.array([1, 0, 0, 0]), np.array([0, 0, 0, 1])
    found = scores.flag_alone(flags, labels, folds, 2)
    assert found[3].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found[0].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert found[1].tolist() == found[2].tolist() == [0.5, 0.5]


def test_uses_are_scored_against_the_class_and_against_ambient_where_modalities_are_apart():
    """A network that needs the sound, and calls what lies apart ambient (0)."""
    steps = {"picture": np.zeros((50, 5)), "person": np.zeros((10, 4)), "look": np.zeros((10, 1)),
             "bands": np.zeros((50, 40)), "sound": np.zeros((50, 5)), "sensors": np.zeros((50, 11))}  # fmt: skip
    mark = np.zeros((50, 11))
    mark[25] = 1
    events = [{**steps, "sensors": mark, "present": np.ones(3)} for _ in range(4)]

    def predict(changed):
        coincide = [x["present"][1] == 1 and x["sensors"][25].any() for x in changed]
        return np.array([[0.2, 0.8] if yes else [0.9, 0.1] for yes in coincide])

    answered = answers_under(predict, events)
    table = scores.uses(answered, np.array([1, 1, 1, -1]), 0, least=0.85).set_index("condition")
    assert table.events.tolist() == [3] * 9
    assert (table.accuracy["all"], table.macro_f1["all"], table.confidence["all"]) == (1, 1, pytest.approx(0.8))
    assert table.accuracy["without audio"] == table.macro_f1["without audio"] == 0
    assert table.ambient["without audio"] == 1 and table.ambient["without video"] == 0
    assert (table.answered["all"], table.answered["without audio"]) == (0, 1)
    assert np.isnan(table.accuracy_answered["all"]) and table.accuracy_answered["2 s apart"] == 1
    assert table.accuracy["2 s apart"] == table.ambient["2.5 s apart"] == 1
    more = answers_under(predict, events, {"flags removed": [{**x, "sensors": 0 * mark} for x in events]})
    table = scores.uses(more, np.array([1, 1, 1, -1]), 0, least=0.85).set_index("condition")
    assert (table.events["flags removed"], table.accuracy["flags removed"]) == (3, 0)

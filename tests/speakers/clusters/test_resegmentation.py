"""Labels are smoothed without losing anybody, and turns cover the speech."""

from itertools import product

import numpy as np
import pytest

from horuslib.speakers.clusters.resegmentation import (
    CHANGE_COST,
    _viterbi,
    confidences,
    confidences_of_one,
    smooth,
    to_turns,
)
from horuslib.speakers.front_end.windows import make_windows
from tests.speakers.conftest import clouds


def test_a_lone_window_follows_its_neighbours(rng):
    vectors, labels = clouds(rng, np.eye(8)[:2], n=20)
    wrong = labels.copy()
    wrong[[5, 30]] = 1 - wrong[[5, 30]]
    windows = make_windows(np.array([[0.0, 0.5 * 39 + 1.5]]))
    np.testing.assert_array_equal(smooth(vectors, wrong, windows), labels)


def test_the_path_is_the_best_of_all(rng):
    def value(scores, path):
        return scores[np.arange(len(path)), path].sum() - CHANGE_COST * np.count_nonzero(np.diff(path))

    for _ in range(20):
        scores = rng.uniform(-1, 1, (6, 3))
        best = max(value(scores, np.array(path)) for path in product(range(3), repeat=6))
        assert value(scores, _viterbi(scores, CHANGE_COST)) == pytest.approx(best)


def test_nobody_is_lost(rng):
    vectors = clouds(rng, np.eye(8)[:1], n=20)[0]
    labels = np.zeros(20, int)
    labels[10] = 1
    windows = make_windows(np.array([[0.0, 0.5 * 19 + 1.5]]))
    assert set(smooth(vectors, labels, windows)) == {0, 1}


def test_turns_are_the_regions(rng):
    regions = np.array([[0.0, 4.0], [6.0, 9.0]])
    windows = make_windows(regions)
    labels = (windows.spans[:, 0] > 2).astype(int)
    turns = to_turns(windows, labels, np.ones(len(windows)), 2)
    assert sum(t.seconds for t in turns) == pytest.approx(7)
    assert [(t.speaker, t.channel) for t in turns] == [("0", 2), ("1", 2), ("1", 2)]


def test_a_very_short_turn_within_speech_goes_to_the_longer_beside_it():
    windows = make_windows(np.array([[0.0, 4.0]]), step_s=0.3)
    labels = np.zeros(len(windows), int)
    labels[4] = 1
    assert [t.speaker for t in to_turns(windows, labels, np.ones(len(windows)))] == ["0"]


def test_confidence_is_low_between_two_voices(rng):
    vectors, labels = clouds(rng, np.eye(8)[:2])
    vectors[0] = (np.eye(8)[0] + np.eye(8)[1]) / np.sqrt(2)
    sure = confidences(vectors, labels)
    assert sure[0] == pytest.approx(0.5, abs=0.2)
    assert sure[1:].min() > 0.9


def test_one_speaker_is_surer_the_less_the_speech_divides(rng):
    vectors, division = clouds(rng, np.eye(8)[:2])
    division[:5] = 0
    undivided, divided = (confidences_of_one(vectors, division, ratio) for ratio in (0.1, 1.0))
    assert undivided.min() > 0.94
    assert divided.min() == pytest.approx(0.5, abs=0.05)
    assert confidences_of_one(vectors, np.zeros(80, int), 1.0).tolist() == [0.5] * 80

"""Which sounds are labelled next: uncertain ones, apart from each other and from what is known, one of an event."""

import numpy as np

from horuslib.focus.active import choose


def test_the_least_certain_of_equally_distant_sounds_come_first():
    p = np.array([[0.9, 0.1], [0.55, 0.45], [0.7, 0.3]])
    apart = np.eye(3)
    assert choose(p, apart, np.arange(3), 3).tolist() == [1, 2, 0]


def test_of_two_alike_one_is_enough_and_what_is_known_counts():
    p = np.array([[0.5, 0.5], [0.5, 0.5], [0.6, 0.4]])
    places = np.array([[1.0, 0.0], [1.001, 0.0], [0.0, 1.0]])
    assert choose(p, places, np.arange(3), 2).tolist()[1] == 2
    known = np.array([[1.0, 0.0]])
    assert choose(p, places, np.arange(3), 1, known).tolist() == [2]


def test_an_event_gives_one_sound_at_most():
    p, places = np.full((4, 2), 0.5), np.random.default_rng(0).standard_normal((4, 3))
    chosen = choose(p, places, np.array(["a", "a", "b", "b"]), 4)
    assert sorted(c // 2 for c in chosen.tolist()) == [0, 1]


def test_nothing_to_choose_from_is_no_error():
    assert choose(np.zeros((0, 2)), np.zeros((0, 3)), np.zeros(0), 5).tolist() == []

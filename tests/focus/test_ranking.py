"""Planted label errors come to the head of the ranking, and the rules are compared by them."""

import numpy as np
import pytest

from horuslib.focus import audit, ranking

LABELS = 3


@pytest.fixture
def sounds(rng):
    """Embeddings of three classes, twelve groups each of two files."""
    labels = np.repeat(np.arange(LABELS), 24)
    groups = np.array([f"{label}-{i % 24 // 2}" for i, label in enumerate(labels)])
    x = np.eye(LABELS)[labels].repeat(4, axis=1) + rng.normal(0, 0.35, (len(labels), 4 * LABELS))
    return x, labels, groups


def test_planted_errors_are_whole_groups_into_and_out_of_the_focus(sounds, rng):
    _, labels, groups = sounds
    changed, planted = ranking.plant(labels, groups, 0, 0.1, rng)
    assert 0.05 <= planted.mean() <= 0.15
    for group in set(groups[planted]):
        assert planted[groups == group].all()
    assert all(0 in (old, new) for old, new in zip(labels[planted], changed[planted], strict=True))


@pytest.mark.slow
def test_the_ranking_finds_planted_errors(sounds, rng):
    x, labels, groups = sounds
    everyone = np.ones(len(labels), bool)

    def suspected(given):
        p = audit.out_of_fold(x, given, groups, everyone, LABELS, 1, np.random.default_rng(0))
        return ranking.suspicions(p, given, ranking.neighbour_shares(x, given, groups, LABELS, 5))

    table = ranking.compare_rules(suspected, labels, groups, 0, rng, repeats=1)
    assert set(table.index) == set(ranking.RULES)
    assert table.average_precision.iloc[0] > 0.8
    assert table.average_precision.is_monotonic_decreasing


@pytest.mark.slow
def test_probabilities_are_out_of_fold(sounds):
    _, labels, groups = sounds
    noise = np.random.default_rng(1).normal(size=(len(labels), 8))
    p = audit.out_of_fold(noise, labels, groups, np.ones(len(labels), bool), LABELS, 1, np.random.default_rng(0))
    assert p.shape == (len(labels), LABELS)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert np.mean(p.argmax(axis=1) == labels) < 0.55, "noise tells no class of a group that was left out"


def test_neighbours_are_of_other_groups():
    x = np.array([[1.0, 0], [1, 0.01], [0, 1], [0, 1.01], [0.1, 1]])
    groups = np.array(["a", "a", "b", "c", "d"])
    shares = ranking.neighbour_shares(x, np.array([0, 0, 1, 1, 1]), groups, 2, 1)
    assert shares[0, 0] == 0, "the nearest is of its own group and does not count"
    assert shares[2].tolist() == [0, 1]


def test_near_duplicates_are_of_different_groups(rng):
    x = rng.normal(size=(6, 20))
    x[5] = x[0] + 1e-3
    x[4] = x[1]
    pairs = ranking.near_duplicates(x, np.array(["a", "b", "c", "d", "b", "e"]))
    assert [pair[:2] for pair in pairs] == [(0, 5)]

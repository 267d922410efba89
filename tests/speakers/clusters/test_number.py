"""The number of speakers: found, or honoured to the letter."""

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.clusters.clustering import make_clustering
from horuslib.speakers.clusters.comparison import CosineComparison
from horuslib.speakers.clusters.number import (
    Clustered,
    Number,
    absorb,
    choose,
    choose_together,
    nearest_division,
    plausible,
)
from tests.speakers.conftest import clouds


def chosen(rng, speakers, number=None, n=40, name="agglomerative"):
    vectors, _ = clouds(rng, np.eye(12)[:speakers], n=n, spread=0.2)
    seconds = np.full(len(vectors), 0.5)
    labels = choose(
        make_clustering(name, vectors, 12), CosineComparison(vectors, seconds, 0.35, 0.6), seconds, number or Number()
    )
    assert set(labels) == set(range(labels.max() + 1))
    return labels.max() + 1


@pytest.mark.parametrize("speakers", [1, 2, 5])
def test_it_is_found(rng, speakers):
    assert chosen(rng, speakers) == speakers


@pytest.mark.parametrize("name", ["agglomerative", "spectral"])
@pytest.mark.parametrize("exact", [1, 2, 3, 6])
def test_what_is_known_is_honoured(rng, exact, name):
    assert chosen(rng, 3, Number(exact), name=name) == exact


def test_limits_are_honoured(rng):
    assert chosen(rng, 4, Number(most=2)) == 2
    assert chosen(rng, 1, Number(least=3)) == 3
    assert chosen(rng, 3, Number(least=2, most=5)) == 3


def test_a_phantom_joins_what_it_is_most_like(rng):
    vectors, labels = clouds(rng, np.eye(12)[:2])
    labels[0] = 2  # half a second of a third cluster, out of the first cloud
    seconds = np.full(len(labels), 0.5)
    found = absorb(labels, CosineComparison(vectors, seconds, 0.35, 0.6), seconds)
    assert found.max() == 1
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [((0,), "--speakers is 0"), ((None, 3, 2), "--min is 3 and --max is 2"), ((5, 1, 4), "--speakers 5 lies outside")],
)
def test_limits_that_contradict_are_said(given, said):
    with pytest.raises(UserError, match=said):
        Number(*given)


def test_more_speakers_than_windows_is_said(rng):
    with pytest.raises(UserError, match="too few for 9 speakers"):
        chosen(rng, 2, Number(9), n=2)


def side(rng, speakers, n=40, apart=1.0):
    vectors, _ = clouds(
        rng, np.vstack([np.eye(12)[i] * apart + np.eye(12)[11] * (1 - apart) for i in range(speakers)]), n
    )
    seconds = np.full(len(vectors), 0.5)
    clustering = make_clustering("agglomerative", vectors, 12)
    return Clustered(clustering, CosineComparison(vectors, seconds, 0.35, 0.6), seconds)


def numbers(sides, number):
    return [int(labels.max()) + 1 for labels in choose_together(sides, number)]


def test_limits_hold_for_all_sides_together(rng):
    sides = [side(rng, 3), side(rng, 2)]
    assert numbers(sides, Number()) == [3, 2]
    for exact in (2, 4, 5, 7):
        assert sum(numbers(sides, Number(exact))) == exact
    assert sum(numbers(sides, Number(most=3))) == 3
    assert sum(numbers(sides, Number(least=6))) == 6


def test_the_side_with_the_clearer_voices_keeps_them(rng):
    assert numbers([side(rng, 2, apart=0.7), side(rng, 2)], Number(3)) == [1, 2]


def test_a_side_of_few_windows_leaves_the_speakers_to_the_other(rng):
    assert numbers([side(rng, 1, n=1), side(rng, 2)], Number(4)) == [1, 3]


def test_the_range_widens_with_doubt(rng):
    least, most = plausible([side(rng, 3)], Number())
    assert (least, most) == (3, 3)
    least, most = plausible([side(rng, 3, apart=0.6)], Number())
    assert least < 3 <= most
    assert plausible([side(rng, 3, apart=0.6)], Number(most=2))[1] <= 2
    assert plausible([side(rng, 3)], Number(5)) == (5, 5)


def test_a_short_side_has_no_division(rng):
    labels, ratio = nearest_division(side(rng, 1, n=2))
    assert (labels.tolist(), ratio) == ([0, 0], 1.0)
    labels, ratio = nearest_division(side(rng, 2))
    assert labels.max() == 1 and ratio > 1

"""Both clusterings find clouds that are apart, of a sample too, and cut into as many as asked."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from horuslib.speakers.clusters import clustering
from horuslib.speakers.clusters.clustering import make_clustering
from tests.speakers.conftest import clouds

METHODS = ["agglomerative", "spectral"]


@pytest.mark.parametrize("name", METHODS)
def test_clouds_are_found(rng, name):
    vectors, labels = clouds(rng, np.eye(10)[:4])
    assert adjusted_rand_score(make_clustering(name, vectors, 8).cut(4), labels) > 0.95


@pytest.mark.parametrize("name", METHODS)
def test_a_sample_stands_for_all(rng, name, monkeypatch):
    monkeypatch.setattr(clustering, "SAMPLE", 50)
    vectors, labels = clouds(rng, np.eye(10)[:4], n=200)
    assert adjusted_rand_score(make_clustering(name, vectors, 8).cut(4), labels) > 0.95


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_windows_are_no_error(rng, name, n):
    vectors = clouds(rng, np.eye(10)[:n], n=1)[0]
    found = make_clustering(name, vectors, 4)
    for k in (1, 2, 5):
        labels = found.cut(k)
        assert len(labels) == n
        assert labels.max() + 1 <= min(k, n)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_eigengap_gives_the_number(rng, k):
    vectors, _ = clouds(rng, np.eye(10)[:k], n=60, spread=0.15)
    assert make_clustering("spectral", vectors, 8).own_number == k


def test_windows_that_are_all_alike_are_no_error():
    assert make_clustering("agglomerative", np.zeros((5, 3)), 4).cut(2).max() <= 1

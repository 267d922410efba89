"""One voice is one voice, however it is divided; two are two."""

import numpy as np

from horuslib.speakers.clusters.comparison import CosineComparison, GaussianComparison, centroids, compact
from tests.speakers.conftest import clouds


def gaussian(rng, means, seconds_each=20):
    frames = np.vstack([m + rng.standard_normal((100 * seconds_each, 18)) for m in means])
    edges = np.arange(0, len(frames) + 1, 50)
    return GaussianComparison(frames, np.stack([edges[:-1], edges[1:]], axis=1), 0.01), len(edges) - 1


def test_two_halves_of_one_voice_are_one(rng):
    comparison, n = gaussian(rng, [np.zeros(18)] * 2)
    assert comparison.ratios((np.arange(n) >= n // 2).astype(int))[0, 1] < 0.5


def test_two_voices_are_two_and_the_order_does_not_matter(rng):
    other = np.zeros(18)
    other[3] = 2.0
    comparison, n = gaussian(rng, [np.zeros(18), other])
    labels = (np.arange(n) >= n // 2).astype(int)
    ratios = comparison.ratios(labels)
    assert ratios[0, 1] > 1
    assert ratios[0, 1] == ratios[1, 0]
    assert np.isinf(np.diag(ratios)).all()
    np.testing.assert_allclose(comparison.ratios(1 - labels)[0, 1], ratios[0, 1])


def test_a_scale_per_feature_changes_nothing(rng):
    frames = rng.standard_normal((4000, 18))
    frames[2000:, 3] += 2
    tiles = np.stack([np.arange(0, 4000, 50), np.arange(50, 4001, 50)], axis=1)
    labels = (np.arange(80) >= 40).astype(int)
    scaled = frames * np.linspace(1, 30, 18)
    a, b = (GaussianComparison(x, tiles, 0.01).ratios(labels)[0, 1] for x in (frames, scaled))
    np.testing.assert_allclose(a, b, rtol=0.01)


def test_of_short_clusters_more_is_tolerated(rng):
    vectors, labels = clouds(rng, np.eye(8)[:2])
    near = CosineComparison(vectors, np.full(80, 1.0), 0.3, 2.0).ratios(labels)[0, 1]
    short = CosineComparison(vectors, np.full(80, 0.05), 0.3, 2.0).ratios(labels)[0, 1]
    assert near > 1 > short


def test_centroids_are_unit_means_and_labels_are_compacted(rng):
    vectors, labels = clouds(rng, np.eye(5))
    means = centroids(vectors, labels)
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 1)
    assert (means @ np.eye(5)).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert compact(np.array([7, 2, 7, 9])).tolist() == [1, 0, 1, 2]

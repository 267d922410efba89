"""Whether two sets of windows hold one voice or two.

A distance between clusters means little by itself: of two short ones it is large even where one person speaks. Here it
is divided by what is tolerated of one voice, which shrinks as the clusters grow: at 1 and above, they are two voices.
"""

from typing import Protocol

import numpy as np


class Comparison(Protocol):
    """Compares clusters of the windows that it was made for."""

    def ratios(self, labels: np.ndarray) -> np.ndarray:
        """(k, k) symmetric distances over what is tolerated, infinite on the diagonal; `labels` are (n,) from 0 on."""
        ...


class GaussianComparison:
    """Mahalanobis distance of the mean frames, within the frames' own covariance (Hotelling's T² per frame).

    Parameters
    ----------
    frames : (T, d) features.
    tiles : (n, 2) first frame and end that each window answers for.
    seconds_per_frame : turns counts into seconds.
    """

    FIXED, PER_S = 0.5, 7.0
    """Tolerated: FIXED + PER_S * (1 / seconds of the one + 1 / seconds of the other). Chosen on conversations in other
    languages than those they were evaluated on, and the reverse."""
    SHARED = 0.3
    """Share of the covariance of all clusters in that of two: short clusters have an uncertain one."""
    _RIDGE = 1e-3

    def __init__(self, frames: np.ndarray, tiles: np.ndarray, seconds_per_frame: float) -> None:
        d = frames.shape[1]
        self._count = np.maximum(tiles[:, 1] - tiles[:, 0], 0).astype(float)
        self._sum, self._outer = np.zeros((len(tiles), d)), np.zeros((len(tiles), d, d), np.float32)
        for i, (first, end) in enumerate(tiles):
            x = frames[first:end].astype(np.float64)
            self._sum[i], self._outer[i] = x.sum(axis=0), x.T @ x
        self._seconds_per_frame = seconds_per_frame

    def ratios(self, labels: np.ndarray) -> np.ndarray:
        k, d = int(labels.max()) + 1, self._sum.shape[1]
        count, total, scatter = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
        for i in range(k):
            own = labels == i
            count[i], total[i] = self._count[own].sum(), self._sum[own].sum(axis=0)
            scatter[i] = self._outer[own].sum(axis=0, dtype=np.float64)
        count = np.maximum(count, 1)
        mean = total / count[:, None]
        scatter -= count[:, None, None] * mean[:, :, None] * mean[:, None, :]
        everywhere, ridge = scatter.sum(axis=0) / count.sum(), self._RIDGE * np.eye(d)
        found, seconds = np.full((k, k), np.inf), count * self._seconds_per_frame
        for i in range(k):
            for j in range(i + 1, k):
                own = (scatter[i] + scatter[j]) / (count[i] + count[j])
                within = (1 - self.SHARED) * own + self.SHARED * everywhere + ridge
                apart = mean[i] - mean[j]
                tolerated = self.FIXED + self.PER_S * (1 / seconds[i] + 1 / seconds[j])
                found[i, j] = found[j, i] = apart @ np.linalg.solve(within, apart) / tolerated
        return found


class CosineComparison:
    """Cosine distance of the mean embeddings.

    Parameters
    ----------
    vectors : (n, d) embeddings of unit length.
    seconds : (n,) that each window answers for.
    fixed, per_s : tolerated is fixed + per_s * (1 / seconds of the one + 1 / seconds of the other).
    """

    def __init__(self, vectors: np.ndarray, seconds: np.ndarray, fixed: float, per_s: float) -> None:
        self._vectors, self._seconds, self._fixed, self._per_s = vectors, seconds, fixed, per_s

    def ratios(self, labels: np.ndarray) -> np.ndarray:
        means = centroids(self._vectors, labels)
        seconds = np.maximum(np.bincount(labels, self._seconds), 1e-3)
        tolerated = self._fixed + self._per_s * (1 / seconds[:, None] + 1 / seconds[None])
        found = (1 - means @ means.T) / tolerated
        np.fill_diagonal(found, np.inf)
        return found


def centroids(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(k, d) mean vectors of clusters 0 to k - 1, of unit length; a cluster without windows is zero."""
    k = int(labels.max()) + 1 if len(labels) else 0
    means = np.zeros((k, vectors.shape[1]))
    np.add.at(means, labels, vectors)
    return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)


def compact(labels: np.ndarray) -> np.ndarray:
    """The same clusters, numbered from 0 without gaps."""
    return np.unique(labels, return_inverse=True)[1]

"""Clusters of windows for any number of speakers, in memory that grows with the recording's length alone.

Where there are more than SAMPLE windows, a sample spread evenly over the recording is clustered, and the others go to
the cluster whose mean is nearest. Sources: average-linkage clustering of cosine distances; spectral clustering with
the eigengap after Park et al. (2019), "Auto-tuning spectral clustering for speaker diarization", without the tuning.
"""

from typing import Protocol

import numpy as np

from horuslib.speakers.clusters.comparison import centroids, compact

SAMPLE = 1500
_KEPT = 0.15
"""Share of each window's affinities that spectral clustering keeps: its nearest neighbours."""


class Clustering(Protocol):
    """Clusters of the windows that it was made for."""

    own_number: int | None
    """The number of clusters that the method itself finds; None where it has no opinion."""

    def cut(self, k: int) -> np.ndarray:
        """(n,) labels of about `k` clusters, numbered from 0; fewer where there are fewer windows."""
        ...


def make_clustering(name: str, vectors: np.ndarray, most: int) -> Clustering:
    """The clustering "agglomerative" or "spectral" of (n, d) vectors of unit length, for up to `most` clusters."""
    return {"agglomerative": Agglomerative, "spectral": Spectral}[name](vectors, most)


class _Sampled:
    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors
        n = len(vectors)
        self._rows = np.arange(n) if n <= SAMPLE else np.linspace(0, n - 1, SAMPLE).round().astype(int)
        self._sample = vectors[self._rows]

    def _all(self, labels: np.ndarray) -> np.ndarray:
        """Labels of every window from those of the sample."""
        labels = compact(labels)
        if len(self._rows) == len(self._vectors):
            return labels
        found = np.argmax(self._vectors @ centroids(self._sample, labels).T, axis=1)
        found[self._rows] = labels
        return compact(found)


class Agglomerative(_Sampled):
    """Average linkage of cosine distances."""

    own_number = None

    def __init__(self, vectors: np.ndarray, most: int = 0) -> None:
        from scipy.cluster.hierarchy import linkage
        from scipy.spatial.distance import pdist

        super().__init__(vectors)
        distances = np.maximum(0, np.nan_to_num(pdist(self._sample, "cosine"), nan=1.0))
        self._tree = linkage(distances, "average") if len(self._sample) > 1 else None

    def cut(self, k: int) -> np.ndarray:
        from scipy.cluster.hierarchy import cut_tree

        if self._tree is None:
            return np.zeros(len(self._vectors), int)
        return self._all(cut_tree(self._tree, min(k, len(self._sample))).ravel())


class Spectral(_Sampled):
    """k-means of the eigenvectors of the normalised Laplacian of the nearest neighbours' affinities."""

    def __init__(self, vectors: np.ndarray, most: int) -> None:
        super().__init__(vectors)
        n = len(self._sample)
        affinity = (1 + self._sample @ self._sample.T) / 2
        kept = max(2, round(_KEPT * n))
        limits = np.sort(affinity, axis=1)[:, -min(kept, n)]
        near = affinity >= limits[:, None]
        affinity = np.where(near | near.T, affinity, 0)
        scale = 1 / np.sqrt(affinity.sum(axis=1))
        values, self._eigenvectors = np.linalg.eigh(np.eye(n) - scale[:, None] * affinity * scale)
        gaps = np.diff(values[: most + 1])
        self.own_number = int(np.argmax(gaps)) + 1 if len(gaps) else 1

    def cut(self, k: int) -> np.ndarray:
        from sklearn.cluster import KMeans

        if k <= 1 or len(self._sample) < 2:
            return np.zeros(len(self._vectors), int)
        k = min(k, len(self._sample))
        rows = self._eigenvectors[:, :k]
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return self._all(KMeans(k, n_init=4, random_state=0).fit_predict(rows))

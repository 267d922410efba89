"""Active learning: which sounds to label next, so that a label teaches most (Settles 2009, sections 3.1 and 5.3)."""

import numpy as np
from scipy.spatial.distance import cdist

_DISTANCE_WEIGHT = 0.5
"""Power of the distance beside the uncertainty; with 0, the most uncertain ones are alike, with 1 they are outliers."""
_DIMENSIONS = 40
_TINY = 1e-12


def choose(
    probabilities: np.ndarray, embedding: np.ndarray, events: np.ndarray, number: int, known: np.ndarray | None = None
) -> np.ndarray:
    """The sounds to label next: the least certain and most different first, at most one of every event.

    Each one is the best by (1 - margin of the two likeliest classes) times the square root of its distance from what
    is known or chosen before it, the distance on the principal axes of the embedding.

    Parameters
    ----------
    probabilities : (N, labels) of each sound.
    embedding : (N, D), of comparable scale in all dimensions.
    events : (N,) what each sound belongs to: an event of a scan, a recording.
    number : how many at most.
    known : (K, D) embedding of what has a label already.

    Returns
    -------
    (number or fewer,) positions, the most useful first.
    """
    if not len(probabilities):
        return np.zeros(0, int)
    two = np.sort(probabilities, axis=1)[:, -2:]
    uncertain = 1 - (two[:, 1] - two[:, 0]) + _TINY
    places, of_known = _principal(embedding, known)
    distance = cdist(places, of_known).min(axis=1) if len(of_known) else np.ones(len(places))
    left = np.ones(len(places), bool)
    chosen: list[int] = []
    while len(chosen) < number and left.any():
        worth = np.where(left, uncertain * distance**_DISTANCE_WEIGHT, -1.0)
        best = int(worth.argmax())
        chosen.append(best)
        left &= events != events[best]
        to_best = cdist(places, places[best : best + 1])[:, 0]
        distance = np.minimum(distance, to_best) if len(of_known) or len(chosen) > 1 else to_best
    return np.array(chosen)


def _principal(embedding: np.ndarray, known: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Both on the first principal axes of all of them."""
    both = np.concatenate([embedding, known]) if known is not None else np.asarray(embedding)
    centred = both - both.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes[:_DIMENSIONS].T
    return places[: len(embedding)], places[len(embedding) :]

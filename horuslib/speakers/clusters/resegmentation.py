"""Turns from labelled windows: changes of speaker that last, and how sure each turn is."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from horuslib.speakers.clusters.comparison import centroids
from horuslib.speakers.front_end.windows import Windows
from horuslib.speech.turns import Turn, joined

CHANGE_COST = 0.5
"""Cosine that a change of speaker must gain over the windows until the next one."""
SHORTEST_S = 0.4
"""A shorter turn within speech belongs to the turn beside it."""
SHARPNESS = 8.0
"""Of the confidence: how fast it grows with the difference of the two highest cosines."""
_ROUNDS = 2


def smooth(vectors: np.ndarray, labels: np.ndarray, windows: Windows) -> np.ndarray:
    """(n,) labels after Viterbi decoding in each region, by cosine to the speakers' means, which follow.

    No speaker is lost: where one would be, the labels from before stand.
    """
    for _ in range(_ROUNDS):
        k = int(labels.max()) + 1
        if k < 2:
            return labels
        scores = vectors @ centroids(vectors, labels).T
        edges = np.concatenate([[0], np.flatnonzero(np.diff(windows.region)) + 1, [len(labels)]])
        new = np.concatenate([_viterbi(scores[a:b], CHANGE_COST) for a, b in pairwise(edges)])
        if len(np.unique(new)) < k:
            return labels
        labels = new
    return labels


def _viterbi(scores: np.ndarray, cost: float) -> np.ndarray:
    """The path of the highest sum of scores less `cost` per change; (n, k) scores -> (n,) int64."""
    n, k = scores.shape
    best, came = scores[0], np.empty((n, k), np.int64)
    for t in range(1, n):
        top = best.argmax()
        changed = best[top] - cost
        stays = best >= changed
        came[t] = np.where(stays, np.arange(k), top)
        best = np.where(stays, best, changed) + scores[t]
    path = np.empty(n, np.int64)
    path[n - 1] = best.argmax()
    for t in range(n - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


def confidences(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) how much nearer each window is to its speaker than to the next best, as a share from 0 to 1.

    Parameters
    ----------
    labels : of two clusters or more; of a single one, `confidences_of_one` says how sure that is.
    """
    scores = vectors @ centroids(vectors, labels).T
    own = scores[np.arange(len(labels)), labels]
    scores[np.arange(len(labels)), labels] = -np.inf
    return 1 / (1 + np.exp(-SHARPNESS * (own - scores.max(axis=1))))


def confidences_of_one(vectors: np.ndarray, division: np.ndarray, ratio: float) -> np.ndarray:
    """(n,) how sure it is that each window is of the one speaker that was found, from 0 to 1.

    There is one voice with a probability that falls from 1 to a half as `ratio` rises to 1, where two begin; if there
    were two, a window would still be of the main one as `confidences` says.

    Parameters
    ----------
    division : (n,) labels of the two clusters that were nearest to being two voices; all 0 where there are none.
    ratio : their distance over what is tolerated of one voice (`Comparison.ratios`).
    """
    one = 1 - min(max(ratio, 0.0), 1.0) / 2
    if not division.any():
        return np.full(len(division), one)
    main = np.bincount(division).argmax()
    own = confidences(vectors, division)
    return one + (1 - one) * np.where(division == main, own, 1 - own)


def to_turns(windows: Windows, labels: np.ndarray, sure: np.ndarray, channel: int = 1) -> list[Turn]:
    """The tiles of neighbouring windows with one label, joined to turns; short ones go to their neighbour."""
    turns: list[Turn] = []
    for i in np.unique(windows.region):
        own = np.flatnonzero(windows.region == i)
        tiles = [
            Turn(float(a), float(b), str(labels[n]), float(sure[n]), channel)
            for n, (a, b) in zip(own, windows.tiles[own], strict=True)
        ]
        turns += _without_short(joined(tiles))
    return turns


def _without_short(turns: list[Turn]) -> list[Turn]:
    while len(turns) > 1:
        short = min(range(len(turns)), key=lambda i: turns[i].seconds)
        if turns[short].seconds >= SHORTEST_S:
            break
        beside = [i for i in (short - 1, short + 1) if 0 <= i < len(turns)]
        other = max(beside, key=lambda i: turns[i].seconds)
        moved = replace(turns[short], speaker=turns[other].speaker)
        turns = joined([*turns[:short], moved, *turns[short + 1 :]])
    return turns

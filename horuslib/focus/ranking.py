"""Label errors ranked: how little a file's label fits what classifiers and neighbours say, and which ranking to trust.

Self-confidence and normalised margin are those of confident learning (Northcutt et al. 2021), by the library cleanlab.
The rules are compared where the truth is known: on errors planted among the labels.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

RULES = ("self_confidence", "normalized_margin", "neighbours", "self_confidence and neighbours")
_PRECISION = 0.4
_FAR = 9.0


def suspicions(p: np.ndarray, labels: np.ndarray, neighbours: np.ndarray) -> dict[str, np.ndarray]:
    """Rule -> (N,) suspicion of each label, 0 to 1; the higher, the likelier wrong.

    Parameters
    ----------
    p : (N, L) out-of-fold probabilities. labels : (N,) columns. neighbours : (N, L) shares of `neighbour_shares`.
    """
    from cleanlab.rank import get_label_quality_scores

    found = {
        rule: 1 - get_label_quality_scores(labels, p, method=rule) for rule in ("self_confidence", "normalized_margin")
    }
    found["neighbours"] = 1 - neighbours[np.arange(len(labels)), labels]
    found["self_confidence and neighbours"] = (found["self_confidence"] + found["neighbours"]) / 2
    return found


def neighbour_shares(x: np.ndarray, labels: np.ndarray, groups: np.ndarray, n_labels: int, k: int) -> np.ndarray:
    """Which labels the nearest files of other groups have, rarer ones weighing more: (N, n_labels), rows sum to 1.

    Parameters
    ----------
    x : (N, D) embeddings; nearness is the cosine of standardised ones.
    """
    from scipy.spatial.distance import cdist

    z = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3)
    distance = cdist(z, z, "cosine")
    distance[groups[:, None] == groups[None]] = _FAR
    weight = 1 / np.sqrt(np.maximum(np.bincount(labels, minlength=n_labels), 1))
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
    shares = np.zeros((len(x), n_labels))
    for place in nearest.T:
        np.add.at(shares, (np.arange(len(x)), labels[place]), weight[labels[place]])
    return shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)


def near_duplicates(x: np.ndarray, groups: np.ndarray, most: float = 0.03) -> list[tuple[int, int, float]]:
    """Pairs of files of different groups whose embeddings are nearly the same: (i, j, distance), nearest first."""
    from scipy.spatial.distance import cdist

    z = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3)
    distance = cdist(z, z, "cosine")
    i, j = np.nonzero(np.triu(distance <= most, 1))
    pairs = [(int(a), int(b), float(distance[a, b])) for a, b in zip(i, j, strict=True) if groups[a] != groups[b]]
    return sorted(pairs, key=lambda pair: pair[2])


def plant(
    labels: np.ndarray, groups: np.ndarray, focus: int, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Labels with errors as a hurried person makes them, whole groups at a time: into and out of the focus.

    Returns
    -------
    labels, planted : (N,) columns, and which of them are wrong now.
    """
    changed, names = labels.copy(), rng.permutation(np.unique(groups))
    others = [c for c in np.unique(labels) if c != focus]
    for name in names:
        if np.mean(changed != labels) >= share or not others:
            break
        mine = (groups == name) & (labels == labels[groups == name][0])
        if mine.mean() > share / 2 or _is_last(changed, labels, mine):
            continue
        changed[mine] = rng.choice(others) if labels[mine][0] == focus else focus
    return changed, changed != labels


def _is_last(changed: np.ndarray, labels: np.ndarray, mine: np.ndarray) -> bool:
    """Whether too few files would keep the label of these."""
    label = labels[mine][0]
    return bool(np.sum((changed == label) & ~mine) < 0.7 * np.sum(labels == label))


def compare_rules(
    suspected: Callable[[np.ndarray], Mapping[str, np.ndarray]],
    labels: np.ndarray,
    groups: np.ndarray,
    focus: int,
    rng: np.random.Generator,
    share: float = 0.08,
    repeats: int = 2,
) -> pd.DataFrame:
    """How well each rule finds planted errors, best first.

    Parameters
    ----------
    suspected : labels (N,) -> the suspicions of each rule, computed anew.

    Returns
    -------
    Indexed by rule: average_precision, recall (at precision 0.40), planted (files per repeat).
    """
    rows = []
    for _ in range(repeats):
        changed, planted = plant(labels, groups, focus, share, rng)
        if planted.any():
            rows += [{"rule": rule, **found_errors(x, planted)} for rule, x in suspected(changed).items()]
    if not rows:
        columns = ["average_precision", "recall", "planted"]
        return pd.DataFrame(np.nan, pd.Index(RULES, name="rule"), columns)
    return pd.DataFrame(rows).groupby("rule").mean().sort_values("average_precision", ascending=False)


def found_errors(suspicion: np.ndarray, wrong: np.ndarray) -> dict[str, float]:
    """How well a ranking finds wrong labels: average precision, recall at precision 0.40, and how many there are."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, _ = precision_recall_curve(wrong, suspicion)
    return {
        "average_precision": float(average_precision_score(wrong, suspicion)),
        "recall": float(recall[precision >= _PRECISION].max(initial=0.0)),
        "planted": float(np.sum(wrong)),
    }

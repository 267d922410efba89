"""Which events a fold's networks are trained on, and which they are evaluated on."""

from collections.abc import Iterator

import numpy as np


def held_out(labels: np.ndarray, folds: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Each fold, the rows to train on and the rows to evaluate, which are those of the fold.

    Parameters
    ----------
    labels : (n,) class numbers, -1 where unknown; such events are evaluated and not trained on.
    folds : (n,) fold numbers, -1 for events that belong to none.
    """
    for fold in sorted(set(folds[folds >= 0].tolist())):
        yield fold, np.flatnonzero((folds != fold) & (folds >= 0) & (labels >= 0)), np.flatnonzero(folds == fold)

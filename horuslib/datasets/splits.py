"""Folds and holdout of whole groups: recordings that share sound are never on both sides of a split.

The holdout is reserved for evaluation; the folds are those of cross-validation. Both are balanced over the classes as
far as whole groups allow; a note reports what they do not allow.

With few groups the assignment matters: scikit-learn's StratifiedGroupKFold, a single greedy pass, can leave folds
without a class although an assignment without such folds exists. Here many random assignments are each improved by
moving single groups, and the best is kept.
"""

import numpy as np
import pandas as pd

from horuslib.core.errors import UserError
from horuslib.tasks import Task

_TRIES = 100
_MISSING = 1e3


def assign_splits(segments: pd.DataFrame, task: Task) -> tuple[pd.DataFrame, list[str]]:
    """Assign a split and a fold to every segment.

    Parameters
    ----------
    segments : one row per segment, with `label` (missing when unlabelled) and `group_id`.
    task : has the labels, the number of folds, the holdout's share and the seed.

    Returns
    -------
    segments : a copy with `split` ("train", "holdout" or "unlabelled") and `fold` (0..K-1 for "train", otherwise -1).
    notes : a sentence for each requirement that too few groups did not allow.

    Raises
    ------
    UserError
        When fewer than two groups have labelled segments: nothing can be split.
    """
    labelled = segments["label"].notna().to_numpy()
    table = pd.crosstab(segments.loc[labelled, "group_id"], segments.loc[labelled, "label"])
    labels = [label for label in task.labels if label in table.columns]
    counts = table[labels].to_numpy()
    if len(counts) < 2:
        raise UserError(
            f"The labelled segments come from {_groups(len(counts))}; at least two are needed, to train on one "
            "and test on the other. A group is all recordings that share sound: add videos of other programmes."
        )
    rng = np.random.default_rng(task.seed)
    held = _choose_holdout(counts, task.splits.holdout_share, task.splits.folds, rng)
    folds, notes = _choose_folds(counts[~held], labels, task.splits.folds, rng)
    if task.splits.holdout_share > 0:
        notes = _holdout_notes(counts, held, labels, task.splits.folds) + notes

    fold_of = dict(zip(table.index[~held], folds, strict=True))
    result = segments.copy()
    in_holdout = labelled & segments["group_id"].isin(table.index[held]).to_numpy()
    result["split"] = np.select([~labelled, in_holdout], ["unlabelled", "holdout"], "train")
    in_folds = (result["split"] == "train").to_numpy()
    result["fold"] = np.where(in_folds, segments["group_id"].map(fold_of).fillna(-1), -1).astype(int)
    return result, notes


def _choose_holdout(counts: np.ndarray, share: float, folds: int, rng: np.random.Generator) -> np.ndarray:
    """The groups of the holdout, with about `share` of each class: the best of many random greedy choices.

    Of each class, a group for every fold, or all of its groups, remain in training, since a class missing from a fold
    is not evaluated there, and one missing from training is not learned.
    """
    groups_of = (counts > 0).sum(0)
    keep = np.minimum(groups_of, folds)

    def cost(held: np.ndarray) -> float:
        got = counts[held].sum(0)
        return float(((got / counts.sum(0) - share) ** 2).sum() + ((groups_of > keep) & (got == 0)).sum())

    nothing = np.zeros(len(counts), bool)
    best, best_cost = nothing, cost(nothing)
    for _ in range(_TRIES if share > 0 else 0):
        held, current = nothing.copy(), cost(nothing)
        for group in rng.permutation(len(counts)):
            held[group] = True
            new = cost(held)
            if new < current and ((counts[~held] > 0).sum(0) >= keep).all():
                current = new
            else:
                held[group] = False
        if current < best_cost:
            best, best_cost = held, current
    return best


def _holdout_notes(counts: np.ndarray, held: np.ndarray, labels: list[str], folds: int) -> list[str]:
    """A sentence for each class without examples in the holdout."""
    notes = []
    for label, got, n in zip(labels, counts[held].sum(0), (counts > 0).sum(0), strict=True):
        if got == 0:
            reason = f"it is in {_groups(n)}, and training needs {'that one' if n == 1 else 'them'}"
            if n > folds:
                reason = f"its {_groups(n)} also have classes of which training needs them"
            notes.append(f"The holdout has no {label}: {reason}. Add videos of other programmes with it.")
    return notes


def _choose_folds(
    counts: np.ndarray, labels: list[str], folds: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[str]]:
    """A fold for each group: as many folds as possible with examples of every class that has two groups or more."""
    groups_of = (counts > 0).sum(0)
    measurable = groups_of >= 2
    notes = [
        f"{label} is in one group of training recordings: it is trained on, but cannot be cross-validated. "
        "Add a video of another programme with it."
        for label in np.array(labels)[groups_of == 1]
    ]
    fewest = groups_of[measurable].min(initial=len(counts))
    # All classes together count as an additional class, so that no fold is empty.
    counts, measurable, labels = (
        np.column_stack([counts, counts.sum(1)]),
        np.append(measurable, True),
        [*labels, "all classes together"],
    )
    groups_of = np.append(groups_of, len(counts))
    for k in range(min(folds, fewest), 1, -1):
        fold_of = _balanced_folds(counts, k, measurable, rng)
        missing = [(f, c) for f in range(k) for c in np.flatnonzero(measurable) if not counts[fold_of == f, c].any()]
        if not missing:
            break
    if k < folds:
        rarest = ", ".join(np.array(labels)[measurable & (groups_of == fewest)])
        notes.append(
            f"{k} folds instead of {folds}: with more, a fold would have no example of some class. Groups of "
            f"recordings left for training: {fewest} ({rarest})."
        )
    notes += [
        f"Fold {f} has no {labels[c]}: groups with several classes allow no better assignment." for f, c in missing
    ]
    return fold_of, notes


def _groups(n: int) -> str:
    return "one group of recordings" if n == 1 else f"{n} groups of recordings"


def _balanced_folds(counts: np.ndarray, k: int, measurable: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The best balanced of many random assignments to k folds, each improved group by group."""
    divisions = (_improve(rng.integers(0, k, len(counts)), counts, k, measurable) for _ in range(_TRIES))
    return min(divisions, key=lambda division: division[1])[0]


def _improve(folds: np.ndarray, counts: np.ndarray, k: int, measurable: np.ndarray) -> tuple[np.ndarray, float]:
    """Move the group that improves the balance of the classes most, until no move improves it; (folds, cost)."""
    totals = counts.sum(0).clip(1)

    def cost(held: np.ndarray) -> np.ndarray:
        return (((held / totals) - 1 / k) ** 2 + _MISSING * (measurable & (held == 0))).sum(-1)

    folds = folds.copy()
    while True:
        held = np.stack([counts[folds == f].sum(0) for f in range(k)])
        leave = cost(held[folds] - counts) - cost(held[folds])
        arrive = cost(held[None] + counts[:, None]) - cost(held)[None]
        change = leave[:, None] + arrive
        change[np.arange(len(folds)), folds] = 0
        group, fold = np.unravel_index(change.argmin(), change.shape)
        if change[group, fold] > -1e-9:
            return folds, float(cost(held).sum())
        folds[group] = fold

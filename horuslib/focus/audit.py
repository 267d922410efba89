"""Out-of-fold probabilities of every file, and which files contradict the class that they are filed under.

Two classifiers on embeddings (a support vector machine, extremely randomised trees) are cross-validated by groups,
several times with other folds, and averaged with what the task's own networks said out of fold: one training on a few
hundred clips is too unsteady to accuse a label by.
"""

import logging

import numpy as np
import pandas as pd

from horuslib.core.artifacts import Step
from horuslib.core.errors import UserError
from horuslib.focus.relabel import beyond_doubt
from horuslib.focus.settings import FocusSettings
from horuslib.tasks import Task

log = logging.getLogger(__name__)
FOLDS = 5
SHARPNESS = 3.0
"""Decisions of the support vector machine times this are the logits of its probabilities."""
TREES = 200
MOST_ROWS = 2000
"""So many examples are trained on; variations beyond are left out."""


def read_clips(ingest: Step, evaluation: Step, task: Task) -> pd.DataFrame:
    """Every labelled segment with its source, content hash and calibrated out-of-fold probabilities.

    Returns
    -------
    segment_id, recording_id, group_id, sha256, source, start_s, end_s, label (filed), fold, split, p_<label>; those of
    the training set first in `split`.
    """
    recordings = ingest.table("recordings").set_index("recording_id")
    found = evaluation.table("predictions").reset_index(drop=True)
    found["source"] = found["recording_id"].map(recordings["path"])
    found["sha256"] = found["recording_id"].map(recordings["sha256"])
    columns = [
        "segment_id",
        "recording_id",
        "group_id",
        "sha256",
        "source",
        "start_s",
        "end_s",
        "label",
        "fold",
        "split",
    ]
    return found[[*columns, *(f"p_{label}" for label in task.labels)]]


def require_auditable(clips: pd.DataFrame, label: str) -> None:
    """Stop where a class has too little for a cross-validation.

    Raises
    ------
    UserError
        When the class in focus has no training file, or all are of one recording.
    """
    mine = clips[(clips["split"] == "train") & (clips["label"] == label)]
    if mine.empty:
        raise UserError(f"No training file is filed under {label}: add some, then run `make all` again.")
    if mine["group_id"].nunique() < 2:
        raise UserError(
            f"All {len(mine)} files of {label} are of one recording ({mine['source'].iloc[0]}): a focused fine-tune "
            "needs at least two, to train on one and evaluate by the other. Add other recordings of it."
        )


def out_of_fold(
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    evaluated: np.ndarray,
    n_labels: int,
    repeats: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Probabilities of the evaluated rows by classifiers that were not trained on their groups.

    Parameters
    ----------
    x : (N, D) embeddings. labels : (N,) columns. groups : (N,).
    evaluated : (N,) booleans; the other rows only help to learn.

    Returns
    -------
    (J, n_labels), rows sum to 1.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    places = np.flatnonzero(evaluated)
    total = np.zeros((len(places), n_labels))
    folds = max(2, min(FOLDS, *(len(set(groups[places][labels[places] == c])) for c in np.unique(labels[places]))))
    for _ in range(repeats):
        seed = int(rng.integers(2**31))
        split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        for learn, unseen in split.split(places, labels[places], groups[places]):
            mine = np.flatnonzero(np.isin(groups, groups[places][learn]))
            if len(mine) > MOST_ROWS:
                mine = np.union1d(places[learn], rng.choice(mine, MOST_ROWS, replace=False))
            total[unseen] += _classify(x[mine], labels[mine], x[places[unseen]], n_labels, seed)
    return total / total.sum(axis=1, keepdims=True)


def _classify(x: np.ndarray, labels: np.ndarray, unseen: np.ndarray, n_labels: int, seed: int) -> np.ndarray:
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.svm import SVC

    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-3
    x, unseen = (x - mean) / spread, (unseen - mean) / spread
    decisions = np.full((len(unseen), n_labels), -2.0)
    near, nearness = rbf_kernel(x, gamma=1 / x.shape[1]), rbf_kernel(unseen, x, gamma=1 / x.shape[1])
    for label in np.unique(labels):
        machine = SVC(C=1.0, kernel="precomputed", class_weight="balanced").fit(near, labels == label)
        decisions[:, label] = machine.decision_function(nearness)
    p = np.exp(SHARPNESS * (decisions - decisions.max(axis=1, keepdims=True)))
    trees = ExtraTreesClassifier(TREES, class_weight="balanced", min_samples_leaf=2, random_state=seed)
    p = p / p.sum(axis=1, keepdims=True)
    p[:, np.unique(labels)] += trees.fit(x, labels).predict_proba(unseen)
    return p / 2


def extreme_off(clips: pd.DataFrame, settings: FocusSettings, task: Task) -> pd.Series:
    """The plan's rule: predicted wrongly with confidence, and next to nothing for the class filed; booleans by row."""
    rule = settings.audit
    return pd.Series(beyond_doubt(clips, rule.least_confidence, rule.most_of_filed, task), clips.index)


def concerns(clips: pd.DataFrame, focus: str, task: Task) -> pd.Series:
    """Which rows concern the class in focus: filed under it, or predicted as it."""
    p = clips[[f"p_{label}" for label in task.labels]].to_numpy()
    return (clips["label"] == focus) | (p.argmax(axis=1) == task.labels.index(focus))


def learnable(index: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """The rows of the features that a classifier may learn from: originals, and variations that keep their class.

    Parameters
    ----------
    index : 04_features' table. clips : training segments.
    """
    kept = index["segment_id"].isin(clips["segment_id"]) & (index["label"] == index["source_label"])
    return index[kept & (index["split"] == "train")].reset_index(drop=True)

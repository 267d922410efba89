"""What the options of a focused fine-tune are worth: each over five seeds, on folds.

Reads `../shared/sirens/train`, without which it is skipped. `make all TASK=sirens` runs first, unless ROOT in the
environment names a root where it has run. Every fold's model is fine-tuned without the groups of its fold and evaluated
on them: with the default, with the contrastive loss, with the head for modulation, and with both. The seed decides
about dropout, order and variations. Active learning is simulated on the same folds: two recordings of every class are
known, and others are labelled, 40 of them chosen (`focus.active`, ten at a time), or 40 or 80 drawn at random.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from bench._workbook import run_workbook
from bench.report import Skip
from horuslib.core import artifacts
from horuslib.core.paths import PROJECT, Paths
from horuslib.core.workbooks import AUDIO
from horuslib.evaluation import metrics
from horuslib.focus import active
from horuslib.focus.embedding import embed
from horuslib.focus.settings import FocusSettings, load_settings
from horuslib.focus.tuning import auxiliary, crossing, finetune
from horuslib.tasks import Task, load_task

TITLE = "options of the focused fine-tune over five seeds, and active learning"
CLIPS = PROJECT.parent / "shared" / "sirens" / "train"
SEEDS, FOCUS = range(5), "emergency_sirens"
OPTIONS: dict[str, dict[str, float]] = {
    "production, not fine-tuned": {},
    "default": {},
    "contrastive loss, weight 0.5": {"contrastive": 0.5},
    "head for modulation, weight 0.5": {"modulation": 0.5},
    "both": {"contrastive": 0.5, "modulation": 0.5},
}
KNOWN_PER_CLASS, CHOSEN, AT_A_TIME, RANDOM = 2, 40, 10, (40, 80)
ACTIVE_SEEDS = range(10)
Row = tuple[str, float, float, float, float, str]
COLUMNS = ["what", "macro-F1", "spread", "average precision", "spread of it", "must be"]


def run() -> tuple[pd.DataFrame, dict]:
    """A row per option and per way of choosing: means and standard deviations over seeds."""
    if not CLIPS.is_dir():
        raise Skip(f"{CLIPS} is not there")
    with tempfile.TemporaryDirectory() as made:
        root = Path(os.environ.get("ROOT", f"{made}/root"))
        if "ROOT" not in os.environ:
            run_workbook(["evaluate", "--task", "sirens", "--raw", str(CLIPS)], root)
        paths, task = Paths(root=root), load_task("sirens")
        rows = [*_options(task, paths), *_active(task, paths)]
    return pd.DataFrame(rows, columns=COLUMNS).round(3), {"seeds": len(SEEDS), "seeds of choosing": len(ACTIVE_SEEDS)}


def _options(task: Task, paths: Paths) -> Iterator[Row]:
    settings = load_settings(task)
    for name, changes in OPTIONS.items():
        training = settings.training.model_copy(update=changes)
        changed = settings.model_copy(update={"training": training})
        fixed = "production" in name
        found = np.array([_folds(task, paths, changed, seed, fixed) for seed in (SEEDS[:1] if fixed else SEEDS)])
        (f1, precision), (f1_spread, spread) = found.mean(axis=0), found.std(axis=0)
        yield name, f1, f1_spread, precision, spread, ""


def _folds(task: Task, paths: Paths, settings: FocusSettings, seed: int, fixed: bool) -> tuple[float, float]:
    """Macro-F1 and average precision of the focus, out of fold."""
    features, trained = artifacts.read(AUDIO["features"], task, paths), artifacts.read(AUDIO["train"], task, paths)
    index, before = features.table("index"), artifacts.read(AUDIO["evaluate"], task, paths).table("predictions")
    varied = artifacts.read(AUDIO["augment"], task, paths).table("variations").set_index("variation_id")
    state = index[index["kind"] == "original"][["segment_id", "label"]]
    examples = finetune.examples_of(index, state, varied.transforms)
    hard, confused = crossing.hard_examples(before, state), auxiliary.confused_with(FOCUS, before, state, task)
    stages = settings.curriculum if not fixed else settings.curriculum[:1]
    of = settings.model_copy(update={"curriculum": stages})
    seeded = task.model_copy(update={"seed": task.seed + seed})
    focus = finetune.Focus(FOCUS, features.array("features"), of, seeded, hard, confused)
    folds = crossing.tune_folds(trained, index, examples, focus)
    found = folds.before if fixed else folds.after
    precision = average_precision_score(found["label"] == FOCUS, found[f"p_{FOCUS}"])
    return metrics.macro_f1_of(found["label"], found["predicted"], task.labels), float(precision)


def _active(task: Task, paths: Paths) -> Iterator[Row]:
    features = artifacts.read(AUDIO["features"], task, paths)
    index = features.table("index")
    rows = index[(index["kind"] == "original") & (index["split"] == "train")].reset_index(drop=True)
    embedded = StandardScaler().fit_transform(embed(features.array("features"), rows["row"].to_numpy(), task))
    ways = {f"{CHOSEN} chosen": None} | {f"{n} at random": n for n in RANDOM}
    found = {
        name: np.array(
            [_simulated(rows, embedded, fold, seed, n, task) for seed in ACTIVE_SEEDS for fold in rows["fold"].unique()]
        )
        for name, n in ways.items()
    }
    for name, scores in found.items():
        (f1, precision), (f1_spread, spread) = scores.mean(axis=0), scores.std(axis=0)
        least = found[f"{RANDOM[-1]} at random"][:, 0].mean()
        must = f"at least {least:.3f}" if name.endswith("chosen") else ""
        yield f"labels: {name}", f1, f1_spread, precision, spread, must


def _simulated(
    rows: pd.DataFrame, embedded: np.ndarray, fold: int, seed: int, at_random: int | None, task: Task
) -> tuple[float, float]:
    """Macro-F1 and average precision of the focus on one fold, after labels from the others."""
    rng = np.random.default_rng([seed, fold])
    labels, unseen = rows["label"].to_numpy(), (rows["fold"] == fold).to_numpy()
    others = rng.permutation(np.flatnonzero(~unseen))
    known = [i for label in task.labels for i in others[labels[others] == label][:KNOWN_PER_CLASS]]
    for _ in range(1 if at_random else CHOSEN // AT_A_TIME):
        pool = np.setdiff1d(others, known)
        if at_random:
            known += rng.permutation(pool)[:at_random].tolist()
            continue
        p = _predicted(embedded[known], labels[known], embedded[pool], task)
        groups = rows["group_id"].to_numpy()[pool]
        known += pool[active.choose(p, embedded[pool], groups, AT_A_TIME, embedded[known])].tolist()
    p = _predicted(embedded[known], labels[known], embedded[unseen], task)
    named = pd.Series(np.array(task.labels)[p.argmax(axis=1)])
    precision = average_precision_score(labels[unseen] == FOCUS, p[:, task.labels.index(FOCUS)])
    return metrics.macro_f1_of(pd.Series(labels[unseen]), named, task.labels), float(precision)


def _predicted(known: np.ndarray, labels: np.ndarray, asked: np.ndarray, task: Task) -> np.ndarray:
    """(N, labels) of a support vector machine: the softmax of twice its decision values."""
    machine = SVC(C=5, gamma=0.3 / known.shape[1], class_weight="balanced").fit(known, labels)
    decided = 2 * machine.decision_function(asked)
    p = np.zeros((len(asked), len(task.labels)))
    columns = [task.labels.index(label) for label in machine.classes_]
    p[:, columns] = np.exp(decided - decided.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)

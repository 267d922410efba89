"""The fine-tune of every fold's model, each without the groups of its fold; and the same at other rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.core.artifacts import Step
from horuslib.focus.settings import FocusSettings
from horuslib.focus.tuning.finetune import fine_tune, start_model
from horuslib.tasks import Task
from horuslib.training.train import predict


@dataclass(frozen=True)
class Folds:
    """`before` and `after`: uncalibrated predictions of every training original by its fold's model, in one order."""

    before: pd.DataFrame
    after: pd.DataFrame
    history: pd.DataFrame


def hard_examples(predictions: pd.DataFrame, state: pd.DataFrame) -> list[str]:
    """segment_id of what production misclassifies out of fold, under the labels that it is trained as; training only.

    Parameters
    ----------
    predictions : 06_evaluate's, with `predicted`. state : of `relabel.relabelled`.
    """
    now = state.set_index("segment_id")["label"]
    rows = predictions[predictions["split"] == "train"]
    label = rows["segment_id"].map(now)
    return rows["segment_id"][label.notna() & (label != rows["predicted"])].tolist()


def tune_folds(
    trained: Step,
    features: np.ndarray,
    index: pd.DataFrame,
    examples: pd.DataFrame,
    hard: Sequence[str],
    focus: str,
    settings: FocusSettings,
    task: Task,
    folder: Path | None = None,
    confused: Sequence[str] = (),
) -> Folds:
    """Fine-tune `fold_<k>.keras` of 05_train for every fold k, and keep the results under the same names.

    Parameters
    ----------
    folder : of the results; kept nowhere when not given.
    confused : as in `finetune.fine_tune`.
    """
    before, after, history = [], [], []
    for fold in sorted(examples["fold"].unique()):
        start = trained.path(f"fold_{fold}.keras")
        inside = examples["fold"] == fold
        watched = examples[inside & (examples["kind"] == "original")]
        learnt = examples[~inside]
        run = f"fold_{fold}"
        tuned = fine_tune(start, features, learnt, hard, watched, focus, settings, task, run, confused=confused)
        if folder is not None:
            tuned.model.save(folder / f"{run}.keras")
        history.append(tuned.history)
        judged = index[(index["split"] == "train") & (index["fold"] == fold) & (index["kind"] == "original")]
        before.append(predict(start_model(start, settings.training.dropout, task), features, judged, task))
        after.append(predict(tuned.model, features, judged, task))
    tables = [pd.concat(parts, ignore_index=True) for parts in (before, after, history)]
    return Folds(tables[0], tables[1], tables[2])


def with_holdout(
    folds: Folds, start: Path, final, features: np.ndarray, index: pd.DataFrame, settings: FocusSettings, task: Task
) -> Folds:
    """The same with the holdout's rows, as production and candidate predict them."""
    rows = index[(index["split"] == "holdout") & (index["kind"] == "original")]
    if rows.empty:
        return folds
    before = predict(start_model(start, settings.training.dropout, task), features, rows, task)
    after = predict(final, features, rows, task)
    return Folds(
        pd.concat([folds.before, before], ignore_index=True),
        pd.concat([folds.after, after], ignore_index=True),
        folds.history,
    )


def compare_rates(
    trained: Step,
    features: np.ndarray,
    examples: pd.DataFrame,
    hard: Sequence[str],
    focus: str,
    settings: FocusSettings,
    task: Task,
    confused: Sequence[str] = (),
) -> pd.DataFrame:
    """The history of the first fold at each of the settings' other rates (`training.rates_compared`)."""
    fold = int(examples["fold"].min())
    inside = examples["fold"] == fold
    watched = examples[inside & (examples["kind"] == "original")]
    start, learnt = trained.path(f"fold_{fold}.keras"), examples[~inside]
    parts = [
        fine_tune(
            start,
            features,
            learnt,
            hard,
            watched,
            focus,
            settings,
            task,
            f"fold_{fold} at {rate:g}",
            learning_rate=rate,
            confused=confused,
        ).history
        for rate in settings.training.rates_compared
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

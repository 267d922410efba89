"""The fine-tune of every fold's model, each without the groups of its fold; and the same at other rates."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from horuslib.core.artifacts import Step
from horuslib.focus.tuning.finetune import Focus, fine_tune, start_model
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
    trained: Step, index: pd.DataFrame, examples: pd.DataFrame, focus: Focus, folder: Path | None = None
) -> Folds:
    """Fine-tune `fold_<k>.keras` of 05_train for every fold k, and keep the results under the same names.

    Parameters
    ----------
    folder : of the results; kept nowhere when not given.
    """
    before, after, history = [], [], []
    for fold in sorted(examples["fold"].unique()):
        run = f"fold_{fold}"
        start = trained.path(f"{run}.keras")
        tuned = fine_tune(start, *_split(examples, fold), focus, run)
        if folder is not None:
            tuned.model.save(folder / f"{run}.keras")
        history.append(tuned.history)
        unseen = index[(index["split"] == "train") & (index["fold"] == fold) & (index["kind"] == "original")]
        before.append(_predicted(_start(start, focus), unseen, focus))
        after.append(_predicted(tuned.model, unseen, focus))
    tables = [pd.concat(parts, ignore_index=True) for parts in (before, after, history)]
    return Folds(tables[0], tables[1], tables[2])


def with_holdout(folds: Folds, start: Path, final, index: pd.DataFrame, focus: Focus) -> Folds:
    """The same with the holdout's rows, as production and candidate predict them."""
    rows = index[(index["split"] == "holdout") & (index["kind"] == "original")]
    if rows.empty:
        return folds
    before, after = _predicted(_start(start, focus), rows, focus), _predicted(final, rows, focus)
    return Folds(
        pd.concat([folds.before, before], ignore_index=True),
        pd.concat([folds.after, after], ignore_index=True),
        folds.history,
    )


def compare_rates(trained: Step, examples: pd.DataFrame, focus: Focus) -> pd.DataFrame:
    """The history of the first fold at each of the settings' other rates (`training.rates_compared`)."""
    fold = int(examples["fold"].min())
    start, split = trained.path(f"fold_{fold}.keras"), _split(examples, fold)
    rates = focus.settings.training.rates_compared
    parts = [fine_tune(start, *split, focus, f"fold_{fold} at {rate:g}", rate).history for rate in rates]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _split(examples: pd.DataFrame, fold: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a fold's model learns from, and the originals that are only watched."""
    inside = examples["fold"] == fold
    return examples[~inside], examples[inside & (examples["kind"] == "original")]


def _start(path: Path, focus: Focus):
    return start_model(path, focus.settings.training.dropout, focus.task)


def _predicted(model, rows: pd.DataFrame, focus: Focus) -> pd.DataFrame:
    return predict(model, focus.features, rows, focus.task)

"""Sentences of 05_train: the training plan, how much the folds differ, and which classes are confused."""

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from horuslib.evaluation import metrics
from horuslib.review.sentences.markdown import Finding, code, counted, escape_markdown, finding
from horuslib.tasks import Task
from horuslib.tasks.sections import Phase

OVERFIT = 0.3
"""A validation loss this much above the training loss is called overfitting; nats per segment."""


def training_plan(parameters: int, phases: Iterable[Phase], task: Task) -> str:
    """How large the network is, from which weights it starts, and how long each phase may last."""
    searched = task.training.patience is not None
    lasts = "for up to" if searched else "for"
    plan = ", then ".join(
        f"{escape_markdown(p.name)} {lasts} {counted(p.epochs, 'epoch')} at a learning rate of {p.learning_rate:g}"
        for p in phases
    )
    said = f"{counted(parameters, 'parameter')}, starting from weights {code(task.training.weights)}: {plan}."
    if not searched:
        return said
    return f"{said} A phase ends after {counted(task.training.patience, 'epoch')} without a lower validation loss."


def worth_of_choices(choices: pd.DataFrame) -> str:
    """What each choice of weights and phases reaches, a line per task and corpus.

    Parameters
    ----------
    choices : task, corpus, choice, macro_f1, log_loss; the choice `bundled` is what the tasks use.
    """
    lines = []
    for (task, corpus), rows in choices.groupby(["task", "corpus"]):
        used, others = rows[rows.choice == "bundled"], rows[rows.choice != "bundled"]
        parts = [
            f"macro-F1 {row.macro_f1:.2f}, log loss {row.log_loss:.2f} as the task trains" for row in used.itertuples()
        ]
        parts += [f"{code(row.choice)} {row.macro_f1:.2f} and {row.log_loss:.2f}" for row in others.itertuples()]
        lines.append(f"- {code(task)} on {code(corpus)}: {'; '.join(parts)}.")
    return "\n".join(lines)


def folds_table(history: pd.DataFrame, evaluated: pd.DataFrame, task: Task) -> pd.DataFrame:
    """A row per fold: its best epoch with its losses, its segments, and its macro-F1.

    Parameters
    ----------
    history : run, phase, epoch, loss, val_loss, val_accuracy; an epoch per row.
    evaluated : out-of-fold predictions with fold, label, predicted.
    """
    best = history.loc[history.groupby("run").val_loss.idxmin()].set_index("run")
    folds = {f"fold_{fold}": rows for fold, rows in evaluated.groupby("fold")}
    return best[["phase", "epoch", "loss", "val_loss", "val_accuracy"]].assign(
        segments=pd.Series({name: len(rows) for name, rows in folds.items()}, dtype="Int64"),
        macro_f1=pd.Series(
            {name: metrics.macro_f1_of(rows.label, rows.predicted, task.labels) for name, rows in folds.items()},
            dtype=float,
        ),
    )


def folds_compared(table: pd.DataFrame) -> str:
    """How far the folds lie apart, and whether they overfit; of `folds_table`."""
    gap = table.val_loss.mean() - table.loss.mean()
    weakest = table.macro_f1.idxmin()
    verdict = "a sign of overfitting; more varied videos would help most" if gap > OVERFIT else "no sign of overfitting"
    return (
        f"Over the folds the macro-F1 ranges from {table.macro_f1.min():.2f} ({code(weakest)}) to "
        f"{table.macro_f1.max():.2f}. The validation loss minus the training loss is {gap:.2f}: {verdict}."
    )


def epochs_trained(history: pd.DataFrame, table: pd.DataFrame, final_epochs: int, searched: bool = True) -> Finding:
    """After how many epochs the folds stopped, which epochs were best, and how long the final model trained.

    Parameters
    ----------
    searched : whether early stopping found the number of epochs.
    """
    lowest = ", ".join(str(epoch) for epoch in table.epoch)
    if not searched:
        said = (
            f"Every fold and the final model trained for {counted(final_epochs, 'epoch')}, as the task says; the loss "
            f"on the fold itself, which stops nothing, was lowest after {lowest}."
        )
        return Finding(said, said)
    ends = history.groupby("run").size()
    span = counted(int(ends.max()), "epoch") if ends.nunique() == 1 else f"{ends.min()} to {ends.max()} epochs"
    best = f"best {'was epoch' if len(table) == 1 else 'were epochs'} {lowest}"
    said = (
        f"In each fold the search for the number of epochs ran for {span}; the {best}, "
        f"and the final model trained for {counted(final_epochs, 'epoch')}."
    )
    return Finding(said, said)


def confusions(evaluated: pd.DataFrame, task: Task) -> Finding:
    """Macro-F1, false alarms and the class that is missed most, out of fold and before thresholds."""
    matrix = metrics.confusion(evaluated.label, evaluated.predicted, task.labels)
    support = matrix.sum(axis=1)
    recall = pd.Series(matrix.diagonal() / support.clip(min=1), task.labels)[support > 0]
    if recall.empty:
        return finding(lambda quote: "No segment was evaluated out of fold.")

    def say(quote: Callable[[object], str]) -> str:
        words = [f"Macro-F1 out of fold {metrics.macro_f1(matrix):.3f}"]
        if task.background in recall.index:
            alarms = f"{1 - recall[task.background]:.0%} of the {quote(task.background)} segments"
            words.append(f"{alarms} are classified as a fault before thresholds")
        return "; ".join([*words, f"{quote(recall.idxmin())} has the lowest recall ({recall.min():.0%})."])

    return finding(say)


def summary(trained: Mapping) -> str:
    """How long the training took.

    Parameters
    ----------
    trained : best_epochs (fold -> phase -> epochs), seconds (of `folds` and `final`).
    """
    seconds = trained["seconds"]
    folds = counted(len(trained["best_epochs"]), "fold")
    return f"Training took {seconds['folds']:.0f} s for {folds} and {seconds['final']:.0f} s for the final model."


def known_good_learnt(heard: pd.DataFrame, task: Task) -> str:
    """How many segments of known-good programme were learnt from, and how hard they were.

    Parameters
    ----------
    heard : of `mining.Learnt`: every segment with p_<label> and `chosen`.
    """
    if heard.empty:
        return "There is no known-good programme: nothing is learnt beyond the labelled recordings."
    chosen = heard[heard.chosen != ""]
    kinds = ", ".join(f"{n:,} {escape_markdown(kind)}" for kind, n in chosen.chosen.value_counts().items())
    hard = chosen[chosen.chosen == "hard"]
    words = [
        f"Of {counted(len(heard), 'segment')} of {counted(heard.source.nunique(), 'source')}, "
        f"{len(chosen):,} are learnt from ({kinds or 'none'})."
    ]
    if len(hard):
        taken = hard[[f"p_{label}" for label in task.faults]].idxmax(axis=1).str.removeprefix("p_").value_counts()
        worst = hard.groupby("source").size().idxmax()
        words.append(
            f"The hard ones were taken for {', '.join(f'{code(label)} ({n:,})' for label, n in taken.items())}; most "
            f"of them are of the source {code(worst)}."
        )
    return " ".join(words)

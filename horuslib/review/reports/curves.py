"""Plots of classifier quality: confusion matrix, calibration, precision-recall, learning curves.

`horuslib.review.reports.plots` re-exports these functions, so that notebooks import a single module.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn

from horuslib.review.cards.style import class_colours, figure


def confusion(
    matrix: np.ndarray,
    labels: Sequence[str],
    *,
    title: str = "True class (rows) and predicted class (columns)",
    unit: str = "segments",
):
    """A confusion matrix: counts, each with its share of the row, which also sets the shade.

    Parameters
    ----------
    matrix : (L, L) counts; row = true class, column = predicted class.
    unit : what is counted.
    """
    matrix = np.asarray(matrix)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    fig, ax = figure(2.4 + 0.95 * len(labels), 1.7 + 0.68 * len(labels))
    seaborn.heatmap(
        shares,
        annot=[
            [f"{count:,.0f}\n{_percent(share)}" if count else "0" for count, share in zip(*row, strict=True)]
            for row in zip(matrix, shares, strict=True)
        ],
        fmt="",
        annot_kws={"fontsize": 9.5},
        cmap="Blues",
        vmin=0,
        vmax=1,
        cbar=False,
        linewidths=2,
        xticklabels=labels,
        yticklabels=[f"{label}  ({n:,.0f})" for label, n in zip(labels, totals[:, 0], strict=True)],
        ax=ax,
    )
    for text, ((row, column), count) in zip(ax.texts, np.ndenumerate(matrix), strict=True):
        text.set_fontweight("bold" if row == column else "normal")
        text.set_color(text.get_color() if count else "#9aa5b1")
    ax.set_xticks(ax.get_xticks(), labels, rotation=30, ha="right", rotation_mode="anchor")
    ax.set(xlabel="predicted class", ylabel=f"true class ({unit})")
    fig.suptitle(title, fontsize="medium")
    ax.tick_params(length=0)
    return fig


def _percent(share: float) -> str:
    """A share as a percentage; only exactly 0 and 1 are shown as 0% and 100%."""
    return "<1%" if 0 < share < 0.005 else ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def reliability(
    answers: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    bins: int = 10,
    title: str = "Reliability: is 80 % confidence right 80 % of the time?",
):
    """Reliability diagram: accuracy per confidence bin, and the number of segments in each bin.

    Parameters
    ----------
    answers : name ("before", "after") -> (confidence (N,) in 0..1, correct (N,) booleans).
    """
    fig, (ax, below) = figure(6.2, 5.4, 2, 1, sharex=True, height_ratios=(3, 1))
    ax.plot([0, 1], [0, 1], color="#9aa5b1", lw=1, label="perfect calibration")
    looks = (
        {"color": "#D55E00", "marker": "s", "ls": "--"},
        {"color": "#0072B2", "marker": "o", "ls": "-"},
        {"color": "#009E73", "marker": "^", "ls": ":"},
    )
    edges = np.linspace(0, 1, bins + 1)
    width = 0.8 / bins / max(len(answers), 1)
    for i, (name, (confidence, right)) in enumerate(answers.items()):
        confidence, right, look = np.asarray(confidence, float), np.asarray(right, float), looks[i % len(looks)]
        place = np.clip(np.digitize(confidence, edges) - 1, 0, bins - 1)
        number = np.bincount(place, minlength=bins)
        some = number > 0
        mean = np.bincount(place, confidence, bins)[some] / number[some]
        share = np.bincount(place, right, bins)[some] / number[some]
        ax.plot(mean, share, label=name, ms=6, **look)
        centres = (edges[:-1] + edges[1:]) / 2 + (i - (len(answers) - 1) / 2) * width
        below.bar(centres, number, width, color=look["color"], hatch=("", "//", "..")[i % 3], edgecolor="white")
    ax.set(ylabel="share correct", ylim=(0, 1.03), xlim=(0, 1), title=title)
    ax.legend(loc="upper left")
    below.set(xlabel="confidence", ylabel="segments")
    return fig


def learning_curves(history: pd.DataFrame, *, title: str = "Learning curves"):
    """Training and validation loss and accuracy per epoch for every run (folds thin, final thick), phases joined.

    Parameters
    ----------
    history : columns run, phase, epoch, loss, val_loss, accuracy, val_accuracy (05_train's table).
    """
    fig, (left, right) = figure(9.5, 3.8, 1, 2)
    looks = {"": ("#56B4E9", "--", "training"), "val_": ("#D55E00", "-", "validation")}
    for run, rows in history.groupby("run", sort=True):
        epochs = np.arange(1, len(rows) + 1)
        thick = 2.4 if run == "final" else 1.1
        for ax, measure in ((left, "loss"), (right, "accuracy")):
            for prefix, (colour, line, _) in looks.items():
                values = rows[prefix + measure].to_numpy(float)
                if np.isfinite(values).any():
                    ax.plot(epochs, values, color=colour, ls=line, lw=thick, alpha=0.9)
            for start in np.flatnonzero((rows["phase"] != rows["phase"].shift()).to_numpy())[1:]:
                ax.axvline(start + 0.5, color="#9aa5b1", lw=0.8, ls=":")
    for ax, measure in ((left, "loss (cross-entropy)"), (right, "accuracy")):
        for colour, line, name in looks.values():
            ax.plot([], [], color=colour, ls=line, label=name)
        ax.set(xlabel="epoch", ylabel=measure)
        ax.legend(loc="best", fontsize=9)
    left.set_title(title)
    right.set_ylim(top=1.02)
    return fig


def precision_recall(
    truth: Sequence[str],
    probabilities: np.ndarray,
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
):
    """Precision-recall curve of each label that has positives, one small plot each; the dot marks the threshold.

    Parameters
    ----------
    truth : (N,) labels.  probabilities : (N, L), columns in the order of `labels`.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    truth, drawn = np.asarray(truth), [label for label in labels if (np.asarray(truth) == label).any()]
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    fig, axes = figure(3.1 * columns, 2.9 * rows, rows, columns, squeeze=False, sharex=True, sharey=True)
    colours = class_colours(labels)
    for ax, label in zip(axes.flat, drawn, strict=False):
        positive, score = truth == label, probabilities[:, list(labels).index(label)]
        precision, recall, cuts = precision_recall_curve(positive, score)
        ax.step(recall, precision, where="post", color=colours[label])
        ax.set_title(f"{label}\nAP {average_precision_score(positive, score):.2f}", fontsize=10)
        if label in (thresholds or {}):
            at = min(np.searchsorted(cuts, thresholds[label]), len(cuts) - 1)
            ax.plot(recall[at], precision[at], "o", color="#1f2933", ms=8, mfc=colours[label])
            _label_beside(ax, (recall[at], precision[at]), f"at {thresholds[label]:.2f}", recall, precision)
    for ax in axes.flat[len(drawn) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("recall")
    for ax in axes[:, 0]:
        ax.set_ylabel("precision")
    axes[0, 0].set(xlim=(0, 1.03), ylim=(0, 1.05))
    return fig


def _label_beside(ax, point: tuple[float, float], text: str, x: np.ndarray, y: np.ndarray) -> None:
    """Annotate a point of a step curve where the text overlaps the curve least; axes go from 0 to 1."""
    wide, high, gap = 0.26, 0.1, 0.04
    x, y = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]  # The corners of the steps ...
    dense = np.linspace(0, len(x) - 1, 20 * len(x))  # ... and what lies between them.
    x, y = (np.interp(dense, np.arange(len(x)), values) for values in (x, y))

    def crossed(place: tuple[int, int, int]) -> tuple[float, int]:
        side, up, far = place
        left = point[0] + (gap if side > 0 else -gap - wide)
        low = point[1] + (gap * far if up > 0 else -gap * far - high)
        outside = max(0, -left) + max(0, left + wide - 1.03) + max(0, -low) + max(0, low + high - 1.05)
        return ((x > left) & (x < left + wide) & (y > low) & (y < low + high)).sum() + 1e6 * outside, far

    side, up, far = min(((side, up, far) for far in (1, 3, 5) for up in (-1, 1) for side in (-1, 1)), key=crossed)
    align = {"ha": "left" if side > 0 else "right", "va": "bottom" if up > 0 else "top"}
    ax.annotate(text, point, xytext=(7 * side, 6 * up * far), textcoords="offset points", fontsize=9, **align)

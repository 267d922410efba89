"""Plots shared by notebooks, reports and slides: one style, labelled with units, readable in greyscale.

Every function draws on a new figure (or on the given axes) and returns it; `show` displays it in a notebook with
alternative text that states the finding.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.review.cards.style import class_colours, class_styles, figure, figure_html, show
from horuslib.review.reports.curves import confusion, learning_curves, precision_recall, reliability

__all__ = [
    "class_colours", "class_styles", "confusion", "counts", "distributions", "figure", "figure_html",
    "learning_curves", "precision_recall", "reliability", "show",
]  # fmt: skip


def counts(table: pd.DataFrame, *, unit: str = "segments", title: str = ""):
    """Horizontal bars, one per row of `table` (index = names), stacked by its columns, with totals."""
    fig, ax = figure(8, 0.9 + 0.3 * (table.shape[1] > 1) + 0.42 * len(table))
    table = table.fillna(0)
    left = np.zeros(len(table))
    shades = _shades(table.shape[1])
    for shade, (hatch, column) in zip(
        shades, zip(("", "//", "..", "xx", "\\\\") * 2, table.columns, strict=False), strict=False
    ):
        values = table[column].to_numpy(float)
        ax.barh(
            [str(i) for i in table.index],
            values,
            left=left,
            color=shade,
            hatch=hatch,
            edgecolor="white",
            label=str(column),
        )
        left += values
    for y, total in enumerate(left):
        ax.annotate(f"{total:,.0f}", (total, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.08)
    ax.set(xlabel=unit, title=title)
    if table.shape[1] > 1:
        fig.legend(loc="outside lower center", ncols=min(table.shape[1], 6), fontsize=9)
    return fig


def _shades(n: int) -> list[str]:
    return [("#0072B2", "#56B4E9", "#E69F00", "#b8c2cc", "#CC79A7", "#009E73")[i % 6] for i in range(n)]


def distributions(
    values: Mapping[str, np.ndarray], *, unit: str, title: str = "", marks: Mapping[str, float] | None = None
):
    """A strip plot: every value as a dot, one row per class, with the median as a bar.

    Parameters
    ----------
    values : class -> values; those of silence (-inf) are shown as a count at the left edge and included in the median.
    marks : name -> value of vertical lines (a target, a threshold).
    """
    labels = list(values)
    fig, ax = figure(8, 1.0 + 0.5 * len(labels))
    finite = [v[np.isfinite(v)] for v in (np.asarray(values[label], float) for label in labels)]
    together = np.concatenate([*finite, list((marks or {}).values())])
    low, high = (together.min(), together.max()) if together.size else (-1.0, 0.0)
    edge = low - 0.08 * (high - low + 1)
    rng = np.random.default_rng(0)
    for y, (label, kept) in enumerate(zip(labels, finite, strict=True)):
        style = class_styles(labels)[label]
        jitter = y + rng.uniform(-0.28, 0.28, len(kept))
        ax.plot(kept, jitter, linestyle="", marker=style["marker"], ms=4, alpha=0.5, color=style["color"], mew=0)
        lost = len(values[label]) - len(kept)
        if lost:
            ax.annotate(f"{lost} silent", (edge, y), va="center", fontsize=8, color="#3e4c59")
        middle = np.median(values[label]) if len(values[label]) else np.nan
        if np.isfinite(middle):
            ax.plot([middle] * 2, [y - 0.36, y + 0.36], color="#1f2933", lw=2.2)
    for name, value in (marks or {}).items():
        ax.axvline(value, color="#1f2933", lw=1, ls="--")
        ax.annotate(
            name,
            (value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -2),
            textcoords="offset points",
            fontsize=8,
            va="top",
        )
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.set(xlabel=unit, title=title, xlim=(edge - 0.02 * (high - low + 1), high + 0.05 * (high - low + 1)))
    return fig

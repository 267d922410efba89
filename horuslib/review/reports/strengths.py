"""Plot of recall against fault strength."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from horuslib.review.cards.style import class_colours, figure


def recall_by_strength(table: pd.DataFrame, labels: Sequence[str]):
    """One small plot per strength parameter: recall with its 95 % interval, over the bins of `strength.by_strength`."""
    kinds = list(table.groupby("strength", sort=False))
    columns = min(4, len(kinds))
    rows = -(-len(kinds) // columns)
    fig, axes = figure(3.1 * columns, 2.4 * rows + 0.5, rows, columns, sharey=True, squeeze=False)
    colours = class_colours(labels)
    for ax, (_, some) in zip(axes.flat, kinds, strict=False):
        at = np.arange(len(some))
        spread = np.abs(some[["recall_low", "recall_high"]].to_numpy().T - some.recall.to_numpy())
        label = some.label.iloc[0]
        ax.errorbar(at, some.recall, spread, fmt="o-", color=colours[label], capsize=3, lw=1.5, ms=6)
        for x, made in zip(at, some.made, strict=True):
            ax.annotate(f"n={made}", (x, 0.02), ha="center", fontsize=7.5, color="#52606d")
        ax.set_xticks(at, [f"{row.low:g}\nto {row.high:g}" for row in some.itertuples()], fontsize=8)
        ax.set(title=label, xlabel=some.meaning.iloc[0], ylim=(0, 1.05), xlim=(-0.4, len(some) - 0.6))
    for ax in axes.flat[len(kinds) :]:
        ax.set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("recall")
    fig.suptitle("Recall of generated faults by strength")
    return fig

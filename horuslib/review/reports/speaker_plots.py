"""Plots of turns: a lane per speaker over time, and how alike voices are."""

from collections.abc import Mapping, Sequence

import numpy as np

from horuslib.review.cards.style import class_colours, figure
from horuslib.speech.turns import Turn, speakers_of


def timeline(turns: Sequence[Turn], duration_s: float, reference: Sequence[Turn] = (), title: str = ""):
    """One recording: a lane per speaker, darker where surer; the reference's lanes lie below, hatched.

    Returns
    -------
    matplotlib Figure.
    """
    lanes = [(speaker, turns, "") for speaker in speakers_of(turns)]
    lanes += [(speaker, reference, "///") for speaker in speakers_of(reference)]
    fig, ax = figure(9, 0.9 + 0.32 * max(1, len(lanes)))
    colours = class_colours([f"{i}" for i in range(max(2, len(lanes)))], background=None)
    for y, (speaker, own, hatch) in enumerate(lanes):
        for turn in own:
            if turn.speaker == speaker:
                alpha = 1.0 if turn.confidence is None else 0.35 + 0.65 * turn.confidence
                style = {"color": "#b8c2cc", "hatch": hatch} if hatch else {"color": colours[f"{y}"], "alpha": alpha}
                ax.barh(y, turn.seconds, left=turn.start_s, height=0.7, edgecolor="white", **style)
    names = [f"{speaker} (reference)" if hatch else speaker for speaker, _, hatch in lanes]
    ax.set_yticks(range(len(lanes)), names)
    ax.invert_yaxis()
    ax.set(xlabel="time (s)", xlim=(0, duration_s), title=title)
    return fig


def similarity(vectors: Mapping[str, np.ndarray], title: str = ""):
    """Cosines between the mean voices of a recording.

    Returns
    -------
    matplotlib Figure.
    """
    names = list(vectors)
    cosines = np.array([[vectors[a] @ vectors[b] for b in names] for a in names])
    fig, ax = figure(1.8 + 0.6 * len(names), 1.4 + 0.6 * len(names))
    ax.imshow(cosines, vmin=-1, vmax=1, cmap="cividis")
    for (i, j), value in np.ndenumerate(cosines):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", color="white" if value < 0.4 else "black", fontsize=9)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.grid(False)
    ax.set(title=title)
    return fig

"""Plots of model inputs: mel spectrograms, in decibels where the front end preserves level."""

from collections.abc import Mapping

import numpy as np

from horuslib.review.cards.mel_image import hz_ticks
from horuslib.review.cards.style import figure
from horuslib.tasks.sections import FrontEnd

LOW_DB, HIGH_DB = -80.0, 40.0
"""Range of the colour scale: the front end's own goes higher, but no sound within full scale reaches it."""


def inputs(pictures: Mapping[str, np.ndarray], front_end: FrontEnd, columns: int = 3):
    """Model inputs side by side, `columns` per row, on a common colour scale, so that levels can be compared.

    Parameters
    ----------
    pictures : title -> (height, width) values, one channel of the output of `audio.features`.

    Returns
    -------
    matplotlib Figure.
    """
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    fig, axes = figure(3.3 * columns, 2.7 * rows, rows, columns, squeeze=False, sharex=True, sharey=True)
    ticks, places = hz_ticks(min(front_end.fmax_hz, front_end.sample_rate_hz / 2))
    for ax in axes.flat[len(pictures) :]:
        ax.set_visible(False)
    for ax, (title, picture) in zip(axes.flat, pictures.items(), strict=False):
        drawn = ax.imshow(
            measured(np.asarray(picture, float), front_end)[0],
            origin="lower",
            aspect="auto",
            extent=(0, front_end.segment_s, 0, 1),
            cmap="magma",
            vmin=LOW_DB if front_end.in_decibels else 0,
            vmax=HIGH_DB if front_end.in_decibels else 255,
        )
        ax.set_title(title, fontsize=10)
        ax.set_yticks(places, [f"{f:g}" for f in ticks])
        ax.grid(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("frequency (Hz, mel)")
    for ax in axes[-1]:
        ax.set_xlabel("time (s)")
    label = "mel power (dB re full scale²)" if front_end.in_decibels else "value (255: the segment's maximum)"
    fig.colorbar(drawn, ax=axes, label=label, pad=0.02)
    return fig


def measured(picture: np.ndarray, front_end: FrontEnd) -> tuple[np.ndarray, str]:
    """The values of a model input in display units, and the unit: dB, or 0 to 255 where level is not preserved."""
    if front_end.in_decibels:
        return front_end.min_db + picture * (front_end.max_db - front_end.min_db), "dB"
    return 127.5 * picture + 127.5, "of 255"

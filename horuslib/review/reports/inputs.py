"""The model's input as a picture for people: mel bands against time, in decibels where the front end keeps level."""

from collections.abc import Mapping

import numpy as np

from horuslib.review.cards.style import figure
from horuslib.review.reports.plots import hz_ticks
from horuslib.tasks.sections import FrontEnd

LOW_DB, HIGH_DB = -80.0, 40.0
"""Colours span this: the front end's scale goes higher, but no sound within full scale comes near."""


def inputs(pictures: Mapping[str, np.ndarray], front_end: FrontEnd, columns: int = 3):
    """Pictures side by side, three to a row, all with the same colours, so that level can be compared.

    Parameters
    ----------
    pictures : title -> (height, width) values, one channel of what `audio.features` makes.

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
            vmin=LOW_DB if front_end.hears_level else 0,
            vmax=HIGH_DB if front_end.hears_level else 255,
        )
        ax.set_title(title, fontsize=10)
        ax.set_yticks(places, [f"{f:g}" for f in ticks])
        ax.grid(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("frequency (Hz, mel)")
    for ax in axes[-1]:
        ax.set_xlabel("time (s)")
    label = "mel power (dB re full scale²)" if front_end.hears_level else "shade (255: the segment's loudest)"
    fig.colorbar(drawn, ax=axes, label=label, pad=0.02)
    return fig


def measured(picture: np.ndarray, front_end: FrontEnd) -> tuple[np.ndarray, str]:
    """What a picture's values say, and its unit: decibels, or shades of 255 where the front end keeps no level."""
    if front_end.hears_level:
        return front_end.min_db + picture * (front_end.max_db - front_end.min_db), "dB"
    return 127.5 * picture + 127.5, "of 255"

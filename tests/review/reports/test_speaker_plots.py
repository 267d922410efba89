"""Timelines have a lane per speaker, and similarity a cell per pair."""

import numpy as np

from horuslib.review.reports.speaker_plots import similarity, timeline
from horuslib.speech.turns import Turn


def test_a_lane_per_speaker_and_a_bar_per_turn():
    turns = [Turn(0, 2, "S01", 0.9), Turn(2, 3, "S02", None), Turn(4, 6, "S01", 0.2)]
    figure = timeline(turns, 7.0, [Turn(0, 3, "Ana")], title="x")
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["S01", "S02", "Ana (reference)"]
    assert len(ax.patches) == 4
    assert ax.get_xlim() == (0, 7)


def test_an_empty_recording_is_drawn():
    assert timeline([], 5.0).axes


def test_similarity_shows_every_pair():
    (ax,) = similarity({"S01": np.array([1.0, 0]), "S02": np.array([0, 1.0])}).axes
    assert sorted(text.get_text() for text in ax.texts) == ["0.00", "0.00", "1.00", "1.00"]

"""Recall by strength, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from horuslib.augmentation.parameters import PARAMETERS
from horuslib.evaluation.recall_by_strength import STRENGTHS, by_strength


def made(rows):
    table = pd.DataFrame(rows, columns=["label", "verdict", "snr_db"])
    return table.reindex(columns=[*table, *(name for name in STRENGTHS if name not in table)])


def test_strengths_are_recorded_augmentation_parameters():
    assert set(STRENGTHS) <= set(PARAMETERS)


def test_detected_and_generated_faults_are_counted_per_strength_bin(horus):
    rows = [("ruido_hiss", "ruido_hiss", 2.0)] * 3 + [("ruido_hiss", "normal", 18.0)] * 3
    rows += [("ruido_hiss", "ruido_hiss", 18.0), ("normal", "normal", 18.0), ("ruido_hiss", "normal", np.nan)]
    table = by_strength(made(rows), horus)
    assert table[["strength", "low", "high", "made", "found", "recall"]].to_numpy().tolist() == [
        ["snr_db", 0.0, 5.0, 3, 3, 1.0],
        ["snr_db", 15.0, 20.0, 4, 1, 0.25],
    ]
    last = table.iloc[-1]
    assert last.recall_low == pytest.approx(0.0456, abs=1e-3)  # Wilson, 1 of 4
    assert last.recall_high == pytest.approx(0.6994, abs=1e-3)


def test_low_volume_is_counted_for_quiet_and_loud_channels(horus):
    """Of a channel at -40 LUFS it reaches down to -70, of one at -12 up to -27."""
    at = [-69.0, -60.0, -45.0, -27.0]
    table = by_strength(made([("volume_baixo", "normal", np.nan)] * 4).assign(quiet_lufs=at), horus)
    assert table.made.sum() == 4


def test_without_generated_faults_the_table_is_empty(horus):
    table = by_strength(made([("normal", "normal", np.nan)]), horus)
    assert table.empty

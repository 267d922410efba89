"""What is measured without listening, and that a classifier learns it where it tells classes apart."""

import numpy as np
import pandas as pd
import pytest

from horuslib.training.shortcuts import MEASURES, shortcut_measures, shortcut_scores

RATE_HZ = 16000


def test_the_measures_of_a_known_sound():
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    x = 0.5 * np.sin(2 * np.pi * 2000 * t)
    x[RATE_HZ:] *= 0.01
    found = shortcut_measures(x, RATE_HZ)
    assert found["length_s"] == 2
    assert found["peak_dbfs"] == pytest.approx(-6.02, abs=0.01)
    assert found["level_dbfs"] == pytest.approx(-12.04, abs=0.05)
    assert found["floor_dbfs"] == pytest.approx(-49.03, abs=0.1)
    assert shortcut_measures(0.5 * np.sin(2 * np.pi * 2000 * t), RATE_HZ)["bandwidth_hz"] == pytest.approx(2000, abs=60)
    assert set(shortcut_measures(np.zeros(10), RATE_HZ)) == set(MEASURES)


@pytest.mark.slow
def test_lengths_alone_tell_classes_apart(rng):
    labels = np.repeat(["a", "b", "c"], 20)
    table = pd.DataFrame(rng.standard_normal((60, len(MEASURES))), columns=list(MEASURES))
    assert shortcut_scores(table, labels, range(60))["macro_f1"] < 0.6
    table["length_s"] = np.repeat([1.0, 3.0, 9.0], 20)
    assert shortcut_scores(table, labels, range(60))["macro_f1"] > 0.95
    assert shortcut_scores(table, labels, np.repeat([1, 2, 3], 20)) == {}

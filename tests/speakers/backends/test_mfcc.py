"""Window features: what they hold, and what they leave out."""

import numpy as np
import pytest

from horuslib.speakers.backends.mfcc import Mfcc, standardised, window_features
from horuslib.speakers.front_end import mfcc
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.windows import make_windows


def side_of(log_mel):
    return Side("x", None, len(log_mel) / 100, np.array([[0.0, len(log_mel) / 100]]), log_mel.astype(np.float32))


def test_loudness_changes_nothing(rng):
    log_mel = rng.standard_normal((1000, mfcc.BANDS))
    louder = log_mel.copy()
    louder[500:] += 3.2  # 14 dB
    a, b = (Mfcc().describe(x, make_windows(x.regions)).vectors for x in (side_of(log_mel), side_of(louder)))
    inside = [i for i in range(len(a)) if not 6 < i < 12]  # windows across the step have another spread
    np.testing.assert_allclose(a[inside] @ a[inside].T, b[inside] @ b[inside].T, atol=0.2)


def test_features_are_mean_and_spread(rng):
    frames = rng.standard_normal((300, mfcc.COEFFICIENTS))
    windows = make_windows(np.array([[0.0, 3.0]]))
    rows = window_features(frames, np.array([[0, 300]]), windows)
    assert rows.shape == (4, 76)
    np.testing.assert_allclose(rows[0, :19], frames[:150, 1:].mean(axis=0))
    np.testing.assert_allclose(rows[0, 19:38], np.log(frames[:150, 1:].std(axis=0) + 1e-3))


def test_standardised_columns(rng):
    x = standardised(np.c_[rng.standard_normal((50, 2)) * 7 + 3, np.ones(50)])
    assert x.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    assert x.std(axis=0) == pytest.approx([1, 1, 0])

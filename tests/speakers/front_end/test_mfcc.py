"""Coefficients as librosa computes them, whatever the blocks; differences that stay within their spans."""

import librosa
import numpy as np
import pytest

from horuslib.speakers.front_end import mfcc
from tests.conftest import noise, tone


def test_blocks_do_not_matter(rng):
    x = noise(rng, 3)
    whole, pieces = mfcc.LogMel(), mfcc.LogMel()
    blocks = np.split(x, [100, 101, 9000, 20000])
    np.testing.assert_allclose(whole.frames(x), np.vstack([pieces.frames(b) for b in blocks]), rtol=1e-5)


def test_a_frame_per_ten_milliseconds_and_its_band(rng):
    frames = mfcc.LogMel().frames(tone(2, frequency_hz=1000))
    assert len(frames) == 200
    loudest = frames[100].argmax()
    assert mfcc.band_centres_hz()[loudest] == pytest.approx(1000, rel=0.1)


def test_coefficients_are_those_of_librosa(rng):
    log_mel = mfcc.LogMel().frames(noise(rng, 1))
    expected = librosa.feature.mfcc(S=log_mel.T, n_mfcc=20, dct_type=2, norm="ortho").T
    np.testing.assert_allclose(mfcc.coefficients(log_mel), expected, rtol=1e-4, atol=1e-4)


def test_loudness_is_in_the_first_coefficient_alone(rng):
    x = noise(rng, 2)
    loud, quiet = (mfcc.coefficients(mfcc.LogMel().frames(g * x)) for g in (1.0, 0.2))
    np.testing.assert_allclose(loud[5:, 1:], quiet[5:, 1:], atol=0.01)
    assert np.all(loud[5:, 0] > quiet[5:, 0] + 10)


def test_the_difference_of_a_ramp_is_its_slope_and_stays_in_its_span():
    ramp = np.arange(40.0)[:, None] * 3.0
    ramp[20:] += 1000  # removed silence lies here
    slopes = mfcc.differences(ramp, np.array([[0, 20], [20, 40]]))
    assert slopes[5, 0] == pytest.approx(3)
    assert np.abs(slopes).max() == pytest.approx(3)
    across = mfcc.differences(ramp, np.array([[0, 40]]))
    assert np.abs(across).max() > 100


def test_the_telephone_bands_lie_within_its_limits():
    used = mfcc.band_centres_hz()[mfcc.telephone_bands()]
    assert used.min() > 300
    assert used.max() < 3400
    assert len(used) >= mfcc.COEFFICIENTS


def test_spans_lie_within_the_frames():
    assert mfcc.frame_spans(np.array([[0.5, 1.0], [2.999, 9.0], [9.0, 9.5]]), 310).tolist() == [[50, 100], [300, 310]]

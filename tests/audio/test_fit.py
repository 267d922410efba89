"""Short clips are repeated without a gap, at one level, whatever was around them."""

import numpy as np
import pytest

from horuslib.audio.features import segment_to_input
from horuslib.audio.fit import filled, fitted, sounding, tiled
from horuslib.audio.levels import rms_dbfs
from horuslib.tasks import load_task

FRONT_END = load_task("sirens").front_end
ZEROS = load_task("horus").front_end
RATE_HZ = FRONT_END.sample_rate_hz


def clip(rng, seconds=1.7, level=0.1):
    return (level * rng.standard_normal(round(seconds * RATE_HZ))).astype(np.float32)


def test_a_short_clip_fills_the_segment_without_zeros(rng):
    x = fitted(clip(rng), FRONT_END)
    assert x.shape == (FRONT_END.segment_samples,)
    frames = x.reshape(-1, RATE_HZ // 50)
    assert (np.sqrt(np.mean(frames**2, axis=1)) > 0.3 * np.sqrt(np.mean(x**2))).all()
    assert rms_dbfs(x) == pytest.approx(FRONT_END.level_dbfs, abs=0.01)


def test_it_repeats_with_the_period_of_the_clip(rng):
    samples = clip(rng)
    x = tiled(samples, 10 * RATE_HZ, RATE_HZ)
    period = len(samples) - RATE_HZ // 50  # one crossfade less
    np.testing.assert_array_equal(x[:-period], x[period:])


def test_the_offset_is_not_the_beginning(rng):
    starts = {int(np.argmin(np.abs(tiled(np.arange(n, dtype=np.float32), 3 * n, 8000)))) for n in range(5000, 5010)}
    assert len(starts) == 10


@pytest.mark.parametrize("gain_db", [-12, 12])
def test_level_and_surrounding_silence_change_nothing(rng, gain_db):
    samples = clip(rng)
    changed = np.concatenate([np.zeros(3 * RATE_HZ), 10 ** (gain_db / 20) * samples, np.zeros(RATE_HZ)])
    a, b = (segment_to_input(x, FRONT_END) for x in (samples, changed))
    # The clip's ends may be cut to whole frames; everything else is the same.
    assert np.abs(a.mean(axis=1) - b.mean(axis=1)).max() < 0.01


def test_near_silence_is_cut_off_at_the_ends_only(rng):
    loud, faint = clip(rng, 1.0), clip(rng, 1.0, level=1e-5)
    x = sounding(np.concatenate([faint, loud, faint, loud, faint]), RATE_HZ)
    assert len(x) == 3 * RATE_HZ


def test_digital_silence_and_nothing_stay_silent():
    for n in (0, 100, 200000):
        assert not fitted(np.zeros(n), FRONT_END).any()
        assert fitted(np.zeros(n), FRONT_END).shape == (FRONT_END.segment_samples,)


def test_other_tasks_keep_level_and_are_padded(rng):
    x = filled(clip(rng), ZEROS)
    assert not x[round(1.7 * RATE_HZ) :].any()
    np.testing.assert_array_equal(x, fitted(x, ZEROS))


def test_two_channels_are_refused():
    with pytest.raises(ValueError, match="mono"):
        fitted(np.zeros((2, 100)), FRONT_END)

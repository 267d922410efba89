"""Mixing, reflections and speed changes of log-mel spectrograms agree with those of waveforms."""

import numpy as np
import pytest
import soxr

from horuslib.acoustics.rooms import convolve, delays_response, echo_response, room_response
from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import active_dbfs
from horuslib.augmentation.spectrogram_mix import change_speed, mix_spectrograms, reflect_spectrogram, response_energy
from tests.conftest import noise, syllables, tone

RATE = 16000
RESPONSES = {
    "echo": echo_response(RATE, 0.3, -3.0, repeats=3),
    "slap": echo_response(RATE, 0.1, -2.0),
    "dull feed": delays_response(RATE, [0.5], [-2.0], (200, 2500)),
    "hall": room_response(np.random.default_rng(1), RATE, 2.0, -3.0),
    "small room": room_response(np.random.default_rng(1), RATE, 0.4, 6.0),
}


def pictures(sounds, task):
    return segments_to_inputs(sounds, task.front_end)[..., 0]


@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_mixing_spectrograms_agrees_with_mixing_waveforms(rng, horus, snr_db):
    programme, hiss = syllables(rng, 5.0, level_dbfs=-23), noise(rng, 5.0, level_dbfs=-20)
    gain_db = active_dbfs(programme, RATE) - snr_db + 20
    *of_each, of_sum = pictures([programme, hiss, programme + hiss * 10 ** (gain_db / 20)], horus)
    off_db = 160 * (mix_spectrograms(*of_each, gain_db, horus.front_end) - of_sum)
    assert abs(off_db.mean()) < 0.3 and np.percentile(np.abs(off_db), 95) < 2.5
    assert 160 * np.abs(of_each[0] - of_sum).mean() > 3, "the mix differs from the programme alone"


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("name", RESPONSES)
def test_reflections_of_spectrograms_agree_with_convolution(rng, horus, name, running):
    x = syllables(rng, 5.0, level_dbfs=-23).astype(np.float32)
    x[: RATE // 2] = 0  # contains the wrapped tail if running, else silence
    dry, wet = pictures([x, convolve(x, RESPONSES[name], wrap=running)], horus)
    reflected = reflect_spectrogram(dry, response_energy(RESPONSES[name], horus.front_end), horus.front_end, running)
    off_db, far_db = 160 * (reflected - wet), 160 * (dry - wet)
    assert abs(off_db.mean()) < 3 and np.sqrt((off_db**2).mean()) < 5
    assert np.sqrt((far_db**2).mean()) > 2 * np.sqrt((off_db**2).mean()), "closer than the unchanged spectrogram"


def test_the_direct_sound_alone_is_the_identity(rng, horus):
    energy = response_energy(np.array([1.0]), horus.front_end)
    assert energy[:, 0] == pytest.approx(1, abs=1e-5) and not energy[:, 2:].any()
    dry = pictures([syllables(rng, 5.0)], horus)[0]
    assert reflect_spectrogram(dry, energy, horus.front_end, running=True) == pytest.approx(dry, abs=1e-3)


def test_no_energy_is_lost_between_columns(horus):
    at = [response_energy(np.eye(1, 3000, k)[0], horus.front_end).sum(axis=1) for k in (0, 1, 300, 625, 1000)]
    assert np.array(at) == pytest.approx(1, abs=1e-4)


def test_reflections_later_than_the_segment_is_long_are_left_out(horus):
    late = np.zeros(7 * RATE)
    late[[0, 6 * RATE]] = 1
    energy = response_energy(late, horus.front_end)
    assert energy.shape == (128, 128) and energy.sum(axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_changing_speed_agrees_with_resampling(rng, horus, factor):
    x = syllables(rng, 5.0, level_dbfs=-23) + noise(rng, 5.0, level_dbfs=-60)
    faster = np.resize(soxr.resample(x, RATE * factor, RATE), len(x))  # repeated from its start
    normal, of_faster = pictures([x, faster], horus)
    played = change_speed(normal, factor, horus.front_end)
    below = slice(0, 80)  # bands whose source is below the highest band when slower
    off_db, far_db = (160 * (p - of_faster)[below] for p in (played, normal))
    assert abs(off_db.mean()) < 2 and np.median(np.abs(off_db)) < 3
    assert np.sqrt((far_db**2).mean()) > 3 * np.sqrt((off_db**2).mean()), "closer than the unchanged spectrogram"


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_changing_speed_changes_pitch_by_the_factor(horus, factor):
    original, higher = pictures([tone(), tone(frequency_hz=1000 * factor)], horus)
    assert change_speed(original, factor, horus.front_end).mean(axis=1).argmax() == higher.mean(axis=1).argmax()


def test_speed_factor_one_is_the_identity(rng, horus):
    normal = pictures([syllables(rng, 5.0)], horus)[0]
    assert change_speed(normal, 1.0, horus.front_end) == pytest.approx(normal, abs=1e-5)

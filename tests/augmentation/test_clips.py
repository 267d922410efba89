"""Variations of clips do what they say, by measurement: speed, pitch, dips, the missing band, backgrounds."""

import json

import numpy as np
import pytest
from scipy import signal

from horuslib.audio.levels import rms_dbfs
from horuslib.augmentation.clips import (
    BandStop,
    CutOff,
    GainDip,
    LayOnBackground,
    NoiseInstead,
    ProgrammeInstead,
    ShiftPitch,
    StreetSound,
    Stretch,
)
from horuslib.augmentation.transforms import draw
from horuslib.synthesis.programme import TALK
from horuslib.synthesis.street.catalogue import HARD, STREET

RATE_HZ = 16000


def tone(frequency_hz=1000.0, seconds=4.0):
    return (0.2 * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def applied(transform, x, seed=1):
    drawn = draw(transform, np.random.default_rng(seed), x, RATE_HZ)
    json.dumps(drawn)
    return transform.apply(x, RATE_HZ), drawn["parameters"]


def peak_hz(x):
    return np.abs(np.fft.rfft(x * np.hanning(len(x)), 8 * len(x))).argmax() * RATE_HZ / (8 * len(x))


@pytest.mark.slow
@pytest.mark.parametrize("semitones", [-1.0, 1.0])
def test_a_semitone_moves_the_peak_by_5_9_percent(semitones):
    y, _ = applied(ShiftPitch((semitones,)), tone())
    assert peak_hz(y[RATE_HZ : 3 * RATE_HZ]) / 1000 == pytest.approx(2 ** (semitones / 12), rel=0.002)
    assert abs(2 ** (1 / 12) - 1.059) < 0.001
    assert len(y) == 4 * RATE_HZ


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_another_speed_keeps_the_pitch_and_moves_the_beats(factor):
    """Four bursts a second become 0.95 or 1.05 times as many."""
    t = np.arange(8 * RATE_HZ) / RATE_HZ
    x = tone(seconds=8) * (0.55 + 0.45 * signal.square(2 * np.pi * 4 * t)).astype(np.float32)
    y, _ = applied(Stretch((factor,)), x)
    assert len(y) == len(x)
    part = y[RATE_HZ : 7 * RATE_HZ]
    envelope = np.abs(signal.hilbert(part))
    assert peak_hz(part) == pytest.approx(1000, abs=2)
    assert peak_hz(envelope - envelope.mean()) == pytest.approx(4 * factor, rel=0.02)
    assert np.sqrt(np.mean(y[-1600:] ** 2)) > 0.02, "never zeros at the end"


def test_a_gain_dip_has_its_depth_and_length():
    for seed in range(6):
        y, p = applied(GainDip(), tone(), seed)
        gain_db = 20 * np.log10(np.maximum(np.abs(signal.hilbert(y)) / 0.2, 1e-6))
        inside = np.flatnonzero(gain_db < p["dip_db"] / 2)
        assert 0.3 <= p["dip_s"] <= 0.8
        assert (inside[-1] - inside[0]) / RATE_HZ == pytest.approx(p["dip_s"], abs=0.02)
        middle = round((p["dip_start_s"] + p["dip_s"] / 2) * RATE_HZ)
        assert gain_db[middle] == pytest.approx(p["dip_db"], abs=0.5)
        assert np.median(gain_db) == pytest.approx(0, abs=0.1)


def test_the_missing_band_is_narrow_and_lies_within_1_to_2_khz(rng):
    x = rng.standard_normal(20 * RATE_HZ).astype(np.float32)
    for seed in range(5):
        y, p = applied(BandStop(), x, seed)
        frequencies, before = signal.welch(x, RATE_HZ, nperseg=4096)
        response_db = 10 * np.log10(signal.welch(y, RATE_HZ, nperseg=4096)[1] / before)
        stopped = frequencies[response_db < -3]
        assert 990 <= stopped.min() < stopped.max() <= 2010
        assert p["stop_hz"] / (stopped.max() - stopped.min()) == pytest.approx(4, rel=0.08)
        assert response_db.min() < -15
        outside = response_db[(frequencies > 50) & ((frequencies < 500) | (frequencies > 4000))]
        assert np.abs(outside).max() < 0.5


def test_the_band_ends_where_it_was_drawn(rng):
    x = rng.standard_normal(10 * RATE_HZ).astype(np.float32)
    y, p = applied(CutOff(3000, 5000), x)
    frequencies, before = signal.welch(x, RATE_HZ, nperseg=2048)
    response_db = 10 * np.log10(signal.welch(y, RATE_HZ, nperseg=2048)[1] / before)
    assert response_db[frequencies < 0.8 * p["cutoff_hz"]].mean() == pytest.approx(0, abs=0.3)
    assert response_db[frequencies > 1.4 * p["cutoff_hz"]].max() < -12


def backgrounds(rng):
    return np.stack([0.05 * rng.standard_normal(4 * RATE_HZ), 0.05 * rng.standard_normal(4 * RATE_HZ)]).astype(
        np.float16
    )


def test_a_clip_lies_once_at_its_ratio_over_the_background(rng):
    laid = LayOnBackground(backgrounds(rng), (1,), 1.0, 1.0, 10.0, 10.0, once_share=1.0, clip_s=1.0)
    y, p = applied(laid, tone())
    power = np.sqrt(np.mean(y.reshape(-1, RATE_HZ // 20) ** 2, axis=1))
    assert power.min() > 0, "background, never zeros"
    heard = power > 0.5 * power.max()
    assert np.count_nonzero(heard) / 20 == pytest.approx(1.0, abs=0.15)
    assert np.flatnonzero(heard)[0] / 20 == pytest.approx(p["at_share"] * 3.0, abs=0.1)
    assert p["background"] == 1
    assert 20 * np.log10(power[heard].mean() / power[~heard].mean()) == pytest.approx(10.4, abs=0.7)


def test_a_clip_is_repeated_over_the_background(rng):
    laid = LayOnBackground(backgrounds(rng), (0,), 0.3, 0.3, 12.0, 12.0, once_share=0.0)
    y, _ = applied(laid, tone())
    power = np.sqrt(np.mean(y.reshape(-1, RATE_HZ // 20) ** 2, axis=1))
    assert power.min() > 0.5 * power.max()


def test_without_backgrounds_one_is_generated():
    y, p = applied(LayOnBackground(once_share=1.0, clip_s=0.5), tone(), 2)
    assert p["background"] == -1
    assert np.sqrt(np.mean(y.reshape(-1, 1600) ** 2, axis=1)).min() > 0


def test_a_generated_sound_replaces_or_covers_the_segment():
    x = tone(300)
    alone, _ = applied(StreetSound("alert", over_share=0.0), x)
    over, p = applied(StreetSound("alert", over_share=1.0, min_snr_db=6, max_snr_db=6), x)
    assert p["over_db"] == 6
    assert peak_hz(alone) != pytest.approx(300, abs=1)
    assert np.abs(np.fft.rfft(over))[1200] > 100 * np.median(np.abs(np.fft.rfft(over)))
    assert -50 < rms_dbfs(alone) < -10


def test_half_of_what_is_generated_is_easily_mistaken():
    def names(kind, hard_share):
        transform = StreetSound(kind, hard_share=hard_share)
        rng = np.random.default_rng(0)
        return {transform.draw_parameters(rng, tone(), 16000)["name"] for _ in range(200)}

    assert names("alert", 1.0) == set(HARD["alert"]) < names("alert", 0.0)
    assert "line_up" in HARD["alert"]
    assert names("traffic", 1.0) == set(STREET["traffic"]), "a kind without any"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Stretch(()), "speeds"),
        (lambda: GainDip(0.8, 0.3), "dip"),
        (lambda: BandStop(1000, 1200, 4), "Q 4"),
        (lambda: StreetSound("thunderstorm"), "no generated kind"),
        (lambda: LayOnBackground(min_share=0), "share of the clip"),
    ],
)
def test_impossible_ranges_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_noise_in_place_of_a_sound_has_its_length_level_and_spectrum_and_none_of_its_pitch():
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    siren = (0.2 * np.sin(2 * np.pi * np.cumsum(1000 + 400 * np.sin(2 * np.pi * t)) / RATE_HZ)).astype(np.float32)
    noise, _ = applied(NoiseInstead(), siren)
    assert noise.shape == siren.shape and noise.dtype == np.float32
    assert rms_dbfs(noise) == pytest.approx(rms_dbfs(siren), abs=0.1)
    frequencies, of_siren = signal.welch(siren, RATE_HZ, nperseg=512)
    of_noise = signal.welch(noise, RATE_HZ, nperseg=512)[1]
    inside = (frequencies > 530) & (frequencies < 1470)
    assert of_noise[inside].sum() > 0.9 * of_noise.sum()
    difference_db = 10 * np.log10(of_noise[inside] / of_siren[inside])
    assert np.abs(difference_db).mean() < 2.5
    lines = np.abs(np.fft.rfft(noise[: RATE_HZ // 10] * np.hanning(RATE_HZ // 10))) ** 2
    of_lines = np.abs(np.fft.rfft(siren[: RATE_HZ // 10] * np.hanning(RATE_HZ // 10))) ** 2
    assert lines.max() / lines.sum() < 0.6 * of_lines.max() / of_lines.sum()
    again, _ = applied(NoiseInstead(), siren)
    np.testing.assert_array_equal(noise, again)


def test_programme_in_place_of_a_sound_has_nothing_of_it(monkeypatch):
    monkeypatch.setattr("horuslib.synthesis.speech.available", lambda: False)
    drawn = [ProgrammeInstead().draw_parameters(np.random.default_rng(seed), tone(), RATE_HZ) for seed in range(40)]
    assert not {parameters["programme"] for parameters in drawn} & set(TALK), "nobody speaks without espeak-ng"
    made, _ = applied(ProgrammeInstead(), tone(), seed=3)
    same, _ = applied(ProgrammeInstead(), 0 * tone(), seed=3)
    assert made.shape == tone().shape and rms_dbfs(made) > -40
    np.testing.assert_array_equal(made, same)

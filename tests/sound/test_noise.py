"""Hiss of every kind has RMS 1, is steady and is noise; those of carriers have their marks."""

import numpy as np
import pytest

from horuslib.sound.levels import modulation_db, rms
from horuslib.sound.noise import HISSES, RESTLESS, hiss, shaped_noise

RATE = 16000


@pytest.mark.parametrize("kind", HISSES)
@pytest.mark.parametrize("n", [80000, 66150, 100])
def test_hiss_has_unit_level_at_any_length(rng, kind, n):
    made = hiss(rng, n, RATE, kind)
    assert made.shape == (n,) and made.dtype == np.float32
    assert rms(made) == pytest.approx(1, rel=1e-4)
    assert n < RATE or modulation_db(made, RATE) < (4.5 if kind in RESTLESS else 1.5)


def test_film_crackles(rng):
    """Kurtosis over that of noise: single samples that stand out."""
    quiet, crackling = (hiss(rng, 160000, RATE, kind).astype(float) for kind in ("white", "film"))
    assert np.mean(quiet**4) < 3.2 < 4 < np.mean(crackling**4)


def test_a_radio_that_is_tuned_jumps_from_band_to_band(rng):
    """Spectra of fifths of a second differ far more than those of noise; all of it is broadband."""
    spread = {}
    for kind in ("white", "tuning"):
        pieces = hiss(rng, 160000, RATE, kind).reshape(50, 3200)
        power = np.abs(np.fft.rfft(pieces)) ** 2
        bands = np.log10(power[:, 40:1560].reshape(50, 8, 190).mean(-1))
        spread[kind] = bands.std(0).mean()
    assert spread["tuning"] > 5 * spread["white"]


def test_a_radio_is_narrow_and_a_codecs_rest_comes_and_goes(rng):
    radio = np.abs(np.fft.rfft(hiss(rng, 160000, RATE, "radio", 400.0, 3000.0))) ** 2
    assert radio[3000:35000].sum() > 0.95 * radio.sum()
    frames = hiss(rng, 512 * 300, RATE, "codec").reshape(300, 512)
    bands = np.log(np.abs(np.fft.rfft(frames)[:, 8:248].reshape(300, -1, 8) ** 2).mean(-1))
    steady = np.log(np.abs(np.fft.rfft(rng.standard_normal((300, 512)))[:, 8:248].reshape(300, -1, 8) ** 2).mean(-1))
    assert bands.std(0).mean() > 1.5 * steady.std(0).mean()


def test_shaped_noise_has_edges_and_another_spectrum_each_time():
    """Level of octaves: those of two draws differ, and outside the band there is hardly anything."""
    octaves = []
    for seed in range(12):
        power = np.abs(np.fft.rfft(shaped_noise(np.random.default_rng(seed), 160000, RATE, (400.0, 3200.0)))) ** 2
        assert power[3000:40000].sum() > 0.9 * power.sum() and power[45000:].sum() < 0.01 * power.sum()
        octaves.append([10 * np.log10(power[10 * low : 20 * low].sum() / power.sum()) for low in (500, 1000)])
    tilts_db = np.diff(octaves).ravel()
    assert tilts_db.min() < 0 < 3 < tilts_db.max()


def test_stations_on_short_wave_stutter_over_a_steady_channel(rng):
    """Twentieths of a second: in some band the level jumps, while in most it stays."""
    spread = []
    for kind in ("white", "shortwave"):
        frames = np.abs(np.fft.rfft(hiss(rng, 160000, RATE, kind).reshape(200, 800))) ** 2
        bands = 10 * np.log10(frames[:, 8:128].reshape(200, 12, 10).mean(-1))
        spread.append(np.sort(bands.std(0)))
    steady, stuttering = spread
    assert stuttering[-1] > 1.5 * steady[-1] and stuttering[2] < 1.3 * steady[-1]


def test_vinyl_crackles_more_than_film(rng):
    film, vinyl = (
        np.mean([np.mean(hiss(rng, 80000, RATE, kind).astype(float) ** 4) for _ in range(8)])
        for kind in ("film", "vinyl")
    )
    assert vinyl > 2 * film

"""Hiss of every kind has RMS 1 and is steady noise; those of carriers have their characteristics."""

import numpy as np
import pytest

from horuslib.audio.levels import modulation_db, rms
from horuslib.synthesis.noise import HISSES, UNSTEADY, hiss, shaped_noise

RATE = 16000


@pytest.mark.parametrize("kind", HISSES)
@pytest.mark.parametrize("n", [80000, 66150, 100])
def test_hiss_has_unit_level_at_any_length(rng, kind, n):
    made = hiss(rng, n, RATE, kind)
    assert made.shape == (n,) and made.dtype == np.float32
    assert rms(made) == pytest.approx(1, rel=1e-4)
    assert n < RATE or modulation_db(made, RATE) < (4.5 if kind in UNSTEADY else 1.5)


def test_film_has_crackle(rng):
    """Crackle has a higher kurtosis than noise."""
    quiet, crackling = (hiss(rng, 160000, RATE, kind).astype(float) for kind in ("white", "film"))
    assert np.mean(quiet**4) < 3.2 < 4 < np.mean(crackling**4)


def test_a_radio_being_tuned_changes_its_band(rng):
    """Spectra of successive 0.2 s frames differ far more than those of white noise."""
    spread = {}
    for kind in ("white", "tuning"):
        pieces = hiss(rng, 160000, RATE, kind).reshape(50, 3200)
        power = np.abs(np.fft.rfft(pieces)) ** 2
        bands = np.log10(power[:, 40:1560].reshape(50, 8, 190).mean(-1))
        spread[kind] = bands.std(0).mean()
    assert spread["tuning"] > 5 * spread["white"]


def test_a_radio_is_band_limited_and_codec_artefacts_fluctuate(rng):
    radio = np.abs(np.fft.rfft(hiss(rng, 160000, RATE, "radio", 400.0, 3000.0))) ** 2
    assert radio[3000:35000].sum() > 0.95 * radio.sum()
    frames = hiss(rng, 512 * 300, RATE, "codec").reshape(300, 512)
    bands = np.log(np.abs(np.fft.rfft(frames)[:, 8:248].reshape(300, -1, 8) ** 2).mean(-1))
    steady = np.log(np.abs(np.fft.rfft(rng.standard_normal((300, 512)))[:, 8:248].reshape(300, -1, 8) ** 2).mean(-1))
    assert bands.std(0).mean() > 1.5 * steady.std(0).mean()


def test_shaped_noise_has_band_edges_and_random_slopes():
    """Slope of its spectral density from 250 Hz to 4 kHz in dB per octave; hardly any power outside the band."""
    slopes_db = []
    for seed in range(30):
        made = shaped_noise(np.random.default_rng(seed), 80000, RATE, (200.0, 5000.0))
        power = np.abs(np.fft.rfft(made)) ** 2
        assert power[750:27500].sum() > 0.9 * power.sum() and power[36000:].sum() < 0.01 * power.sum()
        density_db = [10 * np.log10(power[5 * low : 10 * low].mean()) for low in (250, 500, 1000, 2000)]
        slopes_db.append(np.polyfit(range(4), density_db, 1)[0])
    assert min(slopes_db) < -2.5 and max(slopes_db) > 4


def test_short_wave_has_intermittent_stations_over_a_steady_channel():
    """Levels of bands inside the channel in 50 ms frames: they jump in some bands, and are steady in most."""
    spread = {}
    for kind in ("white", "shortwave"):
        made = [hiss(np.random.default_rng(seed), 160000, RATE, kind).reshape(200, 800) for seed in range(8)]
        frames = np.abs(np.fft.rfft(np.stack(made) * np.hanning(800))) ** 2
        bands = 10 * np.log10(frames[..., 30:130].reshape(8, 200, 10, 10).mean(-1))
        spread[kind] = np.sort(bands.std(1), axis=1)
    most, least = spread["shortwave"][:, -1], spread["shortwave"][:, 0]
    assert np.mean(most > 1.2 * spread["white"].max()) >= 0.5 and most.max() > 2 * spread["white"].max()
    assert np.median(least) < 1.1 * np.median(spread["white"])


def test_vinyl_has_more_crackle_than_film(rng):
    film, vinyl = (
        np.mean([np.mean(hiss(rng, 80000, RATE, kind).astype(float) ** 4) for _ in range(8)])
        for kind in ("film", "vinyl")
    )
    assert vinyl > 2 * film


@pytest.mark.slow
def test_musical_noise_has_short_pitches_and_band_edges():
    """For noise, the mean square of the power in a time-frequency bin is twice its squared mean; for sparse pitches it
    is far more. Pitches mostly end within half a second. There is hardly any power outside the bands."""
    sparsity, persistence, edges = [], [], []
    for seed in range(20):
        made = hiss(np.random.default_rng(seed), 160000, RATE, "musical")
        frames = np.abs(np.fft.rfft(made[: 160000 // 512 * 512].reshape(-1, 512) * np.hanning(512))) ** 2
        active = frames[:, frames.mean(0) > 0.3 * frames.mean()]
        sparsity.append(np.mean(np.mean(active**2, axis=0) / np.mean(active, axis=0) ** 2))
        level = np.log(active) - np.log(active).mean(0)
        persistence.append(np.mean(level[16:] * level[:-16]) / np.mean(level**2))
        power = np.sort(frames.mean(0)[8:])
        edges.append(10 * np.log10(power[-len(power) // 4] / power[len(power) // 20]))
    assert np.mean(np.array(sparsity) > 4) > 0.4 and np.mean(np.array(sparsity) < 3) > 0.1
    assert np.abs(persistence).max() < 0.2
    assert np.median(edges) > 12

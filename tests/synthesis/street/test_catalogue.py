"""Every generated sound is reproducible, finite, of its length and level; scenes do what physics does."""

import numpy as np
import pytest

from horuslib.audio.levels import rms_dbfs
from horuslib.synthesis.street import catalogue
from horuslib.synthesis.street.catalogue import STREET, bed, street_sound
from horuslib.synthesis.street.scene import SPEED_OF_SOUND_M_S, far_away, over, pass_by
from horuslib.synthesis.street.tones import times
from horuslib.tasks.kinds import STREET as KINDS

RATE_HZ = 16000
ALL = [(kind, name) for kind, generators in STREET.items() for name in generators]


def test_there_are_generators_for_every_kind():
    assert set(STREET) == set(KINDS)


@pytest.mark.parametrize(("kind", "name"), ALL, ids=lambda x: str(x))
def test_a_sound_is_reproducible_and_has_its_level(kind, name):
    first, again = (STREET[kind][name](np.random.default_rng(3), 1.5, RATE_HZ) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (24000,) and first.dtype == np.float32
    assert rms_dbfs(first) == pytest.approx(-26, abs=0.1)


def test_a_street_sound_is_finite_and_audible():
    for seed, (kind, name) in enumerate(ALL[::5]):
        x = street_sound(np.random.default_rng(seed), 1.3, RATE_HZ, kind, name)
        assert np.isfinite(x).all() and -50 < rms_dbfs(x) < -10


def test_some_sounds_are_recorded_beside_their_source(monkeypatch):
    """What no street was made for is the generator's sound itself: of 60, about one in seven."""
    monkeypatch.setattr(catalogue, "street_scene", lambda rng, x, rate_hz, under: np.zeros_like(x))
    sounds = [street_sound(np.random.default_rng(seed), 1.0, RATE_HZ, "siren", "hi_lo") for seed in range(60)]
    close = [x for x in sounds if x.any()]
    assert 4 <= len(close) <= 16
    assert all(rms_dbfs(x) == pytest.approx(-26, abs=0.1) for x in close)


def test_an_unknown_kind_or_name_is_refused(rng):
    with pytest.raises(ValueError, match="no generated street sound"):
        street_sound(rng, 1, RATE_HZ, "siren", "whistle")


def test_a_passing_source_falls_in_pitch():
    x = np.sin(2 * np.pi * 1000 * times(10, RATE_HZ))
    heard = pass_by(x, RATE_HZ, 25.0, 5.0, 5.0)
    before, after = (
        np.abs(np.fft.rfft(part * np.hanning(len(part)))).argmax() / 2
        for part in (heard[2 * RATE_HZ : 4 * RATE_HZ], heard[6 * RATE_HZ : 8 * RATE_HZ])
    )
    wanted = (1 + 25 / SPEED_OF_SOUND_M_S) / (1 - 25 / SPEED_OF_SOUND_M_S)
    assert before / after == pytest.approx(wanted, rel=0.01)
    loudness = [rms_dbfs(heard[round(t * RATE_HZ) :][:8000]) for t in (1, 4.75, 8.5)]
    assert loudness[1] > loudness[0] + 15 and loudness[1] > loudness[2] + 15


def test_distance_takes_high_frequencies(rng):
    x = rng.standard_normal(RATE_HZ)
    lost_db = [
        20 * np.log10(np.abs(np.fft.rfft(far_away(x, RATE_HZ, 100))[band]).mean() / np.abs(np.fft.rfft(x)[band]).mean())
        for band in (slice(200, 400), slice(3900, 4100))
    ]
    assert lost_db[0] - lost_db[1] == pytest.approx(6, abs=1)


def test_a_ratio_to_the_bed_is_kept(rng):
    x, under = np.sin(2 * np.pi * 500 * times(2, RATE_HZ)).astype(np.float32), bed(rng, 2, RATE_HZ)
    assert rms_dbfs(x) - rms_dbfs(over(x, under, 12) - x) == pytest.approx(12, abs=0.1)

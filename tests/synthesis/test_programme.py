"""Every kind of programme is at a channel's loudness, free of faults, and reproducible from its seed."""

import numpy as np
import pytest

from horuslib.audio.levels import lufs, peak_dbfs, rms_dbfs, tone_share
from horuslib.synthesis import speech
from horuslib.synthesis.programme import KINDS, TALK, level, programme
from tests.conftest import syllables

RATE_HZ = 16000


def needs_espeak(kind):
    if kind in TALK and not speech.available():
        pytest.skip("the espeak-ng command is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_programmes_are_at_the_channels_loudness_and_free_of_faults(kind):
    needs_espeak(kind)
    piece = programme(np.random.default_rng(4), 7.0, RATE_HZ, kind)
    x = piece.samples
    assert piece.kind == kind
    assert x.dtype == np.float32
    assert x.shape == (7 * RATE_HZ,)
    assert lufs(x, RATE_HZ) == pytest.approx(-23, abs=1)
    assert peak_dbfs(x) <= -2.99
    assert tone_share(x, RATE_HZ) < 0.5
    assert min(rms_dbfs(x[i : i + 5 * RATE_HZ]) for i in (0, RATE_HZ, 2 * RATE_HZ)) > -35


@pytest.mark.parametrize("kind", ["interview", "guitar"])
def test_the_same_seed_gives_the_same_programme(kind):
    needs_espeak(kind)
    first, again, other = (programme(np.random.default_rng(s), 3.0, RATE_HZ, kind) for s in (5, 5, 6))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.parts == again.parts
    assert not np.allclose(first.samples, other.samples, atol=0.01)


def test_parts_list_the_components():
    needs_espeak("sport")
    talk, place = programme(np.random.default_rng(5), 3.0, RATE_HZ, "sport").parts
    assert talk.startswith("speech (sport, pt")
    assert place == "place (stadium)"


@pytest.mark.parametrize("kind", ["interview", "report"])
def test_speech_is_louder_than_its_place(kind):
    """With a place 16 dB or more below the speech, the level falls by about as much in pauses."""
    needs_espeak(kind)
    x = programme(np.random.default_rng(1), 8.0, RATE_HZ, kind).samples
    low, high = np.percentile([rms_dbfs(frame) for frame in x.reshape(-1, 800)], [10, 90])
    assert high - low > 16


def test_levelling_reaches_the_target_under_the_ceiling(rng):
    x = level(0.01 * syllables(rng, 4), RATE_HZ, -20)
    assert lufs(x, RATE_HZ) == pytest.approx(-20, abs=0.5)
    assert peak_dbfs(x) <= -2.99

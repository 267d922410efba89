"""The mix has the programme's level, however many channels there are and whatever they carry."""

import numpy as np
import pytest

from horuslib.audio.channels import Mixdown, mix_weights
from horuslib.audio.levels import lufs, rms_dbfs
from tests.conftest import noise, syllables, tone

RATE = 48000
SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")


def mixed(planes, layout, mixdown=None, rate=RATE):
    """Block by block, as a decoder gives them."""
    mixdown = mixdown or Mixdown()
    planes = np.asarray(planes, np.float32)
    return np.concatenate([mixdown.mix(planes[:, k : k + rate], layout, rate) for k in range(0, planes.shape[1], rate)])


def in_channels(layout, **sounds):
    """Planes of a layout, silent but for the channels named (of channels without a name: `c1`, `c2`...)."""
    length = len(next(iter(sounds.values())))
    return np.stack([sounds.get(name, sounds.get(f"c{name}", np.zeros(length))) for name in layout])


@pytest.fixture
def speech(rng):
    return syllables(rng, 10, RATE, -27)


def test_speech_in_the_centre_alone_keeps_its_loudness(speech):
    mix = mixed(in_channels(SURROUND, FC=speech), SURROUND)
    assert lufs(mix, RATE) == pytest.approx(lufs(speech, RATE), abs=0.1)


def test_ambience_around_it_takes_three_decibels_and_not_ten(rng, speech):
    around = {name: noise(rng, 10, RATE, -45) for name in ("FL", "FR", "BL", "BR")}
    mix = mixed(in_channels(SURROUND, FC=speech, **around), SURROUND)
    assert lufs(mix, RATE) == pytest.approx(lufs(speech, RATE) - 2.5, abs=0.7)


@pytest.mark.parametrize("channels", [2, 8, 16])
def test_a_programme_on_two_of_many_channels_is_that_programme(speech, channels):
    numbers = tuple(f"{k + 1}" for k in range(channels))
    mix = mixed(in_channels(numbers, c1=speech, c2=speech), numbers)
    np.testing.assert_allclose(mix, speech, atol=1e-6)


def test_a_stereo_programme_in_surround_is_mixed_as_stereo(rng, speech):
    other = noise(rng, 10, RATE, -30)
    layout = (*SURROUND, "SL", "SR")
    mix = mixed(in_channels(layout, FL=speech, FR=other), layout)
    np.testing.assert_allclose(mix, (speech + other) / 2, atol=1e-6)


@pytest.mark.parametrize("kind", ["mono", "equal", "unrelated", "inverted", "one dead", "surround"])
def test_the_programme_is_louder_than_its_mix_by_what_bs_1770_says(rng, kind):
    left, right = noise(rng, 10, RATE, -26), noise(rng, 10, RATE, -26)
    layout, channels = {
        "mono": (("FC",), [left]),
        "equal": (("FL", "FR"), [left, left]),
        "unrelated": (("FL", "FR"), [left, right]),
        "inverted": (("FL", "FR"), [left, -left]),
        "one dead": (("FL", "FR"), [left, 0 * left]),
        "surround": (("FL", "FR", "FC", "SL", "SR"), [left, right, left, right, left]),
    }[kind]
    mixdown = Mixdown()
    mix = mixed(np.stack(channels), layout, mixdown)
    programme = lufs(np.stack(channels, axis=1), RATE)
    assert mixdown.louder_db == pytest.approx(programme - lufs(mix, RATE), abs=0.3)


@pytest.mark.parametrize("name", ["FL", "FR", "BL"])
def test_a_channel_that_alone_has_sound_keeps_its_level(speech, name):
    np.testing.assert_allclose(mixed(in_channels(SURROUND, **{name: speech}), SURROUND), speech, atol=1e-6)


def test_low_frequency_effects_are_no_programme(rng, speech):
    rumble = noise(rng, 10, RATE, -12)
    np.testing.assert_allclose(mixed(in_channels(SURROUND, FC=speech, LFE=rumble), SURROUND), speech, atol=1e-6)


def test_a_pause_changes_no_weight():
    """A second of silence in one channel of two: the mix goes on as before."""
    sound = tone(6, RATE, 440, -20)
    right = sound.copy()
    right[2 * RATE : 3 * RATE] = 0
    mix = mixed([sound, right], ("FL", "FR"))
    assert rms_dbfs(mix[2 * RATE : 3 * RATE]) == pytest.approx(-26, abs=0.1)


def test_a_channel_that_dies_takes_nothing_with_it():
    sound = tone(8, RATE, 440, -20)
    right = sound.copy()
    right[3 * RATE :] = 0
    mix = mixed([sound, right], ("FL", "FR"))
    assert rms_dbfs(mix[5 * RATE :]) == pytest.approx(-20, abs=0.1)


def test_inverted_polarity_does_not_silence_the_programme(speech):
    right = speech.copy()
    right[3 * RATE : 7 * RATE] *= -1
    mix = mixed([speech, right], ("FL", "FR"))
    upright = np.abs(mix - speech) < 1e-6
    assert upright[: 3 * RATE].all() and upright[4 * RATE :].all() and upright.mean() > 0.93


def test_silence_and_its_floor_are_mixed_with_the_usual_weights(rng):
    floor = [noise(rng, 3, RATE, -80), noise(rng, 3, RATE, -80)]
    np.testing.assert_allclose(mixed(floor, ("FL", "FR")), np.mean(floor, axis=0), atol=1e-6)


def test_weights_of_layouts():
    assert mix_weights(("FC",)).tolist() == [1.0]
    assert mix_weights(("FL", "FR")).tolist() == [0.5, 0.5]
    half, quarter = np.sqrt(0.5), np.sqrt(0.5) / 2
    assert mix_weights(SURROUND).tolist() == pytest.approx([0.5, 0.5, half, 0, quarter, quarter])


def test_many_silent_channels_are_named_in_short(speech):
    numbers = tuple(f"{k + 1}" for k in range(16))
    mixdown = Mixdown()
    mixed(in_channels(numbers, c1=speech, c2=speech), numbers, mixdown)
    (note,) = [x for x in mixdown.notes() if "silent" in x]
    assert "3 (-inf dBFS)" in note and "and 10 more" in note and "16 (" not in note

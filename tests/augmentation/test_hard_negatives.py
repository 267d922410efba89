"""Hard negatives stay outside the bounds of the fault classes."""

import numpy as np
import pytest

from horuslib.audio import levels
from horuslib.augmentation.echoes import CLEAR_C50_DB, FAINT_ECHO_DB
from horuslib.augmentation.hard_negatives import (
    KINDS,
    AddBed,
    AddFaintEcho,
    AddFaintNoise,
    AddLittleRoom,
    BedInFront,
    Fade,
    Pause,
    Signals,
)
from horuslib.synthesis import speech
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES
from tests.conftest import noise, slow_but, syllables

TRANSFORMS = [AddBed, AddFaintEcho, AddFaintNoise, AddLittleRoom, BedInFront, Fade, Pause, Signals]


def test_faint_noise_stays_30_db_under_the_programme(rng):
    x = syllables(rng, level_dbfs=-23)
    for seed in range(10):
        added = AddFaintNoise(seed=seed)(x, 16000) - x
        assert 30 < levels.active_dbfs(x, 16000) - levels.rms_dbfs(added) < 56


def test_a_small_room_has_short_rt60_and_high_c50():
    click = np.zeros(32000, np.float32)
    click[0] = 1
    for seed in range(10):
        response = AddLittleRoom(running_share=0.0, seed=seed)(click, 16000)
        assert levels.rt60_s(response, 16000) < 0.75
        assert levels.c50_db(response, 16000) >= CLEAR_C50_DB - 0.1


def test_a_small_room_has_high_c50_whatever_its_direct_sound():
    """At a direct-to-reverberant ratio of -10 dB most rooms of 0.5 s have a low C50; those are drawn again."""
    click = np.zeros(32000, np.float32)
    click[0] = 1
    for seed in range(10):
        response = AddLittleRoom(0.3, 0.5, -10, 8, running_share=0.0, seed=seed)(click, 16000)
        assert levels.c50_db(response, 16000) >= CLEAR_C50_DB - 0.1


def test_a_hall_with_a_close_microphone_is_no_fault():
    fault = AddLittleRoom(2.0, 4.0, 10.0, 15.0, running_share=0.0, seed=1)
    click = np.zeros(80000, np.float32)
    click[0] = 1
    response = fault(click, 16000)
    assert levels.rt60_s(response, 16000) > 1 and levels.c50_db(response, 16000) >= CLEAR_C50_DB - 0.1


def test_a_faint_echo_stays_below_its_bound():
    click = np.zeros(48000, np.float32)
    click[0] = 1
    for seed in range(30):
        response = np.abs(AddFaintEcho(seed=seed)(click, 16000).astype(float))
        assert 20 * np.log10(response[1:].max() / response[0]) < FAINT_ECHO_DB + 0.1


@pytest.mark.parametrize("kind", slow_but(KINDS, ("rain", "guitar", "speech")))
def test_a_bed_has_the_drawn_ratio(rng, kind):
    if kind == "speech" and not speech.available():
        pytest.skip("the espeak-ng command is not installed")
    x = syllables(rng, level_dbfs=-23)
    for seed in range(2):
        transform = AddBed(kinds=(kind,), seed=seed)
        bed = transform(x, 16000) - x
        ratio_db = levels.active_dbfs(x, 16000) - levels.active_dbfs(bed, 16000)
        assert ratio_db == pytest.approx(transform.parameters["bed_db"], abs=0.1)
        assert 5 <= ratio_db <= 20.1


@pytest.mark.parametrize("kind", slow_but((*BEDS, *STYLES), ("rain", "guitar")))
def test_a_bed_in_front_has_the_programmes_level(rng, kind):
    """The programme is attenuated by the drawn ratio; the mix is about as loud as the original programme."""
    x = syllables(rng, level_dbfs=-23)
    for seed in range(2):
        transform = BedInFront(kinds=(kind,), seed=seed)
        made = transform(x, 16000)
        under_db = transform.parameters["bed_db"]
        assert -25 <= under_db <= -3
        front = made - x * np.float32(10 ** (under_db / 20))
        ratio_db = levels.active_dbfs(x, 16000) + under_db - levels.active_dbfs(front, 16000)
        assert ratio_db == pytest.approx(under_db, abs=0.1)
        assert levels.active_dbfs(made, 16000) == pytest.approx(levels.active_dbfs(x, 16000), abs=3)


def test_no_bed_lies_under_silence():
    x = np.zeros(80000, np.float32)
    assert np.array_equal(AddBed(kinds=("rain",), seed=0)(x, 16000), x)
    assert np.array_equal(Pause(seed=0)(x, 16000), x)


def test_without_espeak_beds_do_not_speak(rng, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    x = syllables(rng)
    transform = AddBed(kinds=("speech", "rain"))
    for _ in range(10):
        transform(x, 16000)
        assert transform.parameters["kind"] == "rain"


def test_a_fade_leaves_most_of_the_sound_and_its_loudness(rng):
    """Less than a third is attenuated by 20 dB or more, so that the segment is neither silent nor too quiet."""
    x = noise(rng, level_dbfs=-23)
    for seed in range(20):
        transform = Fade(seed=seed)
        y = transform(x, 16000)
        lost_db = np.array(
            [
                levels.rms_dbfs(a) - levels.rms_dbfs(b)
                for a, b in zip(x.reshape(-1, 800), y.reshape(-1, 800), strict=True)
            ]
        )
        assert np.mean(lost_db > 20) < 0.3
        assert np.mean(lost_db > 0.1) == pytest.approx(transform.parameters["fade_share"], abs=0.1)
        assert (lost_db[0] > lost_db[-1]) == transform.parameters["fades_in"]
        assert levels.lufs(y, 16000) > levels.lufs(x, 16000) - 5


def test_a_pause_holds_room_tone_and_is_short(rng):
    x = noise(rng, level_dbfs=-23)
    for seed in range(20):
        transform = Pause(seed=seed)
        y = transform(x, 16000)
        frames = np.array([levels.rms_dbfs(frame) for frame in y.reshape(-1, 800)])
        assert np.mean(frames < -50) < 0.4
        p = transform.parameters
        start_s, end_s = p["pause_start_s"] + p["edge_s"], p["pause_start_s"] + p["pause_s"] - p["edge_s"]
        inside = y[round(16000 * start_s) : round(16000 * end_s)]
        assert levels.rms_dbfs(inside) == pytest.approx(-23 + p["tone_db"], abs=4)
        assert levels.lufs(y, 16000) > levels.lufs(x, 16000) - 3


@pytest.mark.parametrize("seconds", [3, 5])
def test_signals_are_no_line_up_tone_no_silence_and_no_low_volume(rng, seconds):
    """A bleep of 1 kHz takes less than half of a segment; dialling and alerts hold no steady 1 kHz at all."""
    x, kinds = syllables(rng, seconds, level_dbfs=-23), set()
    for seed in range(40):
        transform = Signals(seed=seed)
        y = transform(x, 16000)
        p = transform.parameters
        kinds.add(p["kind"])
        frames = y[: len(y) // 1600 * 1600].reshape(-1, 1600)
        power = np.abs(np.fft.rfft(frames * np.hanning(1600))) ** 2
        near_1khz = power[:, 97:104].sum(axis=1) > 0.9 * power.sum(axis=1)  # bins of 10 Hz
        assert near_1khz.mean() <= (0.45 if p["kind"] == "bleep" else 0.05)
        if p["kind"] == "bleep":
            assert 0.2 <= p["length_s"] <= 2 and near_1khz.sum() * 0.1 == pytest.approx(p["length_s"], abs=0.25)
        assert abs(levels.lufs(y, 16000) - levels.lufs(x, 16000)) < 8 and np.abs(y).max() <= 1
        first, n = round(p["signal_start_s"] * 16000), round(p["length_s"] * 16000)
        assert np.array_equal(y[:first], x[:first]) and np.array_equal(y[first + n :], x[first + n :])
    assert kinds == {"bleep", "dialling", "alert"}


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transforms_are_reproducible_from_their_seed(rng, transform):
    x = syllables(rng)
    first, again, other = (transform(seed=seed)(x, 16000) for seed in (3, 3, 4))
    assert first.dtype == np.float32 and first.shape == x.shape and np.isfinite(first).all()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AddFaintNoise(10, 40), "faint noise goes from 10 to 40"),
        (lambda: AddFaintEcho(max_gain_db=-6), "faint echo goes from -30.0 to -6"),
        (lambda: AddBed(kinds=("moon",)), r"kinds are \('moon',\)"),
        (lambda: AddBed(20, 5), "programme to bed goes from 20 to 5"),
        (lambda: BedInFront(-5, 5), "programme to foreground goes from -5 to 5"),
        (lambda: Fade(0.1, 0.9), "share of a fade goes from 0.1 to 0.9"),
        (lambda: Pause(2, 1), "pause goes from 2 to 1"),
        (lambda: Signals(kinds=("siren",)), r"kinds are \('siren',\)"),
    ],
)
def test_constructors_check_what_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()

"""Every fault is the fault it is called, measured by its definition."""

import numpy as np
import pytest

from horuslib.sound import levels
from horuslib.sound.faults import HISSES, SILENCES, AddEcho, AddHiss, AddRoom, LowerVolume, Silence, TestTone
from tests.conftest import noise, syllables, tone

RATES = [16000, 22050]
FAULTS = [AddHiss, AddRoom, AddEcho, LowerVolume, TestTone, Silence]
DRAWS = 12


@pytest.fixture
def speech(rng):
    return syllables(rng, level_dbfs=-23)


def click(seconds=5.0, rate=16000):
    x = np.zeros(round(seconds * rate), np.float32)
    x[0] = 1
    return x


@pytest.mark.parametrize("fault", FAULTS)
def test_seeds_decide_everything(speech, fault):
    first, again, other = (fault(seed=seed)(speech, 16000) for seed in (7, 7, 8))
    assert first.dtype == np.float32 and first.shape == speech.shape
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.isfinite(first).all()


@pytest.mark.parametrize("kind", HISSES)
def test_hiss_is_steady_broadband_and_as_strong_as_drawn(speech, kind):
    """SNR within the asked range, against speech that is there 40 % of the time, and level steady within 1.5 dB."""
    for seed in range(DRAWS):
        fault = AddHiss(5, 15, kinds=(kind,), seed=seed)
        added = fault(speech, 16000) - speech
        snr_db = levels.active_dbfs(speech, 16000) - levels.rms_dbfs(added)
        assert snr_db == pytest.approx(fault.parameters["snr_db"], abs=0.05)
        assert 5 <= snr_db <= 15
        assert levels.modulation_db(added, 16000) < 1.5
        power = np.abs(np.fft.rfft(added)) ** 2
        band = [power[round(5 * low) : round(5 * high)].sum() / power.sum() for low, high in ((0, 8000), (300, 8000))]
        assert band[1] > 0.3 * band[0], "more than hum or rumble"
        strongest = max(power[5 * hz : 5 * (hz + 250)].sum() for hz in range(300, 7750, 250))
        assert strongest < 0.35 * power.sum(), "no tone"


def test_colours_of_hiss_tilt_as_they_should(speech):
    """Power at 2-4 kHz over 500-1000 Hz: white has 4 times the bandwidth (+6 dB), pink 0 dB, tape +12 dB."""
    for kind, expected_db in (("white", 6.0), ("pink", 0.0), ("tape", 12.0)):
        power = np.abs(np.fft.rfft(AddHiss(kinds=(kind,), seed=1)(speech, 16000) - speech)) ** 2
        tilt_db = 10 * np.log10(power[10000:20000].sum() / power[2500:5000].sum())
        assert tilt_db == pytest.approx(expected_db, abs=0.5), kind


@pytest.mark.parametrize("rate", RATES)
def test_a_faulty_room_rings_and_blurs(rate):
    """Through the transform, a click gives the room itself: RT60 over 0.6 s and C50 within 8 dB."""
    for seed in range(DRAWS):
        fault = AddRoom(running_share=0.0, seed=seed)
        response = fault(click(rate=rate), rate)
        assert levels.rt60_s(response, rate) > 0.6
        assert levels.rt60_s(response, rate) == pytest.approx(fault.parameters["rt60_s"], rel=0.3)
        assert levels.c50_db(response, rate) <= 8.1
        assert levels.c50_db(response, rate) == pytest.approx(fault.parameters["c50_db"], abs=0.1)


def test_a_room_that_cannot_blur_is_refused(speech):
    with pytest.raises(ValueError, match=r"RT60 of 0.1 to 0.2 s .* 20 to 30 dB has a C50 of -30.0 to 8.0 dB"):
        AddRoom(0.1, 0.2, 20, 30)(speech, 16000)


@pytest.mark.parametrize("rate", RATES)
def test_an_echo_is_heard_at_its_delay(rng, rate):
    """In the autocorrelation of white noise with an echo, the first peak stands at the delay."""
    x = noise(rng, sample_rate_hz=rate)
    for seed in range(DRAWS):
        fault = AddEcho(seed=seed)
        y = fault(x, rate).astype(float)
        spectrum = np.abs(np.fft.rfft(y, 2 * len(y))) ** 2
        correlation = np.fft.irfft(spectrum)[: 2 * rate]
        shortest = round(0.05 * rate)
        found_s = (shortest + np.argmax(correlation[shortest:])) / rate
        multiple = round(found_s / fault.parameters["delay_s"])
        assert 1 <= multiple <= fault.parameters["repeats"]
        assert found_s / multiple == pytest.approx(fault.parameters["delay_s"], abs=0.001)
        assert correlation[round(found_s * rate)] > 0.1 * correlation[0]


@pytest.mark.parametrize("fault", [AddRoom, AddEcho])
def test_rooms_and_echoes_keep_the_loudness(speech, fault):
    assert levels.lufs(fault(seed=2)(speech, 16000), 16000) == pytest.approx(levels.lufs(speech, 16000), abs=2)


def test_low_volume_is_too_quiet_but_there(speech):
    """14 dB and more under -23 LUFS, and over -60 dBFS RMS; raised again, it is the programme, sample by sample."""
    for seed in range(DRAWS):
        fault = LowerVolume(seed=seed)
        quiet = fault(speech, 16000)
        assert -56 < levels.lufs(quiet, 16000) <= -37
        assert levels.lufs(quiet, 16000) == pytest.approx(fault.parameters["lufs"], abs=1.5)
        assert levels.rms_dbfs(quiet) > -58
        gain = levels.rms(speech) / levels.rms(quiet)
        assert np.allclose(quiet * gain, speech, atol=1e-5)


def test_low_volume_never_raises():
    already = tone(level_dbfs=-45)
    assert np.array_equal(LowerVolume(-38.5, -38)(already, 16000), already)


@pytest.mark.parametrize("level_dbfs", [-60, -90])
def test_muted_sound_never_becomes_low_volume(rng, level_dbfs):
    with pytest.raises(ValueError, match="nothing audible to lower"):
        LowerVolume()(noise(rng, level_dbfs=level_dbfs), 16000)
    with pytest.raises(ValueError, match="nothing audible to lower: -inf LUFS"):
        LowerVolume()(np.zeros(80000, np.float32), 16000)


@pytest.mark.parametrize("rate", RATES)
def test_a_line_up_tone_is_1_khz_at_its_level(speech, rate):
    for seed in range(DRAWS):
        fault = TestTone(seed=seed)
        y = fault(speech, rate)
        assert levels.tone_share(y, rate) > 0.97
        spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), 8 * len(y)))
        assert 989.5 < np.argmax(spectrum) * rate / (8 * len(y)) < 1010.5
        sine_peak_dbfs = levels.active_dbfs(y, rate, 1) + 3.01
        assert sine_peak_dbfs == pytest.approx(fault.parameters["dbfs"], abs=0.3)
        assert -30.3 < sine_peak_dbfs < -2.7


def test_idents_are_interrupted_for_250_ms_every_3_s(speech):
    """How long the level lies 3 dB under the tone's, in 5 s: one or two interruptions, of 6 dB or entirely."""
    kinds = set()
    for seed in range(40):
        fault = TestTone(seed=seed)
        level_db = [levels.rms_dbfs(frame) for frame in fault(speech, 16000).reshape(-1, 160)]
        low = np.array(level_db) < np.median(level_db) - 3
        if fault.parameters["interruption"] == "none":
            assert not low.any()
            continue
        runs = np.flatnonzero(np.diff(np.concatenate([[0], low, [0]])))
        lengths_s, starts_s = np.diff(runs)[::2] / 100, runs[::2] / 100
        assert 1 <= len(starts_s) <= 2
        assert max(lengths_s) <= 0.26
        if len(starts_s) == 2 and starts_s[0] > 0:
            assert np.diff(starts_s)[0] == pytest.approx(3, abs=0.02)
        kinds.add(fault.parameters["interruption"])
    assert kinds == {"one_channel", "both_channels"}


@pytest.mark.parametrize("kind", SILENCES)
def test_silence_is_under_the_floor_and_steady(speech, kind):
    for seed in range(DRAWS):
        y = Silence(kinds=(kind,), seed=seed)(speech, 16000)
        assert levels.rms_dbfs(y) <= -60
        assert levels.lufs(y, 16000) <= -60
        assert levels.peak(y) < 0.01
        assert levels.modulation_db(y, 16000) < 1.5
    assert (levels.rms(y) == 0) == (kind == "zero")


def test_dither_is_that_of_16_bit(speech):
    """Triangular dither of one quantisation step either way: RMS q / sqrt(6)."""
    y = Silence(kinds=("dither",), seed=0)(speech, 16000)
    assert levels.rms(y) == pytest.approx(2**-15 / np.sqrt(6), rel=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AddHiss(20, 0), "signal-to-noise ratio goes from 20 to 0"),
        (lambda: AddHiss(kinds=("blue",)), r"kinds are \('blue',\); known ones are"),
        (lambda: AddRoom(min_rt60_s=0.01), "RT60 goes from 0.01"),
        (lambda: AddEcho(min_delay_s=0.01), "within 0.06 to 2"),
        (lambda: AddEcho(max_gain_db=6), "gain of a repeat goes from -8.0 to 6"),
        (lambda: LowerVolume(-30, -40), "loudness goes from -30 to -40"),
        (lambda: TestTone(max_dbfs=3), "level goes from -30.0 to 3"),
        (lambda: Silence(max_dbfs=-20), "level goes from -96.0 to -20"),
        (lambda: Silence(kinds=()), r"kinds are \(\)"),
    ],
)
def test_constructors_check_what_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()

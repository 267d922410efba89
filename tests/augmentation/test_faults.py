"""Every fault meets the definition of its class."""

import numpy as np
import pytest

from horuslib.audio import levels
from horuslib.augmentation.channel import CodecRoundTrip
from horuslib.augmentation.echoes import AddEcho, AddRoom
from horuslib.augmentation.faults import SILENCES, AddHiss, LowerVolume, Silence, TestTone
from horuslib.synthesis.noise import HISSES, UNSTEADY
from tests.conftest import noise, syllables, tone

RATES = [16000, 22050]
FAULTS = [AddHiss, AddRoom, AddEcho, LowerVolume, TestTone, Silence]
DRAWS = 12


@pytest.fixture
def speech(rng):
    return syllables(rng, level_dbfs=-23)


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_reproducible_from_their_seed(speech, fault):
    first, again, other = (fault(seed=seed)(speech, 16000) for seed in (7, 7, 8))
    assert first.dtype == np.float32 and first.shape == speech.shape
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.isfinite(first).all()


@pytest.mark.parametrize("kind", HISSES)
def test_hiss_is_steady_broadband_and_at_the_drawn_ratio(speech, kind):
    """SNR within the requested range, with speech active 40 % of the time; level steady within 1.5 dB, or 4.5."""
    for seed in range(DRAWS):
        fault = AddHiss(5, 15, kinds=(kind,), seed=seed)
        added = fault(speech, 16000) - speech
        snr_db = levels.active_dbfs(speech, 16000) - levels.rms_dbfs(added)
        assert snr_db == pytest.approx(fault.parameters["snr_db"], abs=0.05)
        assert 5 <= snr_db <= 15
        assert levels.modulation_db(added, 16000) < (4.5 if kind in UNSTEADY else 1.5)
        power = np.abs(np.fft.rfft(added)) ** 2
        band = [power[round(5 * low) : round(5 * high)].sum() / power.sum() for low, high in ((0, 8000), (300, 8000))]
        assert band[1] > 0.3 * band[0], "more than hum or rumble"
        strongest = max(power[5 * hz : 5 * (hz + 250)].sum() for hz in range(300, 7750, 250))
        assert strongest < 0.35 * power.sum(), "no tone"


def test_colours_of_hiss_have_their_spectral_tilt(speech):
    """Power at 2-4 kHz over 500-1000 Hz: white has 4 times the bandwidth (+6 dB), pink 0 dB, tape +12 dB."""
    for kind, expected_db in (("white", 6.0), ("pink", 0.0), ("tape", 12.0)):
        power = np.abs(np.fft.rfft(AddHiss(kinds=(kind,), seed=1)(speech, 16000) - speech)) ** 2
        tilt_db = 10 * np.log10(power[10000:20000].sum() / power[2500:5000].sum())
        assert tilt_db == pytest.approx(expected_db, abs=0.5), kind


def test_fading_hiss_has_the_drawn_ratio_outside_its_fade(speech):
    """During its fade-in the noise rises to its level from 30 dB below; the rest has the full level."""
    ends = []
    for seed in range(DRAWS):
        fault = AddHiss(10, 10, kinds=("white",), fading_share=1.0, seed=seed)
        added = (fault(speech, 16000) - speech).reshape(-1, 800)
        level_db = np.array([levels.rms_dbfs(frame) for frame in added])
        level_db = level_db if fault.parameters["fades_in"] else level_db[::-1]
        full = levels.active_dbfs(speech, 16000) - 10
        faded = fault.parameters["fade_share"]
        assert 0.1 <= faded <= 0.4
        assert level_db[int(100 * faded) + 1 :] == pytest.approx(full, abs=1)
        assert level_db[0] < full - 20
        ends.append(fault.parameters["fades_in"])
    assert len(set(ends)) == 2


def test_low_volume_is_too_quiet_but_no_silence(speech):
    """14 dB or more below -23 LUFS, and over -60 dBFS RMS; amplified, it equals the programme."""
    for seed in range(DRAWS):
        fault = LowerVolume(seed=seed)
        quiet = fault(speech, 16000)
        assert -56 < levels.lufs(quiet, 16000) <= -37
        assert levels.lufs(quiet, 16000) == pytest.approx(fault.parameters["lufs"], abs=1.5)
        assert levels.rms_dbfs(quiet) > -58
        gain = levels.rms(speech) / levels.rms(quiet)
        assert np.allclose(quiet * gain, speech, atol=1e-5)


def test_low_volume_never_amplifies():
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


@pytest.mark.slow
def test_a_distorted_tone_stays_a_tone_after_a_codec(speech):
    """Harmonics of up to 3 %, as of a line-up tone from a worn tape, followed by AAC or MP3."""
    distortion = []
    for seed in range(DRAWS):
        fault = TestTone(seed=seed)
        y = fault(speech, 16000)
        spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
        harmonics = max(spectrum[9700:10300].max(), spectrum[14500:15500].max()) / spectrum[4900:5100].max()
        distortion.append(20 * np.log10(harmonics))
        assert levels.tone_share(CodecRoundTrip(seed=seed)(y, 16000), 16000) > 0.97
    assert max(distortion) < -29
    assert min(distortion) < -45


def test_idents_are_interrupted_for_250_ms_every_3_s(speech):
    """Duration of level drops of 3 dB or more in 5 s: one or two interruptions, of 6 dB or complete."""
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
        (lambda: LowerVolume(-30, -40), "loudness goes from -30 to -40"),
        (lambda: TestTone(max_dbfs=3), "level goes from -30.0 to 3"),
        (lambda: Silence(max_dbfs=-20), "level goes from -96.0 to -20"),
        (lambda: Silence(kinds=()), r"kinds are \(\)"),
    ],
)
def test_constructors_check_what_they_are_given(make, message):
    with pytest.raises(ValueError, match=message):
        make()

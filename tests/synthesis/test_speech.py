"""Portuguese speech in varied voices; text is never executed."""

import numpy as np
import pytest

from horuslib.audio.levels import rms_dbfs
from horuslib.core.errors import UserError
from horuslib.synthesis import speech

needs_espeak = pytest.mark.skipif(not speech.available(), reason="the espeak-ng command is not installed")


def test_there_are_enough_sentences_and_no_two_alike():
    lines = [line for topic in speech.sentences().values() for line in topic]
    assert len(lines) >= 40
    assert len(set(lines)) == len(lines)
    assert sum(any(letter in line for letter in "ãçéíóúâêô") for line in lines) > len(lines) / 2


def test_without_espeak_the_error_says_what_to_install(rng, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="install espeak-ng"):
        speech.speech(rng, 2, 16000)


@needs_espeak
def test_speech_has_pauses_and_is_reproducible():
    first, again, other = (speech.speech(np.random.default_rng(seed), 6, 16000) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert first.shape == other.shape == (96000,)
    assert not np.allclose(first, other)
    frames = np.array([rms_dbfs(frame) for frame in first.reshape(-1, 800)])
    assert np.mean(frames > -35) > 0.4, "somebody speaks"
    quiet = "".join("-" if frame < -45 else "#" for frame in frames)
    assert "----" in quiet.strip("-"), "with a pause between two sentences"


@needs_espeak
def test_voices_differ_in_pitch_and_formants():
    text = speech.sentences()["news"][1]
    centroids = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        spectrum = np.abs(np.fft.rfft(speech.utterance(rng, text, speech.draw_voice(rng), 16000))) ** 2
        centroids.append(np.sum(spectrum * np.linspace(0, 8000, len(spectrum))) / spectrum.sum())
    assert np.ptp(centroids) > 300


@needs_espeak
@pytest.mark.parametrize("text", ["$(touch spoken) `touch spoken`; touch spoken", "-w spoken", "<break/> & 'aspas' \""])
def test_text_is_never_executed(rng, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    samples, sample_rate_hz = speech.say(text, speech.draw_voice(rng))
    assert len(samples) > 0.2 * sample_rate_hz
    assert list(tmp_path.iterdir()) == []


@needs_espeak
def test_whispering_is_unvoiced_and_shouting_high_pitched():
    """Voiced speech has a high autocorrelation at lags of 2 to 13 ms, whispering a low one."""
    periodic = {manner: [] for manner in speech.MANNERS}
    for manner, found in periodic.items():
        for seed in range(4):
            rng = np.random.default_rng(seed)
            spoken = speech.utterance(rng, speech.sentences()["news"][1], speech.draw_voice(rng, manner=manner), 16000)
            frames = spoken[: len(spoken) // 1024 * 1024].reshape(-1, 1024)
            frames = frames[np.std(frames, axis=1) > 0.3 * np.std(spoken)] * np.hanning(1024)
            power = np.fft.irfft(np.abs(np.fft.rfft(frames, 2048)) ** 2)
            found.append(np.median(power[:, 32:210].max(1) / power[:, 0]))
    assert max(periodic["whispered"]) < min(periodic["spoken"])
    voices = [speech.draw_voice(np.random.default_rng(seed), manner="shouted") for seed in range(8)]
    assert min(voice.pitch for voice in voices) > 67
    with pytest.raises(ValueError, match="manner is 'sung'"):
        speech.draw_voice(np.random.default_rng(0), manner="sung")

"""Of several audio tracks the first with sound is heard, or the one asked for."""

import numpy as np
import pytest

from horuslib.audio.media import MediaError, read_audio, read_excerpt, stream_audio
from tests.audio.channels.test_coded import dolby_e_bursts
from tests.audio.test_media import both, write
from tests.conftest import tone

RATE = 16000


def hz(samples):
    return np.abs(np.fft.rfft(samples[: 2 * RATE])).argmax() / 2


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Two silent tracks, one of 440 Hz and one of 2 kHz."""
    silence = np.zeros((1, 4 * 48000), np.float32)
    sounds = [silence, silence, tone(4, 48000, 440, -20)[None], tone(4, 48000, 2000, -30)[None]]
    return write(tmp_path_factory.mktemp("tracks") / "four.mov", sounds, 48000, "pcm_s16le", "mono")


def test_the_first_with_sound_is_heard_and_the_others_are_noted(four):
    audio = read_audio(four, RATE)
    assert hz(audio.samples) == pytest.approx(440, abs=1)
    assert "4 audio tracks; track 3 is used, the first that carries sound" in audio.notes
    (others,) = [note for note in audio.notes if note.startswith("not heard")]
    assert "track 1 (" in others and "silent" in others and "track 4 (" in others and "-30 dBFS" in others


def test_the_track_asked_for_is_heard(four):
    notes = []
    blocks = list(stream_audio(four, RATE, notes=notes, track=4))
    assert hz(np.concatenate(blocks)) == pytest.approx(2000, abs=1)
    assert [x["track"] for x in notes if isinstance(x, dict) and x["heard"]] == [4]
    assert "4 audio tracks; track 4 is used, as asked" in notes
    assert hz(read_excerpt(four, 1, 3.5, RATE, track=4)) == pytest.approx(2000, abs=1)


def test_a_track_that_is_not_there(four):
    with pytest.raises(MediaError, match="has 4 audio tracks, and no track 5"):
        read_audio(four, RATE, track=5)


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "aac"), ("ts", "mp2"), ("mxf", "pcm_s16le")])
def test_sound_that_begins_late_in_the_first_track_is_found(tmp_path, suffix, codec):
    late = both(tone(30, 48000, 440, -20))
    late[:, : 12 * 48000] = 0
    path = write(tmp_path / f"x.{suffix}", [late, both(tone(30, 48000, 2000))], 48000, codec, picture="mpeg2video")
    audio = read_audio(path, RATE)
    assert hz(audio.samples[20 * RATE :]) == pytest.approx(440, abs=1)


def test_where_all_are_silent_the_first_is_heard(tmp_path):
    silence = np.zeros((2, 2 * 48000), np.float32)
    audio = read_audio(write(tmp_path / "x.mkv", [silence, silence], 48000, "aac"), RATE)
    assert "2 audio tracks; the first is used" in audio.notes and not np.abs(audio.samples).max() > 1e-3


def test_pcm_is_heard_before_a_track_of_coded_audio(tmp_path):
    """Two mono tracks that carry the halves of a coded pair, then the programme."""
    dolby_e = dolby_e_bursts()
    programme = tone(dolby_e.shape[1] / 48000, 48000, 440, -20)[None]
    path = write(tmp_path / "x.mov", [dolby_e[:1], dolby_e[1:], programme], 48000, "pcm_s24le", "mono")
    audio = read_audio(path, RATE)
    assert hz(audio.samples) == pytest.approx(440, abs=1)
    assert "not heard: track 1 (coded audio), track 2 (coded audio)" in audio.notes

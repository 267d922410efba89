"""What another process decodes is what this one would."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from horuslib.audio.decoder import Decoder, decoders
from horuslib.audio.media import MediaError, NoAudioStream, stream_audio
from tests.audio.test_media import write, write_wav
from tests.conftest import noise, tone
from tests.inference.test_scan import write_silent_film

RATE = 16000


@pytest.fixture(scope="module")
def decoder():
    with decoders(1) as (only,):
        yield only


def heard(decode, path):
    notes = []
    return np.concatenate(list(decode(path, RATE, 1.0, notes))), notes


def pid(decoder):
    return decoder._process.pid


def test_it_gives_the_same_sound_and_notes(decoder, tmp_path, rng):
    pair = np.stack([noise(rng, 3.3, 48000), np.zeros(round(3.3 * 48000), np.float32)])
    path = write(tmp_path / "Ação 1.mp4", [pair], 48000, "aac", picture="mpeg4")
    (here, notes), (there, their_notes) = heard(stream_audio, path), heard(decoder.stream_audio, path)
    assert their_notes == notes and "silent channel FR" in notes[0]
    np.testing.assert_array_equal(there, here)


def test_its_errors_are_those_of_the_file(decoder, tmp_path):
    film, text = write_silent_film(tmp_path / "film.mp4"), tmp_path / "text.mp4"
    text.write_text("no sound")
    with pytest.raises(NoAudioStream, match=r"film\.mp4 has a picture") as raised:
        heard(decoder.stream_audio, film)
    assert raised.value.duration_s == pytest.approx(4, abs=0.2)
    with pytest.raises(MediaError, match=r"text\.mp4 cannot be opened"):
        heard(decoder.stream_audio, text)
    with pytest.raises(MediaError, match=r"gone\.mp4 is not a file"):
        heard(decoder.stream_audio, tmp_path / "gone.mp4")


def test_a_file_that_kills_it_is_an_error_and_the_next_one_is_read(tmp_path):
    path = write_wav(tmp_path / "x.wav", np.stack([tone(60, 48000)] * 2), 48000)
    with decoders(1) as (decoder,):
        sound = decoder.stream_audio(path, RATE, 1.0, [])
        next(sound)
        os.kill(pid(decoder), signal.SIGKILL)
        with pytest.raises(MediaError, match=r"x\.wav: FFmpeg dies of it \(SIGKILL\)"):
            list(sound)
        assert len(heard(decoder.stream_audio, path)[0]) == 60 * RATE


def test_whoever_stops_early_may_ask_for_another_file(tmp_path):
    long = write_wav(tmp_path / "long.wav", np.stack([tone(60, 48000)] * 2), 48000)
    short = write_wav(tmp_path / "short.wav", np.stack([tone(2, 48000)] * 2), 48000)
    with decoders(1) as (decoder,):
        sound = decoder.stream_audio(long, RATE, 1.0, [])
        next(sound)
        sound.close()
        assert len(heard(decoder.stream_audio, short)[0]) == 2 * RATE


def test_it_ends_with_whoever_asked(tmp_path):
    """Also when that one is killed, and in the middle of a file."""
    path = write_wav(tmp_path / "x.wav", np.stack([tone(60, 48000)] * 2), 48000)
    asking = f"""
import time
from horuslib.audio.decoder import Decoder
idle, busy = Decoder(), Decoder()
next(busy.stream_audio({str(path)!r}, {RATE}, 1.0, []))
print(idle._process.pid, busy._process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", asking], stdout=subprocess.PIPE, text=True) as asker:
        pids = [int(word) for word in asker.stdout.readline().split()]
        asker.kill()
    until = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(pids) == 2 and not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_closing_ends_the_process():
    decoder = Decoder()
    decoder.close()
    assert not os.path.exists(f"/proc/{pid(decoder)}")

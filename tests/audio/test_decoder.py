"""A decoding process returns the same samples, notes and errors as decoding in this process."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bench._programmes import programme, without_sound
from horuslib.audio.decoder import Decoder, decoder_pool, decoders
from horuslib.audio.media import MediaError, NoAudioStream, read_audio, stream_audio
from tests.audio.test_media import write, write_wav
from tests.conftest import noise, tone
from tests.inference.test_scan import write_silent_film

RATE = 16000


@pytest.fixture(scope="module")
def decoder():
    with decoders(1) as (only,):
        yield only


def decode(stream, path):
    notes = []
    return np.concatenate(list(stream(path, RATE, 1.0, notes))), notes


def pid(decoder):
    return decoder._process.pid


def test_sound_and_notes_are_the_same(decoder, tmp_path, rng):
    pair = np.stack([noise(rng, 3.3, 48000), np.zeros(round(3.3 * 48000), np.float32)])
    path = write(tmp_path / "Ação 1.mp4", [pair], 48000, "aac", picture="mpeg4")
    (expected, notes), (decoded, its_notes) = decode(stream_audio, path), decode(decoder.stream_audio, path)
    assert its_notes == notes and "silent channel FR" in notes[0]
    np.testing.assert_array_equal(decoded, expected)


def test_lost_sound_is_known_before_its_silence_and_with_a_whole_recording(decoder, tmp_path):
    path = without_sound(programme(tmp_path / "base.ts", 14.0), tmp_path / "x.ts", 4, 9)
    lost, given_s = [], 0.0
    for block in decoder.stream_audio(path, RATE, 1.0, [], lost):
        given_s += len(block) / RATE
        assert not given_s > 5 or lost
    expected, audio = read_audio(path, RATE), decoder.read_audio(path, RATE)
    assert tuple(lost) == audio.lost == expected.lost == ((pytest.approx(4, abs=0.1), pytest.approx(9, abs=0.1)),)
    np.testing.assert_array_equal(audio.samples, expected.samples)
    assert (audio.notes, audio.channels, audio.source_rate_hz) == (expected.notes, 2, 48000)


def test_a_pool_serves_several_threads_and_survives_a_crash(tmp_path, rng):
    paths = [write_wav(tmp_path / f"{k}.wav", noise(rng, 1 + k, RATE)[None], RATE, layout="mono") for k in range(6)]
    with decoder_pool(2) as decode, ThreadPoolExecutor(4) as threads:
        assert [a.duration_s for a in threads.map(lambda p: decode(p, RATE), paths)] == [1, 2, 3, 4, 5, 6]
        with pytest.raises(MediaError, match="is not a file"):
            decode(tmp_path / "gone.wav", RATE)
        assert decode(paths[0], RATE).duration_s == 1


def test_errors_of_the_file_are_passed_on(decoder, tmp_path):
    film, text = write_silent_film(tmp_path / "film.mp4"), tmp_path / "text.mp4"
    text.write_text("no sound")
    with pytest.raises(NoAudioStream, match=r"film\.mp4 has a picture") as raised:
        decode(decoder.stream_audio, film)
    assert raised.value.duration_s == pytest.approx(4, abs=0.2)
    with pytest.raises(MediaError, match=r"text\.mp4 cannot be opened"):
        decode(decoder.stream_audio, text)
    with pytest.raises(MediaError, match=r"gone\.mp4 is not a file"):
        decode(decoder.stream_audio, tmp_path / "gone.mp4")


def test_a_crash_is_an_error_of_the_file_and_the_next_file_is_decoded(tmp_path):
    path = write_wav(tmp_path / "x.wav", np.stack([tone(60, 48000)] * 2), 48000)
    with decoders(1) as (decoder,):
        sound = decoder.stream_audio(path, RATE, 1.0, [])
        next(sound)
        os.kill(pid(decoder), signal.SIGKILL)
        with pytest.raises(MediaError, match=r"x\.wav: FFmpeg crashes on this file \(SIGKILL\)"):
            list(sound)
        assert len(decode(decoder.stream_audio, path)[0]) == 60 * RATE


def test_another_file_can_be_decoded_after_stopping_early(tmp_path):
    long = write_wav(tmp_path / "long.wav", np.stack([tone(60, 48000)] * 2), 48000)
    short = write_wav(tmp_path / "short.wav", np.stack([tone(2, 48000)] * 2), 48000)
    with decoders(1) as (decoder,):
        sound = decoder.stream_audio(long, RATE, 1.0, [])
        next(sound)
        sound.close()
        assert len(decode(decoder.stream_audio, short)[0]) == 2 * RATE


@pytest.mark.slow
def test_the_process_ends_with_its_parent(tmp_path):
    """Also when the parent is killed in the middle of a file."""
    path = write_wav(tmp_path / "x.wav", np.stack([tone(60, 48000)] * 2), 48000)
    script = f"""
import time
from bench._programmes import programme, without_sound
from horuslib.audio.decoder import Decoder
idle, busy = Decoder(), Decoder()
next(busy.stream_audio({str(path)!r}, {RATE}, 1.0, []))
print(idle._process.pid, busy._process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
    until = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(pids) == 2 and not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_closing_ends_the_process():
    decoder = Decoder()
    decoder.close()
    assert not os.path.exists(f"/proc/{pid(decoder)}")

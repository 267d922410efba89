"""WAV files that hold more than their header says."""

import struct

import pytest

from horuslib.audio.encode import write_wav
from horuslib.audio.media import read_audio
from horuslib.audio.streams.wav_header import understates
from tests.conftest import tone

RATE = 16000


@pytest.mark.parametrize(("declared", "says_too_little"), [(1000, True), (RATE, True), (0, False), (2**32 - 1, False)])
def test_all_of_the_data_is_read(tmp_path, declared, says_too_little):
    path = write_wav(tmp_path / "x.wav", tone(3), RATE)
    content = path.read_bytes()
    at = content.index(b"data") + 4
    path.write_bytes(content[:at] + struct.pack("<I", declared) + content[at + 4 :])
    audio = read_audio(path, RATE)
    assert audio.duration_s == 3 and understates(path) == says_too_little
    assert bool(audio.notes) == says_too_little


def test_chunks_after_the_data_are_no_sound(tmp_path):
    path = write_wav(tmp_path / "x.wav", tone(3), RATE)
    path.write_bytes(path.read_bytes() + b"bext" + struct.pack("<I", 6000) + b"\xaa" * 6000)
    assert not understates(path) and read_audio(path, RATE).duration_s == 3


def test_other_files_have_no_such_header(tmp_path):
    for content in (b"", b"RIFF", b"RIFF\0\0\0\0AVI ", b"RIFF\0\0\0\0WAVEfmt "):
        (tmp_path / "x.wav").write_bytes(content)
        assert not understates(tmp_path / "x.wav")

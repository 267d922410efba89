"""Media are found by suffix, and where that says nothing by content."""

import shutil

import av
import numpy as np
import pytest
import soundfile

from horuslib.audio import media_files
from horuslib.audio.media_files import find_media
from horuslib.core.walk import LeftOut
from tests.audio.test_media import both, write
from tests.conftest import tone

FORMATS = {
    "mp2": ("mp2", "mp2"),
    "x": ("mpegts", "aac"),
    "001": ("asf", "wmav2"),
    "raw": ("eac3", "eac3"),
    "": ("adts", "aac"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sound under suffixes that say nothing, and what resembles it."""
    folder = tmp_path_factory.mktemp("archive")
    sound = np.ascontiguousarray(both(tone(3, 48000, 440, -20)))
    for suffix, (container, codec) in FORMATS.items():
        path = folder / f"sound.{suffix}".rstrip(".")
        with av.open(str(path), "w", format=container) as out:
            stream = out.add_stream(codec, rate=48000, layout="stereo")
            stream.bit_rate = 128000
            frame = av.AudioFrame.from_ndarray(sound, "fltp", "stereo")
            frame.sample_rate = 48000
            for piece in av.AudioResampler(stream.format, "stereo", 48000, stream.frame_size or None).resample(frame):
                out.mux(stream.encode(piece))
            out.mux(stream.encode())
    (folder / "noise.bin").write_bytes(np.random.default_rng(1).bytes(500_000))
    (folder / "README").write_text("Sound of 2026\n" * 500)
    (folder / "notes.txt").write_text("x")
    (folder / "zeros").write_bytes(bytes(100_000))
    return folder


def test_sound_is_found_under_any_suffix_and_the_rest_is_counted(folder):
    left_out = LeftOut()
    found = find_media(folder, left_out, by_content=True)
    assert sorted(path.name for path in found) == ["sound", "sound.001", "sound.mp2", "sound.raw", "sound.x"]
    assert left_out.passed_over == {".bin": 1, "": 2, ".txt": 1}


def test_by_suffix_alone_nothing_is_opened(folder, monkeypatch):
    monkeypatch.setattr(media_files, "media_among", None)
    assert [path.name for path in find_media(folder)] == ["sound.mp2"]


@pytest.mark.parametrize("suffix", ["mp2", "trp", "m2t", "asf", "dv", "au", "eac3", "dts", "MP4", "wav"])
def test_suffixes_of_broadcast_are_known(tmp_path, suffix):
    (tmp_path / f"x.{suffix}").touch()
    assert len(find_media(tmp_path)) == 1


def test_a_file_of_which_the_reader_dies_is_passed_over_alone(folder, monkeypatch):
    """The process ends at the second of three files."""
    asked = sorted(folder.glob("sound.*"))[:3]
    answers = iter([[True], [True]])
    monkeypatch.setattr(media_files, "_answers", lambda paths: next(answers))
    assert media_files.media_among(asked) == [asked[0], asked[2]]


def test_a_picture_is_no_moving_one(tmp_path):
    path = write(tmp_path / "x.mkv", [both(tone(1, 48000))], 48000, "aac", picture="mpeg4")
    shutil.move(path, tmp_path / "film")
    picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24").to_image()
    picture.save(tmp_path / "picture", "png")
    soundfile.write(tmp_path / "take", tone(1), 16000, format="WAV")
    assert [path.name for path in find_media(tmp_path, by_content=True)] == ["film", "take"]

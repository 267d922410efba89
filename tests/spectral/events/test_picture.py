"""Video of any rate comes to at most sixteen frames a second, at the times they were shown, and as it was held."""

import numpy as np
import pytest

from horuslib.spectral.events.picture import read_picture
from horuslib.spectral.generator.film_file import write_film


@pytest.mark.parametrize(("fps", "kept"), [(10, 20), (15, 30), (30, 30), (60, 30)])
def test_a_fast_video_is_thinned_and_keeps_its_times(tmp_path, fps, kept):
    frames = np.full((2 * fps, 48, 64, 3), 40, np.uint8)
    frames[fps:] = 200
    write_film(tmp_path / "video.mp4", frames, fps)
    picture = read_picture(tmp_path / "video.mp4", 5.0)
    assert len(picture.frames) == kept and np.diff(picture.times_s).min() > 0.06
    bright = picture.times_s[picture.frames.mean((1, 2, 3)) > 120]
    assert bright[0] == pytest.approx(1.0, abs=1 / 15)


@pytest.mark.parametrize("fps", [240, 6000])
def test_more_frames_than_a_camera_makes_are_not_decoded(tmp_path, fps):
    write_film(tmp_path / "video.mp4", np.zeros((300, 16, 16, 3), np.uint8), fps)
    picture = read_picture(tmp_path / "video.mp4", 0.5)
    told = [note for note in picture.notes if "more than 240 frames a second" in note]
    assert len(told) == (fps > 240)
    assert picture.times_s[-1] <= (0.5 if fps == 240 else 120 / fps)


def test_more_pixels_than_a_camera_makes_are_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr("horuslib.spectral.events.picture._MOST_PIXELS_PER_S", 16 * 16 * 20)
    write_film(tmp_path / "video.mp4", np.zeros((60, 16, 16, 3), np.uint8), 30)
    picture = read_picture(tmp_path / "video.mp4", 2.0)
    assert picture.times_s[-1] <= 40 / 30 and "larger or faster" in picture.notes[0]


_UPRIGHT = bytes.fromhex("00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000")
_TURNED = bytes.fromhex("00000000 00010000 00000000 FFFF0000 00000000 00000000 00000000 00000000 40000000")


def test_a_phone_held_upright_is_seen_upright(tmp_path):
    frames = np.zeros((6, 48, 64, 3), np.uint8)
    frames[:, :, :16] = 230  # the left of what the chip saw is the top of what was shown
    path = write_film(tmp_path / "video.mp4", frames, 10)
    whole, _, track = path.read_bytes().partition(_UPRIGHT)
    path.write_bytes(whole + _UPRIGHT + track.replace(_UPRIGHT, _TURNED, 1))
    picture = read_picture(path, 5.0)
    assert picture.frames.shape == (6, 64, 48, 3)
    assert picture.frames[0, :12].mean() > 200 and picture.frames[0, 20:].mean() < 40
    assert (picture.source_width, picture.source_height) == (48, 64)

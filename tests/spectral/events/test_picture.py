"""Video of any rate comes to at most sixteen frames a second, at the times they were shown."""

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

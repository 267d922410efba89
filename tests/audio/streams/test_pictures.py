"""Times of pictures from the index of a file."""

from fractions import Fraction

import av
import pytest

from bench._programmes import FPS, programme
from horuslib.audio.streams.pictures import IndexedPictures, moving_picture


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return programme(tmp_path_factory.mktemp("film") / "x.mp4", 4.0, sound="aac", picture="mpeg4")


def test_pictures_that_follow_one_another_are_given_as_one(film):
    with av.open(str(film)) as container:
        pictures = IndexedPictures(moving_picture(container), film.stat().st_size)
        assert list(pictures.until(1.0)) == [(0.0, pytest.approx(1 + 1 / FPS))]
        assert list(pictures.until(99.0)) == [(pytest.approx(1 + 1 / FPS), pytest.approx(3 - 1 / FPS))]
        assert list(pictures.until(99.0)) == []


def test_pictures_far_apart_are_given_one_by_one(tmp_path):
    slow = tmp_path / "slow.mp4"
    with av.open(str(slow), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for at_s in (0.0, 0.1, 0.2, 5.0, 5.1, 9.0):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts, frame.time_base = round(at_s * 10), Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with av.open(str(slow)) as container:
        given = list(IndexedPictures(moving_picture(container), slow.stat().st_size).until(99.0))
    assert given == [pytest.approx(run) for run in ((0.0, 0.3), (5.0, 0.2), (9.0, 0.1))]


def test_pictures_that_were_cut_off_are_none(film):
    with av.open(str(film)) as container:
        ((from_s, length_s),) = IndexedPictures(moving_picture(container), film.stat().st_size // 2).until(99.0)
    assert from_s == 0 and 0 < length_s < 3

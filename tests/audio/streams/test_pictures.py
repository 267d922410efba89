"""Times of pictures from the index of a file."""

import av
import pytest

from bench._programmes import FPS, programme
from horuslib.audio.streams.pictures import IndexedPictures, moving_picture


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return programme(tmp_path_factory.mktemp("film") / "x.mp4", 4.0, sound="aac", picture="mpeg4")


def test_the_index_has_the_time_of_every_picture(film):
    with av.open(str(film)) as container:
        pictures = IndexedPictures(moving_picture(container), film.stat().st_size)
        early = list(pictures.until(1.0))
        assert [at_s for at_s, _ in early] == pytest.approx([k / FPS for k in range(FPS + 1)])
        late = list(pictures.until(99.0))
        assert late[-1] == (pytest.approx(4 - 1 / FPS), pytest.approx(1 / FPS))


def test_pictures_that_were_cut_off_are_none(film):
    with av.open(str(film)) as container:
        assert 0 < len(list(IndexedPictures(moving_picture(container), film.stat().st_size // 2).until(99.0))) < 3 * FPS

"""Films are looked at once; persons in the whole frame and in the region that changed."""

import numpy as np
import pytest

from horuslib.spectral.embedding.installed import installed_file
from horuslib.spectral.embedding.look_cache import LookCache
from horuslib.spectral.embedding.looks import Looker, look_inputs
from horuslib.spectral.events.event import Signals
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import MOMENTS


@pytest.fixture
def picture():
    """An object stands on the left from 3 s on."""
    frames = np.full((50, 96, 128, 3), 90, np.uint8)
    frames[30:, 20:70, 30:60] = 250
    return Picture(frames, np.arange(50) / 10, 128, 96)


class Embedder:
    """The mean brightness of each picture."""

    asked = pictures = 0

    def __call__(self, pictures):
        self.asked += 1
        self.pictures += len(pictures)
        return pictures.mean((1, 2, 3))[:, None].astype(np.float32)


class Detector:
    """The mean brightness, of pictures of any size."""

    def __call__(self, pictures):
        return np.array([picture.mean() for picture in pictures], np.float32)


def test_what_has_come_is_brighter_in_its_region_than_in_the_whole_frame(picture):
    look = Looker(Embedder(), Detector(), None, whole=True)(picture, 5.0)
    assert look.regions.shape == look.frames.shape == (MOMENTS, 1) and look.person.shape == (MOMENTS, 2)
    assert look.regions[:6, 0] == pytest.approx(90) and look.person[:6] == pytest.approx(90)
    assert (look.regions[6:, 0] > look.frames[6:, 0] + 10).all()
    assert (look.person[6:, 1] > look.person[6:, 0] + 10).all()


def test_frames_that_look_alike_are_looked_at_once(picture, rng):
    embedder = Embedder()
    look = Looker(embedder, Detector())(picture, 5.0)
    assert embedder.pictures == 2 and look.change.like.tolist() == [0] * 6 + [6] * 4
    noisy = np.clip(picture.frames + rng.normal(0, 3, picture.frames.shape), 0, 255).astype(np.uint8)
    Looker(embedder, None)(Picture(noisy, picture.times_s, 128, 96), 5.0)
    assert embedder.pictures == 4, "noise of a camera is no change"
    darker = picture.frames.copy()
    darker[20:] //= 2
    Looker(embedder, None)(Picture(darker, picture.times_s, 128, 96), 5.0)
    assert embedder.pictures == 7, "another light is"


def test_more_frames_find_a_person_between_the_moments(picture):
    frames = picture.frames.copy()
    frames[20] = 200
    look = Looker(None, Detector(), count=50)(Picture(frames, picture.times_s, 128, 96), 5.0)
    assert look.person.shape == (MOMENTS, 2) and look.person[4, 0] == pytest.approx(200)


def test_a_film_is_looked_at_once_and_another_film_or_network_again(picture, tmp_path):
    embedder = Embedder()
    first = Looker(embedder, None, LookCache(tmp_path, "a"))(picture, 5.0)
    again = Looker(embedder, None, LookCache(tmp_path, "a"))(picture, 5.0)
    assert embedder.asked == 1 and again.person is None and again.frames is None
    assert again.regions == pytest.approx(first.regions, abs=0.1)
    assert np.array_equal(again.change.curves, first.change.curves)
    Looker(embedder, None, LookCache(tmp_path, "b"))(picture, 5.0)
    darker = Picture(picture.frames // 2, picture.times_s, 128, 96)
    Looker(embedder, None, LookCache(tmp_path, "a"))(darker, 5.0)
    assert embedder.asked == 3


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "rotten"])
def test_what_is_kept_and_damaged_is_looked_at_again(picture, tmp_path, damage):
    embedder = Embedder()
    Looker(embedder, None, LookCache(tmp_path, "a"))(picture, 5.0)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    rotten = whole[:200] + bytes(x ^ 255 for x in whole[200:400]) + whole[400:]
    path.write_bytes({"empty": b"", "text": b"x", "cut": whole[: len(whole) // 2], "rotten": rotten}[damage])
    Looker(embedder, None, LookCache(tmp_path, "a"))(picture, 5.0)
    assert embedder.asked == 2 and path.read_bytes() == whole


def test_inputs_hold_what_differs_from_the_first_moment(picture):
    inputs, look = look_inputs(Signals(picture, None, None), Looker(Embedder(), None), 5.0, 1)
    assert look is not None and inputs["present"].tolist() == [1, 0, 0]
    assert inputs["look"][0] == 0 and (inputs["look"][6:] > 10).all() and not inputs["person"].any()
    inputs, look = look_inputs(Signals(None, None, None), Looker(Embedder(), None), 5.0, 1)
    assert look is None and not any(value.any() for value in inputs.values())


def test_files_of_packages_are_found_without_importing_them():
    assert installed_file("horuslib", "tasks/spectral.yaml").is_file()
    assert installed_file("horuslib", "nothing") is None and installed_file("no_such_package", "x") is None

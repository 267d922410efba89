"""Events that share a film, a sound or a device's minute are one group."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from horuslib.spectral.events.event import Event
from horuslib.spectral.events.groups import group_events, picture_hashes
from horuslib.spectral.events.metadata import Metadata
from horuslib.spectral.events.picture import Picture


def event(key, **about):
    return Event(key, Path(key), replace(Metadata(key), **about), 5.0)


def picture(rng, size=(60, 80)):
    scene = np.kron(rng.uniform(30, 220, (6, 8)), np.ones((size[0] // 6, size[1] // 8)))
    return Picture(np.repeat(scene[None, ..., None], 3, 3).repeat(5, 0).astype(np.uint8), np.arange(5.0), 80, 60)


def test_a_film_is_known_when_darker_and_smaller_and_others_are_not(rng):
    one, other = picture(rng), picture(rng)
    darker = Picture((one.frames[:, ::2, ::2] * 0.6 + 3).astype(np.uint8), one.times_s, 40, 30)
    hashes = {"a": picture_hashes(one), "b": picture_hashes(darker), "c": picture_hashes(other)}
    table, _ = group_events([event("a"), event("b"), event("c")], hashes, {})
    assert table.film.tolist() == table.group_id.tolist() == ["a", "a", "c"]
    assert len(picture_hashes(Picture(np.full((3, 60, 80, 3), 90, np.uint8), np.arange(3.0), 80, 60))) == 0


def test_a_sound_and_a_devices_minute_connect_events(rng):
    x = rng.standard_normal(5 * 22050).astype(np.float32) * 0.1
    sounds = {"a": x, "b": np.roll(x, 4000) * 0.3, "c": rng.standard_normal(5 * 22050).astype(np.float32) * 0.1}
    events = [
        event("a", device="d1", starts_at_s=1000.0), event("b", device="d2", starts_at_s=1001.0),
        event("c", device="d2", starts_at_s=1040.0), event("d", device="d2", starts_at_s=1500.0),
        event("e"),
    ]  # fmt: skip
    table, _ = group_events(events, {}, sounds)
    assert table.sound.tolist() == ["a", "a", "c", "d", "e"]
    assert table.minute.tolist() == ["a", "b", "b", "d", "e"]
    assert table.group_id.tolist() == ["a", "a", "a", "d", "e"]


def test_a_scene_that_most_events_share_cannot_divide_them(rng):
    scene = picture_hashes(picture(rng))
    table, notes = group_events([event(k) for k in "abcd"], dict.fromkeys("abcd", scene), {})
    assert table.group_id.nunique() == 4
    assert notes[0].startswith("4 of 4 events share one film") and "another film" in notes[0]
    assert group_events([], {}, {})[0].empty


@pytest.mark.parametrize("frames", [1, 5])
def test_hashes_have_one_row_per_frame_looked_at(rng, frames):
    scene = picture(rng)
    cut = Picture(scene.frames[:frames], scene.times_s[:frames], 80, 60)
    assert picture_hashes(cut).shape == (min(frames, 3), 64)

"""Files that only open when more of them is read."""

import pytest

from bench._programmes import programme, without_sound
from horuslib.audio.streams.opening import MediaError, declared_s, open_media


@pytest.mark.slow
def test_a_track_that_begins_late_is_found_without_a_list_of_tracks(tmp_path):
    path = without_sound(
        programme(tmp_path / "base.flv", 20.0, sound="libmp3lame", picture="flv1", rate=44100),
        tmp_path / "x.flv",
        -1,
        12,
    )
    container, _ = open_media(path, [])
    with container:
        assert len(container.streams.audio) == 1


def test_what_is_no_file_is_an_error(tmp_path):
    with pytest.raises(MediaError, match="is not a file"):
        open_media(tmp_path / "gone.ts", [])


@pytest.mark.parametrize(
    ("suffix", "form"), [("mkv", {"sound": "aac", "picture": "mpeg4"}), ("aac", {"picture": None})]
)
def test_the_declared_length(tmp_path, suffix, form):
    container, _ = open_media(programme(tmp_path / f"x.{suffix}", 5.0, **{"sound": "aac", **form}), [])
    with container:
        length_s = declared_s(container, container.streams.audio[0])
        assert length_s == (pytest.approx(5, abs=0.1) if suffix == "mkv" else 0)

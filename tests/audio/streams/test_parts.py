"""Packets of a programme over all of its parts."""

import numpy as np
import pytest

from bench._programmes import of_no_codec, programme
from horuslib.audio.streams.opening import open_media
from horuslib.audio.streams.parts import Parts
from horuslib.audio.streams.programme_clock import ProgrammeClock
from horuslib.audio.streams.sound_position import SoundPosition
from horuslib.audio.track import AudioTrack

OTHER_PIDS = {"mpegts_start_pid": "768"}


@pytest.fixture
def joined(tmp_path):
    """Two seconds of a programme, and two more under other PIDs."""
    first, second = programme(tmp_path / "a.ts", 2.0), programme(tmp_path / "b.ts", 2.0, muxer=OTHER_PIDS)
    path = tmp_path / "x.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    return path


def test_the_packets_of_every_part_come_and_its_tracks_are_named(joined):
    notes = []
    parts = Parts(*open_media(joined, notes), lambda container: container.streams.audio[0], None, notes)
    position = SoundPosition(ProgrammeClock(), live=False, expected=True)
    sound, pids = 0.0, []
    for packet, _ in parts.packets(position):
        if packet.stream is parts.sound:
            sound += float((packet.duration or 0) * packet.time_base)
            pids += [packet.stream.id] if packet.stream.id not in pids else []
    parts.close()
    assert pids == [0x101, 768 + 1] and sound == pytest.approx(4, abs=0.1)
    assert parts.names == ("FL", "FR") and "other tracks (PIDs or codec): followed" in notes[0]


@pytest.mark.parametrize(
    ("picture", "pid", "note"),
    [
        (None, 768, "nothing was heard from 2.0 s on: x.ts holds neither sound nor a video"),
        ("mpeg2video", 769, "no audio track from 2.0 s on"),
    ],
)
def test_a_part_that_cannot_be_opened_is_told_with_its_time(tmp_path, rng, picture, pid, note):
    """A splice to a codec without a decoder, of a radio and of a programme with pictures."""
    first = programme(tmp_path / "a.ts", 2.0, picture=picture).read_bytes()
    second = programme(tmp_path / "b.ts", 2.0, picture=picture, muxer=OTHER_PIDS).read_bytes()
    path = tmp_path / "x.ts"
    path.write_bytes(first + of_no_codec(second, pid, rng))
    with AudioTrack(path) as track:
        given_s = sum(block.duration_s for block in track.blocks())
    assert given_s == pytest.approx(4 if picture else 2, abs=0.1)
    assert [text for text in track.notes if note in text] and not any("followed" in text for text in track.notes)
    assert bool(track.position.lost) == bool(picture), "pictures measure what is lost"


def test_a_picture_comes_before_the_sound_stored_shortly_before_it(tmp_path):
    path = programme(tmp_path / "x.ts", 2.0)
    with open_media(path, [])[0] as container:
        stored = [packet.stream.type for packet in container.demux()]
    parts = Parts(*open_media(path, []), lambda container: container.streams.audio[0], None, [])
    position = SoundPosition(ProgrammeClock(), live=False, expected=True)
    given = [packet.stream.type for packet, _ in parts.packets(position)]
    parts.close()
    places = [[k for k, kind in enumerate(kinds) if kind == "video"] for kinds in (given, stored)]
    earlier_by = np.subtract(*reversed(places))
    assert earlier_by.min() >= 0 and 0 < earlier_by.max() < 16
    assert given.count("audio") == stored.count("audio")

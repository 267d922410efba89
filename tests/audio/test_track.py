"""Tracks as recorders, splicers and networks leave them: what is missing is silence at its true place."""

import struct

import numpy as np
import pytest

from bench._programmes import ENCRYPTION, edited, programme, scrambled, with_wrong_bytes, without_sound
from horuslib.audio.media import MediaError, NoAudioStream, read_audio, read_excerpt, stream_audio
from horuslib.audio.streams.programme_clock import LONGEST_OUTAGE_S

RATE, LENGTH_S = 16000, 14.0
FORMS = {
    "ts": {},
    "mkv": {"sound": "aac", "picture": "mpeg4"},
    "mp4": {"sound": "aac", "picture": "mpeg4"},
    "flv": {"sound": "libmp3lame", "picture": "flv1", "rate": 44100},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A programme per container, written when it is first asked for."""
    folder, made = tmp_path_factory.mktemp("base"), {}

    def of(suffix):
        if suffix not in made:
            made[suffix] = programme(folder / f"base.{suffix}", LENGTH_S, **FORMS[suffix])
        return made[suffix]

    return of


def heard(path):
    """Seconds, spans without sound data, notes."""
    notes, lost = [], []
    samples = np.concatenate(list(stream_audio(path, RATE, 5.0, notes, lost)))
    for start_s, end_s in lost:
        assert np.abs(samples[round(start_s * RATE) + 200 : round(end_s * RATE) - 200]).max() < 1e-6
    return len(samples) / RATE, lost, "; ".join(note for note in notes if isinstance(note, str))


@pytest.mark.parametrize(("start_s", "end_s"), [(3, 11), (6, 99), (-1, 8)])
@pytest.mark.parametrize("suffix", FORMS)
def test_sound_that_is_lost_while_pictures_go_on_is_silence(base, tmp_path, suffix, start_s, end_s):
    path = without_sound(base(suffix), tmp_path / f"x.{suffix}", start_s, end_s)
    seconds, lost, notes = heard(path)
    assert seconds == pytest.approx(LENGTH_S, abs=0.2)
    assert lost == [(pytest.approx(max(start_s, 0), abs=0.1), pytest.approx(min(end_s, LENGTH_S), abs=0.1))]
    assert "without sound data" in notes and ("the picture at" in notes) == (end_s == 99)
    audio = read_audio(path, RATE)
    assert audio.lost == tuple(lost) and audio.duration_s == seconds


@pytest.mark.parametrize("suffix", FORMS)
def test_a_track_without_packets_is_a_video_without_sound(base, tmp_path, suffix):
    path = without_sound(base(suffix), tmp_path / f"x.{suffix}", -1, 99)
    with pytest.raises(NoAudioStream, match="audio track") as raised:
        read_audio(path, RATE)
    assert raised.value.duration_s == pytest.approx(LENGTH_S, abs=0.1)


@pytest.mark.parametrize("suffix", ["mkv", "flv", "ts"])
def test_a_jump_of_the_clock_is_no_lost_sound(base, tmp_path, suffix):
    path = edited(base(suffix), tmp_path / f"x.{suffix}", later_s=lambda at_s: 80000.0 if at_s >= 7 else 0.0)
    seconds, lost, notes = heard(path)
    assert (seconds, lost) == (pytest.approx(LENGTH_S, abs=0.2), [])
    assert "the clock jumps ahead by 22.2 h at 7.0 s" in notes


def test_an_outage_of_sound_and_picture_is_lost_sound(base, tmp_path):
    path = edited(base("ts"), tmp_path / "x.ts", later_s=lambda at_s: 30.0 if at_s >= 7 else 0.0)
    seconds, lost, notes = heard(path)
    assert lost == [(pytest.approx(7, abs=0.1), pytest.approx(37, abs=0.1))] and seconds == pytest.approx(44, abs=0.2)
    assert LONGEST_OUTAGE_S > 30 and "jumps" not in notes


def test_a_clock_that_starts_again_keeps_the_sound(base, tmp_path):
    path, whole = tmp_path / "x.ts", base("ts").read_bytes()
    path.write_bytes(whole[: len(whole) // 188 // 2 * 188] + whole)
    seconds, lost, _ = heard(path)
    assert 1.3 * LENGTH_S < seconds < 1.7 * LENGTH_S and lost == []


OTHER = {"muxer": {"mpegts_start_pid": "768"}}


@pytest.mark.parametrize(
    "form",
    [OTHER, {"sound": "aac"}, {"sound": "ac3", **OTHER}, {"muxer": {**OTHER["muxer"], "mpegts_service_id": "7"}}],
    ids=["PIDs", "codec", "PIDs and codec", "program"],
)
def test_a_programme_that_moves_to_other_tracks_is_followed(base, tmp_path, form):
    second = programme(tmp_path / "second.ts", 6.0, **form)
    path = tmp_path / "x.ts"
    path.write_bytes(base("ts").read_bytes() + second.read_bytes())
    seconds, lost, notes = heard(path)
    assert (seconds, lost) == (pytest.approx(LENGTH_S + 6, abs=0.3), [])
    assert "from 14.0 s on the programme has other tracks (PIDs or codec): followed" in notes


def test_a_second_track_in_between_changes_nothing(base, tmp_path):
    second = programme(tmp_path / "second.ts", 6.0, tracks=2)
    path, whole = tmp_path / "x.ts", base("ts").read_bytes()
    path.write_bytes(whole + second.read_bytes() + whole)
    assert heard(path)[:2] == (pytest.approx(2 * LENGTH_S + 6, abs=0.3), [])


def test_a_part_without_sound_between_others_is_lost_sound(base, tmp_path):
    path, whole = tmp_path / "x.ts", base("ts").read_bytes()
    silent = without_sound(base("ts"), tmp_path / "silent.ts", -1, 99)
    path.write_bytes(whole + silent.read_bytes() + whole)
    assert heard(path)[1] == [(pytest.approx(LENGTH_S, abs=0.2), pytest.approx(2 * LENGTH_S, abs=0.2))]


@pytest.mark.parametrize("order", ["pictures first", "pictures in between"])
def test_a_part_that_declares_no_track_is_lost_sound(base, tmp_path, order):
    path, whole = tmp_path / "x.ts", base("ts").read_bytes()
    pictures = edited(base("ts"), tmp_path / "pictures.ts", kinds=("video",)).read_bytes()
    path.write_bytes(pictures + whole if order == "pictures first" else whole + pictures + whole)
    start_s = 0 if order == "pictures first" else LENGTH_S
    seconds, lost, _ = heard(path)
    assert lost == [(pytest.approx(start_s, abs=0.2), pytest.approx(start_s + LENGTH_S, abs=0.2))]
    assert seconds == pytest.approx(start_s + 2 * LENGTH_S, abs=0.3)


def test_a_clock_that_wraps_while_sound_is_lost(base, tmp_path):
    path, wrap_s = tmp_path / "x.ts", 2**33 / 90000
    edited(base("ts"), path, lambda kind, at_s: kind == "video" or not 5 <= at_s < 10, lambda at_s: wrap_s - 8)
    seconds, lost, notes = heard(path)
    assert lost == [(pytest.approx(5, abs=0.1), pytest.approx(10, abs=0.1))] and "jumps" not in notes
    assert seconds == pytest.approx(LENGTH_S, abs=0.2)


def with_later_sound(content, number, later_s):
    """A transport stream whose sound has another time in one PES packet (ISO/IEC 13818-1, section 2.4.3.6)."""
    content, begin = bytearray(content), bytes.fromhex("000001c0")
    places = [k for k in range(0, len(content), 188) if content[k + 1 : k + 3] == b"\x41\x01"]
    at = content.index(begin, places[number]) + 9
    first, second, third = content[at], *struct.unpack(">HH", content[at + 1 : at + 5])
    pts = ((first >> 1 & 7) << 30 | second >> 1 << 15 | third >> 1) + round(later_s * 90000)
    fields = 0x21 | pts >> 29 & 0xE, pts >> 14 & 0xFFFE | 1, pts << 1 & 0xFFFE | 1
    content[at : at + 5] = struct.pack(">BHH", *fields)
    return bytes(content)


@pytest.mark.parametrize("later_s", [300.0, 80000.0])
def test_one_damaged_time_is_no_outage_and_no_jump(base, tmp_path, later_s):
    """The pictures know better."""
    path = tmp_path / "x.ts"
    path.write_bytes(with_later_sound(base("ts").read_bytes(), 40, later_s))
    assert heard(path) == (pytest.approx(LENGTH_S, abs=0.2), [], "")


@pytest.mark.parametrize("seed", range(3))
def test_damaged_bytes_cost_no_more_than_their_sound(base, tmp_path, seed):
    path = tmp_path / "x.ts"
    path.write_bytes(with_wrong_bytes(base("ts").read_bytes(), np.random.default_rng(seed)))
    assert heard(path)[0] == pytest.approx(LENGTH_S, abs=0.3)


def test_a_truncated_video_does_not_go_on_in_silence(tmp_path):
    path = programme(tmp_path / "x.mp4", LENGTH_S, muxer={"movflags": "faststart"}, **FORMS["mp4"])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    seconds, lost, notes = heard(path)
    assert 4 < seconds < 10 and lost == [] and "of the 14.0 s the file declares" in notes


def test_an_encrypted_track_is_called_encrypted(tmp_path):
    path = programme(tmp_path / "x.m4a", 3.0, sound="aac", picture=None, format="mp4", muxer=ENCRYPTION)
    with pytest.raises(MediaError, match="its audio track is encrypted"):
        read_audio(path, RATE)


def test_a_scrambled_stream_is_called_encrypted(base, tmp_path):
    path = tmp_path / "x.ts"
    path.write_bytes(scrambled(base("ts").read_bytes()))
    with pytest.raises(MediaError, match="encrypted"):
        read_audio(path, RATE)


@pytest.mark.slow
@pytest.mark.parametrize("rates", [(44100, 48000), (48000, 44100)])
def test_a_stream_that_changes_its_rate_keeps_its_length(tmp_path, rates):
    parts = [programme(tmp_path / f"{rate}.aac", 10.0, sound="aac", picture=None, rate=rate) for rate in rates]
    path = tmp_path / "x.aac"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert heard(path)[:2] == (pytest.approx(20, abs=0.2), [])


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
@pytest.mark.parametrize("lost", [(5, 99), (-1, 11.5)])
def test_an_excerpt_of_lost_sound_is_silence(tmp_path, suffix, lost):
    base = programme(tmp_path / f"base.{suffix}", 30.0, **FORMS[suffix])
    end_s = lost[1] if lost[1] == 99 else 25
    path = without_sound(base, tmp_path / f"x.{suffix}", lost[0], end_s)
    found = read_excerpt(path, 18.0, 20.0, RATE)
    assert len(found) == 2 * RATE and not found.any()


def test_sound_after_a_loss_is_that_of_its_own_time(tmp_path):
    path = programme(tmp_path / "base.ts", LENGTH_S)
    whole, cut = read_audio(path, RATE), read_audio(without_sound(path, tmp_path / "x.ts", 3, 9), RATE)
    after = slice(round(10 * RATE), round(13 * RATE))
    np.testing.assert_allclose(cut.samples[after], whole.samples[after], atol=1e-3)

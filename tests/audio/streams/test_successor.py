"""Audio tracks one after the other, written packet by packet with a picture beside them."""

import av
import numpy as np
import pytest

from horuslib.audio.media import read_audio, read_excerpt
from horuslib.audio.streams.successor import Successor
from tests.conftest import tone

RATE = 16000
TONES_HZ = (440, 1500, 2500)


def write(path, spans, picture_s):
    """A picture, and for each span (s) a track of its own tone."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        tracks = [out.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in spans]
        timed = []
        for number in range(picture_s * 5):
            image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            image.pts = number
            timed += [(number / 5, packet) for packet in video.encode(image)]
        timed += [(picture_s, packet) for packet in video.encode(None)]
        for k, (track, (start_s, end_s)) in enumerate(zip(tracks, spans, strict=True)):
            for at in range(start_s * 10, end_s * 10):
                samples = (tone(0.1, RATE, TONES_HZ[k], -20) * 32767).astype(np.int16)[None]
                frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
                frame.rate, frame.pts = RATE, at * RATE // 10
                timed += [(at / 10, packet) for packet in track.encode(frame)]
        for _, packet in sorted(timed, key=lambda each: each[0]):
            out.mux(packet)
    return path


def pitch_hz(samples, at_s):
    return round(np.abs(np.fft.rfft(samples[round(at_s * RATE) : round((at_s + 1) * RATE)])).argmax(), -1)


def test_sound_goes_on_in_the_track_that_begins_where_the_first_ends(tmp_path):
    audio = read_audio(write(tmp_path / "x.mkv", [(0, 6), (6, 10), (10, 14)], 14), RATE)
    assert audio.duration_s == pytest.approx(14, abs=0.2) and not audio.lost
    assert [pitch_hz(audio.samples, at_s) for at_s in (4, 8, 12)] == [440, 1500, 2500]
    assert "from 6.0 s on it goes on in track 2: followed" in audio.notes
    assert not any("not heard" in note for note in audio.notes)


def test_what_is_lost_between_two_tracks_is_silence(tmp_path):
    audio = read_audio(write(tmp_path / "x.mkv", [(0, 4), (8, 14)], 14), RATE)
    assert audio.lost == (pytest.approx((4, 8), abs=0.2),)
    assert pitch_hz(audio.samples, 10) == 1500


def test_a_track_beside_the_first_does_not_hide_what_is_lost_of_it(tmp_path):
    audio = read_audio(write(tmp_path / "x.mkv", [(0, 6), (0, 14)], 14), RATE)
    assert audio.lost == (pytest.approx((6, 14), abs=0.2),)


def test_a_track_that_begins_while_the_first_goes_on_is_no_successor(tmp_path):
    audio = read_audio(write(tmp_path / "x.mkv", [(0, 14), (6, 10)], 14), RATE)
    assert not audio.lost and pitch_hz(audio.samples, 8) == 440


def test_the_track_asked_for_is_heard_alone(tmp_path):
    audio = read_audio(write(tmp_path / "x.mkv", [(0, 6), (6, 14)], 14), RATE, track=1)
    assert audio.lost == (pytest.approx((6, 14), abs=0.2),)


def test_what_is_stored_late_of_an_ended_track_is_not_heard(tmp_path):
    with av.open(str(write(tmp_path / "x.mkv", [(0, 6), (6, 14)], 14))) as container:
        first, second = container.streams.audio
        packets = [packet for packet in container.demux(first, second) if packet.pts is not None]
        late = next(packet for packet in reversed(packets) if packet.stream is first)
        stored = [packet for packet in packets if packet is not late] + [late]
        heard = list(Successor(first, [second]).packets(stored))
    assert len(heard) == len(stored) - 1 and heard[-1].stream is second


def test_an_excerpt_is_of_the_track_that_is_heard_there(tmp_path):
    path = write(tmp_path / "x.mkv", [(0, 20), (20, 40)], 40)
    np.testing.assert_allclose(read_excerpt(path, 30, 32, RATE), read_audio(path, RATE).samples[30 * RATE : 32 * RATE])

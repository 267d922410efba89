"""Files in every container, written by the test, decode to the original sound."""

import io
import shutil
import subprocess
import tracemalloc
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from horuslib.audio.media import MediaError, NoAudioStream, find_media, read_audio, read_excerpt, stream_audio
from horuslib.audio.track import AudioTrack
from tests.conftest import noise, tone

RATE = 16000
CONTAINERS = {
    "mp4": "aac",
    "m4a": "aac",
    "mkv": "aac",
    "mov": "pcm_s16le",
    "ts": "aac",
    "mxf": "pcm_s16le",
    "avi": "libmp3lame",
    "webm": "libopus",
    "wav": "pcm_s16le",
    "flac": "flac",
    "mp3": "libmp3lame",
    "ogg": "libopus",
}
WITH_PICTURE = {"mp4": "mpeg4", "mkv": "mpeg4", "mov": "mpeg4", "ts": "mpeg2video", "mxf": "mpeg2video", "avi": "mpeg4"}


def write(path, tracks, rate, codec, layout="stereo", picture=None, picture_s=None, options=None, side=64):
    """A media file with one audio track per (channels, N) array, and a grey picture when a codec for it is given."""
    with av.open(str(path), "w", options=options or {}) as out:
        if picture:
            video = out.add_stream(picture, rate=25)
            video.width, video.height, video.pix_fmt = side, side, "yuv420p"
        streams = [out.add_stream(codec, rate=rate, layout=layout) for _ in tracks]
        if picture:
            grey = np.full((side, side, 3), 128, np.uint8)
            for i in range(round(25 * (picture_s or tracks[0].shape[1] / rate))):
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                frame.pts = i
                out.mux(video.encode(frame))
            out.mux(video.encode())
        for stream, samples in zip(streams, tracks, strict=True):
            frame = av.AudioFrame.from_ndarray(samples.astype(np.float32), format="fltp", layout=layout)
            frame.sample_rate = rate
            resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                out.mux(stream.encode(piece))
            out.mux(stream.encode())
    return path


def write_wav(path, planes, rate, codec="pcm_f32le", layout="stereo"):
    return write(path, [planes], rate, codec, layout)


def level_dbfs(x):
    return 20 * np.log10(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def both(x):
    return np.stack([x, x])


class Counted(io.FileIO):
    """A file that counts what is read of it."""

    bytes_read = 0

    def read(self, size=-1):
        content = super().read(size)
        self.bytes_read += len(content)
        return content


def test_video_packets_are_skipped(tmp_path):
    path = write(tmp_path / "x.mov", [both(tone(2, 48000))], 48000, "pcm_s16le", picture="rawvideo", side=512)
    with Counted(path) as file, AudioTrack(path, av.open(file)) as track:
        assert sum(block.planes.shape[1] for block in track.blocks()) == 2 * 48000
        assert file.bytes_read < path.stat().st_size / 5


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_every_container_gives_back_its_sound(tmp_path, suffix, rate):
    if suffix in ("webm", "ogg", "mxf") and rate == 44100:
        rate = 48000  # the only rate of Opus and the MXF writer
    sound = both(tone(3, rate, 440, -20))
    path = write(tmp_path / f"x.{suffix}", [sound], rate, CONTAINERS[suffix], picture=WITH_PICTURE.get(suffix))
    audio = read_audio(path, RATE)
    assert (audio.sample_rate_hz, audio.source_rate_hz, audio.channels) == (RATE, rate, 2)
    assert audio.samples.dtype == np.float32 and audio.samples.ndim == 1
    assert audio.duration_s == pytest.approx(3, abs=0.12)
    middle = audio.samples[RATE // 2 : RATE * 5 // 2]
    assert level_dbfs(middle) == pytest.approx(-20, abs=0.5)  # LAME attenuates by 0.45 dB
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert spectrum.argmax() / 2 == pytest.approx(440, abs=1)
    assert audio.channel_levels_dbfs == pytest.approx((-20, -20), abs=0.6)
    assert audio.notes == ()


def test_surround_is_mixed_as_bs775_says(tmp_path):
    """A different tone in each channel is mixed with weight 1, 0.707, 0.5 or 0, at the level of a stereo mix."""
    rate, layout = 48000, {"FL": 300, "FR": 500, "FC": 700, "LFE": 50, "BL": 900, "BR": 1100}
    planes = np.stack([tone(2, rate, f, -20) for f in layout.values()])
    audio = read_audio(write_wav(tmp_path / "surround.wav", planes, rate, layout="5.1"), RATE)
    amplitude = {f: np.abs(np.fft.rfft(audio.samples))[2 * f] for f in layout.values()}
    relative = [amplitude[f] / amplitude[700] for f in layout.values()]
    assert relative == pytest.approx([0.7071, 0.7071, 1, 0, 0.5, 0.5], abs=0.01)
    in_centre = np.sqrt(2) * 0.1 * len(audio.samples) / 2
    assert amplitude[700] / in_centre == pytest.approx(0.7071, rel=0.01)
    assert "6 channels (FL FR FC LFE BL BR) mixed to mono" in audio.notes


def test_the_first_of_two_tracks_is_taken_and_noted(tmp_path):
    tracks = [both(tone(2, 48000, 440, -20)), both(tone(2, 48000, 2000, -10))]
    audio = read_audio(write(tmp_path / "two.mkv", tracks, 48000, "aac"), RATE)
    assert np.abs(np.fft.rfft(audio.samples[: 2 * RATE])).argmax() / 2 == pytest.approx(440, abs=1)
    assert "2 audio tracks; the first is used" in audio.notes


def test_a_dead_channel_is_noted(tmp_path):
    live = tone(2, 48000, 440, -20)
    audio = read_audio(write_wav(tmp_path / "dead.wav", np.stack([live, 0 * live]), 48000), RATE)
    assert level_dbfs(audio.samples) == pytest.approx(-20, abs=0.1)
    assert audio.channel_levels_dbfs == (pytest.approx(-20, abs=0.1), float("-inf"))
    assert audio.notes == ("silent channel FR (-inf dBFS) beside FL (-20 dBFS): the mix hides it",)


def test_channels_that_cancel_are_noted(tmp_path):
    live = tone(2, 48000, 440, -20)
    audio = read_audio(write_wav(tmp_path / "inverted.wav", np.stack([live, -live]), 48000), RATE)
    assert "inverted polarity?" in audio.notes[0]


def test_resampling_keeps_level_and_does_not_alias(tmp_path):
    """A 9 kHz tone lies above half of 16 kHz: it must vanish rather than appear at 7 kHz."""
    low, high = tone(3, 48000, 3000, -20), tone(3, 48000, 9000, -20)
    kept = read_audio(write_wav(tmp_path / "low.wav", low[None], 48000, layout="mono"), RATE).samples
    gone = read_audio(write_wav(tmp_path / "high.wav", high[None], 48000, layout="mono"), RATE).samples
    assert len(kept) == 3 * RATE
    assert level_dbfs(kept) == pytest.approx(-20, abs=0.05)
    assert level_dbfs(gone[1000:-1000]) < -110


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_every_sample_format_keeps_its_level(tmp_path, codec):
    path = write_wav(tmp_path / "x.wav", both(tone(1, RATE, 440, -12)), RATE, codec)
    assert level_dbfs(read_audio(path, RATE).samples) == pytest.approx(-12, abs=0.1)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_streamed_blocks_are_the_whole_file(tmp_path, rng, rate):
    path = write_wav(tmp_path / "x.wav", both(noise(rng, 5.3, rate)), rate)
    blocks = list(stream_audio(path, RATE, block_s=2))
    assert [len(b) for b in blocks] == [2 * RATE, 2 * RATE, pytest.approx(1.3 * RATE, abs=2)]
    np.testing.assert_array_equal(np.concatenate(blocks), read_audio(path, RATE).samples)


def test_streaming_needs_no_more_memory_for_a_longer_file(tmp_path, rng):
    def peak_bytes(seconds):
        path = write_wav(tmp_path / f"{seconds}.wav", noise(rng, seconds, RATE)[None], RATE, layout="mono")
        tracemalloc.start()
        for _ in stream_audio(path, RATE, block_s=5):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_bytes(240) < 2 * peak_bytes(30), "decoder read-ahead varies"


def test_a_truncated_file_keeps_what_decodes(tmp_path, rng):
    sound = both(noise(rng, 10, 48000))
    path = write(tmp_path / "x.mp4", [sound], 48000, "aac", picture="mpeg4", options={"movflags": "faststart"})
    whole = read_audio(path, RATE).samples
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio = read_audio(path, RATE)
    assert 1 < audio.duration_s < 9
    np.testing.assert_allclose(audio.samples[:RATE], whole[:RATE], atol=1e-4)
    assert any(f"the sound ends at {audio.duration_s:.1f} s of the 10.0 s" in note for note in audio.notes)


def test_gaps_are_filled_with_silence(tmp_path):
    """A track that starts 2 s after the picture is 2 s of silence, then sound."""
    path, rate = tmp_path / "late.mkv", 48000
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = out.add_stream("pcm_s16le", rate=rate, layout="mono")
        for i in range(100):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts = i
            out.mux(video.encode(frame))
        out.mux(video.encode())
        pcm = (tone(2, rate, 440, -20) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, 2 * rate
        out.mux(sound.encode(frame))
    audio = read_audio(path, RATE)
    assert audio.duration_s == pytest.approx(4, abs=0.05)
    assert np.abs(audio.samples[: int(1.95 * RATE)]).max() < 1e-3
    assert level_dbfs(audio.samples[int(2.05 * RATE) : int(3.9 * RATE)]) == pytest.approx(-20, abs=0.1)
    assert audio.notes == ("2.0 s without sound data, first at 0.0 s, filled with silence",)


def test_nan_and_infinite_samples_become_silence(tmp_path):
    sound = tone(1, RATE, 440, -20)
    sound[:100], sound[100:150] = np.nan, np.inf
    audio = read_audio(write_wav(tmp_path / "nan.wav", sound[None], RATE, layout="mono"), RATE)
    assert np.isfinite(audio.samples).all() and not audio.samples[:150].any()
    assert audio.notes == ("150 samples were not numbers (NaN or infinite) and count as silence",)


def test_clipping_is_noted_with_its_share(tmp_path):
    clipped = np.clip(4 * tone(1, RATE, 441.7, -3), -1, 1)
    audio = read_audio(write_wav(tmp_path / "clipped.wav", clipped[None], RATE, layout="mono"), RATE)
    # A sine of amplitude 4 stays beyond 1 for all but (2/pi) asin(1/4) of its time: 83.9 %.
    assert audio.notes == ("83.9 % of the samples are at full scale: clipped?",)


def test_a_video_without_audio_is_an_error_with_its_duration(tmp_path):
    path = write(tmp_path / "mute.mp4", [], 48000, "aac", picture="mpeg4", picture_s=3)
    with pytest.raises(NoAudioStream, match=r"mute\.mp4 has a picture and no audio track") as caught:
        read_audio(path, RATE)
    assert caught.value.duration_s == pytest.approx(3, abs=0.05)
    with pytest.raises(NoAudioStream):
        next(stream_audio(path, RATE))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("text.mp4", b"minutes of the meeting\n" * 50, "cannot be opened as audio or video"),
        ("empty.mp4", b"", "is empty (zero bytes)"),
        ("subtitles.mp4", b"1\n00:00:01,000 --> 00:00:02,000\nOla\n\n", "holds neither sound nor a video"),
        ("playlist.mp4", b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n", "playlist.mp4"),
        ("header.wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\0\0\0\0", "header.wav"),
    ],
)
def test_files_that_are_no_media_are_errors_with_a_reason(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (lambda: read_audio(path, RATE), lambda: next(stream_audio(path, RATE))):
        with pytest.raises(MediaError) as caught:
            read()
        assert sentence in str(caught.value) and not isinstance(caught.value, NoAudioStream)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(MediaError, match=r"gone\.mp4 is not a file"):
        read_audio(tmp_path / "gone.mp4", RATE)


def test_unusual_file_names_are_opened(tmp_path):
    """Names with options, markup, line ends, other alphabets or invalid text bytes open like any other."""
    for name in ("-y.wav", "<script>.wav", "a\nb.wav", "maçã%d.wav", "quote'\".wav", "concat:x.wav", "\udcff.wav"):
        path = write_wav(tmp_path / "x.wav", tone(0.5, RATE)[None], RATE, layout="mono").rename(tmp_path / name)
        assert read_audio(path, RATE).duration_s == pytest.approx(0.5, abs=0.01), name


def test_media_are_found_by_suffix_in_order(tmp_path):
    for name in ("b.MP4", "a/z.wav", "notes.txt", ".hidden.mp4", ".cache/x.mp4", "a.mkv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.relative_to(tmp_path).as_posix() for p in find_media(tmp_path)] == ["a.mkv", "a/z.wav", "b.MP4"]


@pytest.mark.parametrize("layout", ["stereo", "5.1"])
def test_the_mix_is_that_of_the_ffmpeg_command(tmp_path, rng, layout):
    if not shutil.which("ffmpeg"):
        pytest.skip("the ffmpeg command is not on the PATH to compare with")
    planes = np.stack([noise(rng, 2, 48000, -30) for _ in range(2 if layout == "stereo" else 6)])
    path = write_wav(tmp_path / "x.wav", planes, 48000, "pcm_s16le", layout)
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-f", "s16le", "-"]
    theirs = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2") / 32768
    louder = 1 if layout == "stereo" else (1 + 2 * 0.7071 + 2 * 0.5) * 0.7071  # theirs falls with more channels
    np.testing.assert_allclose(read_audio(path, 48000).samples, louder * theirs, atol=1.5 * louder / 32768)


def test_a_multitrack_file_is_mixed_evenly(tmp_path):
    """Four channels without names have no loudspeaker positions: each has weight one quarter."""
    planes = np.stack([tone(1, RATE, f, -20) for f in (300, 500, 700, 900)])
    path = tmp_path / "four.wav"
    soundfile.write(path, planes.T, RATE, subtype="FLOAT")
    audio = read_audio(path, RATE)
    np.testing.assert_allclose(audio.samples, planes.mean(0), atol=1e-6)
    assert audio.notes == ("4 channels (1 2 3 4) mixed to mono",)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mp3", "wav"])
def test_an_excerpt_is_that_part_of_the_whole(tmp_path, suffix):
    rising = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 2000, 60 * RATE)) / RATE) * np.linspace(0.1, 0.5, 60 * RATE)
    path = write(tmp_path / f"x.{suffix}", [both(0.5 * rising)], RATE, CONTAINERS[suffix])
    whole = read_audio(path, RATE).samples
    for start_s in (0.0, 4.0, 31.5, 57.5):
        found = read_excerpt(path, start_s, start_s + 5, RATE)
        expected = whole[round(start_s * RATE) : round((start_s + 5) * RATE)]
        assert abs(len(found) - len(expected)) <= 0.003 * RATE
        spectra = [np.abs(np.fft.rfft(x[: 2 * RATE])).argmax() for x in (found, expected)]
        assert abs(spectra[0] - spectra[1]) <= 2
        assert level_dbfs(found) == pytest.approx(level_dbfs(expected), abs=0.1)


def test_an_excerpt_past_the_end_is_cut_short_and_no_media_is_an_error(tmp_path):
    path = write_wav(tmp_path / "x.wav", both(tone(3)), RATE)
    assert len(read_excerpt(path, 2.0, 7.0, RATE)) == RATE
    (tmp_path / "y.mp4").write_text("no video")
    with pytest.raises(MediaError):
        read_excerpt(tmp_path / "y.mp4", 0, 5, RATE)


def test_a_missing_folder_holds_no_media(tmp_path):
    assert find_media(tmp_path / "nowhere") == []


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov"])
def test_an_excerpt_that_begins_before_the_sound_does_begins_with_silence(tmp_path, suffix):
    """Sound from 14 s on, excerpts from 12 s, over the edge and before it."""
    path, rate = tmp_path / f"late.{suffix}", 48000
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = out.add_stream("pcm_s16le" if suffix != "mp4" else "aac", rate=rate, layout="mono")
        for i in range(25 * 30):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts = i
            out.mux(video.encode(frame))
        for k in range(16):
            pcm = np.round(tone(1, rate, 440, -20) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, (14 + k) * rate, Fraction(1, rate)
            out.mux(sound.encode(frame))
        out.mux(video.encode())
        out.mux(sound.encode())
    whole = read_audio(path, RATE).samples
    assert np.flatnonzero(np.abs(whole) > 0.01)[0] / RATE == pytest.approx(14, abs=0.1)
    for start_s in (11.5, 12.0, 13.0):
        found = read_excerpt(path, start_s, start_s + 5, RATE)
        assert len(found) == 5 * RATE
        assert np.flatnonzero(np.abs(found) > 0.01)[0] / RATE == pytest.approx(14 - start_s, abs=0.1)
    assert not read_excerpt(path, 10.5, 12.5, RATE).any()

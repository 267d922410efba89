"""Encoding: WAV files, small Opus clips for HTML pages, videos, and the round trip through a lossy codec.

Everything is encoded in memory through PyAV, whose wheel bundles FFmpeg, and written atomically.
Samples are float, full scale ±1, mono `(N,)` or `(N, channels)`.
"""

import io
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from horuslib.core.artifacts import write_bytes

CODECS = {"aac": ("aac", "mp4"), "mp3": ("libmp3lame", "mp3"), "opus": ("libopus", "webm")}
"""Name -> FFmpeg's encoder and container format."""

_OPUS_RATE_HZ = 48000
_REPEATABLE = {"fflags": "+bitexact"}
"""No dates or random identifiers in the file: the same samples give the same bytes."""
_INTERLEAVED = {"max_interleave_delta": "0"}
"""Video and audio packets are interleaved although all audio is muxed last."""


def write_wav(path: Path, samples: np.ndarray, sample_rate_hz: int, *, subtype: str = "PCM_16") -> Path:
    """Write a WAV at its true level: nothing is normalised, and samples beyond full scale are clipped.

    Parameters
    ----------
    samples : float (N,) or (N, channels).
    subtype : libsndfile's name of the sample format: `PCM_16`, `PCM_24` or `FLOAT`.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), sample_rate_hz, format="WAV", subtype=subtype)
    return write_bytes(path, buffer.getvalue())


def compressed(samples: np.ndarray, sample_rate_hz: int, bit_rate: int = 32000) -> tuple[bytes, str]:
    """A sound as Opus in WebM, small enough to be embedded in an HTML page.

    Returns
    -------
    The file's bytes and its MIME type, which every current browser plays.
    """
    return _encode(samples, sample_rate_hz, "opus", bit_rate), "audio/webm"


def round_trip(samples: np.ndarray, sample_rate_hz: int, codec: str = "aac", bit_rate: int = 64000) -> np.ndarray:
    """A sound encoded by a lossy codec and decoded again: same length, aligned with the original.

    Parameters
    ----------
    samples : float (N,) or (N, channels).
    codec : `aac`, `mp3` or `opus`.
    bit_rate : bits per second. A codec that does not support the rate uses its nearest.

    Returns
    -------
    float32, the shape of `samples`; the codec's delay is removed.
    """
    decoded = _decode(_encode(samples, sample_rate_hz, codec, bit_rate), sample_rate_hz)
    decoded = decoded[: len(samples)]
    decoded = np.pad(decoded, ((0, len(samples) - len(decoded)), (0, 0)))
    return decoded.reshape(samples.shape)


def write_video(
    path: Path,
    samples: np.ndarray,
    sample_rate_hz: int,
    frames: Iterable[np.ndarray],
    fps: int = 5,
    *,
    audio_bit_rate: int = 64000,
    video_bit_rate: int = 12000,
) -> Path:
    """Write an MP4 with AAC sound and an H.264 picture (MPEG-4 part 2 where this FFmpeg has no libx264).

    Parameters
    ----------
    frames : RGB pictures, uint8 (height, width, 3), both sides even.
    fps : pictures per second.
    audio_bit_rate, video_bit_rate : bits per second; that of the video is an upper bound with H.264.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", container_options=_REPEATABLE | _INTERLEAVED) as out:
        frames = iter(frames)
        first = next(frames)
        picture = _video_stream(out, first.shape, fps, video_bit_rate)
        sound = _audio_stream(out, "aac", sample_rate_hz, _columns(samples).shape[1], audio_bit_rate)
        for number, pixels in enumerate(_chain(first, frames)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(picture.encode(frame))
        out.mux(picture.encode())
        out.mux(sound.encode(_audio_frame(samples, sample_rate_hz)))
        out.mux(sound.encode())
    return write_bytes(path, buffer.getvalue())


def _chain(first: np.ndarray, rest: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
    yield first
    yield from rest


def _video_stream(out, shape: tuple[int, ...], fps: int, bit_rate: int):
    """The video stream; one thread and no assembler code, so that the same frames give the same bytes.

    x264's assembler code gave different bytes from run to run; at this frame size it saves hardly any time.
    """
    if "libx264" in av.codecs_available:
        limits = {
            "x264-params": "asm=0",
            "crf": "36",
            "preset": "veryslow",
            "maxrate": str(bit_rate),
            "bufsize": str(4 * bit_rate),
        }
        stream = out.add_stream("libx264", rate=fps, options=limits)
    else:
        stream = out.add_stream("mpeg4", rate=fps)
        stream.bit_rate = bit_rate
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def _audio_stream(out, encoder: str, sample_rate_hz: int, channels: int, bit_rate: int):
    stream = out.add_stream(encoder, rate=sample_rate_hz, layout="mono" if channels == 1 else "stereo")
    stream.bit_rate = bit_rate
    return stream


def _columns(samples: np.ndarray) -> np.ndarray:
    """(N, channels) float32; one or two channels."""
    columns = np.asarray(samples, np.float32).reshape(len(samples), -1)
    if columns.shape[1] > 2:
        raise ValueError(f"one or two channels can be encoded, not {columns.shape[1]}")
    return np.clip(columns, -1, 1)


def _audio_frame(samples: np.ndarray, sample_rate_hz: int) -> av.AudioFrame:
    columns = _columns(samples)
    layout = "mono" if columns.shape[1] == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(columns.reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = sample_rate_hz, 0, Fraction(1, sample_rate_hz)
    return frame


def _encode(samples: np.ndarray, sample_rate_hz: int, codec: str, bit_rate: int) -> bytes:
    if codec not in CODECS:
        raise ValueError(f"codec is {codec!r}; it can be one of {', '.join(CODECS)}")
    encoder, container = CODECS[codec]
    if codec == "opus" and sample_rate_hz != _OPUS_RATE_HZ:
        samples = soxr.resample(np.asarray(samples, np.float32), sample_rate_hz, _OPUS_RATE_HZ)
        sample_rate_hz = _OPUS_RATE_HZ
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, container_options=_REPEATABLE) as out:
        stream = _audio_stream(out, encoder, sample_rate_hz, _columns(samples).shape[1], bit_rate)
        out.mux(stream.encode(_audio_frame(samples, sample_rate_hz)))
        out.mux(stream.encode())
    return buffer.getvalue()


def _decode(content: bytes, sample_rate_hz: int) -> np.ndarray:
    """(N, channels) at `sample_rate_hz`; FFmpeg's decoder drops the encoder delay that the container declares."""
    with av.open(io.BytesIO(content)) as source:
        stream = source.streams.audio[0]
        planar = av.AudioResampler(format="fltp")
        blocks = [part.to_ndarray() for frame in source.decode(stream) for part in planar.resample(frame)]
        rate = stream.rate
    decoded = np.concatenate(blocks, axis=1).T
    return decoded if rate == sample_rate_hz else soxr.resample(decoded, rate, sample_rate_hz)

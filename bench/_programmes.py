"""Programmes with a known sound, and copies of them from which packets were taken or in which the clock was set.

All are made with PyAV alone.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE_HZ, FPS, LENGTH_S = 48000, 25, 40.0
_KEY = "00112233445566778899aabbccddeeff"
ENCRYPTION = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": _KEY, "encryption_kid": _KEY}
"""Options of the MP4 muxer: Common Encryption."""
_PMT, _MPEG_H = 2, 0x2D
"""Of ISO/IEC 13818-1: what a table of a programme begins with, and a type of stream."""


def programme(path: Path, length_s: float = LENGTH_S, tracks: int = 1, **form) -> Path:
    """A picture with pink-like noise in bursts: `sound`, `picture` (codecs), `rate`, `layout`, `muxer` (options)."""
    rate, layout = form.get("rate", RATE_HZ), form.get("layout", "stereo")
    sound, picture = form.get("sound", "mp2"), form.get("picture", "mpeg2video")
    with av.open(str(path), "w", format=form.get("format"), options=form.get("muxer", {})) as out:
        video = None
        if picture:
            video = out.add_stream(picture, rate=FPS)
            video.width, video.height, video.pix_fmt, video.bit_rate = 64, 48, "yuv420p", 100_000
            video.codec_context.thread_count = 1  # such small pictures wait longer for threads than they are worth
        audio = [out.add_stream(sound, rate=rate, layout=layout) for _ in range(tracks)]
        graph = av.AudioResampler(
            format=audio[0].format, layout=layout, rate=rate, frame_size=audio[0].frame_size or 1024
        )
        frames = [*graph.resample(_frame(bursts(length_s, rate), rate, layout)), *graph.resample(None)]
        pictures = iter(range(round(length_s * FPS)) if video else ())
        shown = 0.0
        for frame in frames:
            at_s = float(frame.pts * frame.time_base)
            while video and shown <= at_s and (number := next(pictures, None)) is not None:
                image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 250, np.uint8), format="rgb24")
                image.pts, image.time_base = number, Fraction(1, FPS)
                out.mux(video.encode(image))
                shown = (number + 1) / FPS
            for stream in audio:
                out.mux(stream.encode(frame))
        for stream in (video, *audio):
            if stream:
                out.mux(stream.encode())
    return path


def bursts(length_s: float, rate: int) -> np.ndarray:
    """(N,) mono: low noise that comes and goes four times a second, so that no part of it is silent for long."""
    rng, n = np.random.default_rng(18), round(length_s * rate)
    noise = np.convolve(rng.standard_normal(n), np.hanning(64) / 32, "same")
    gate = 0.3 + 0.7 * (np.sin(2 * np.pi * 4 * np.arange(n) / rate) > 0)
    return (0.05 * noise * gate).astype(np.float32)


def planar(path: Path, tracks: Sequence[np.ndarray], layout: str, codec: str = "pcm_s16le") -> Path:
    """A file with a track of PCM for each (channels, N) array at RATE_HZ."""
    with av.open(str(path), "w") as out:
        streams = [out.add_stream(codec, rate=RATE_HZ, layout=layout) for _ in tracks]
        for stream, planes in zip(streams, tracks, strict=True):
            samples = np.rint(planes.astype(np.float64) * 2**31).clip(-(2**31), 2**31 - 1).astype(np.int32)
            frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), "s32", layout)
            frame.sample_rate = RATE_HZ
            for piece in av.AudioResampler(stream.format, layout, RATE_HZ).resample(frame):
                out.mux(stream.encode(piece))
            out.mux(stream.encode())
    return path


def _frame(mono: np.ndarray, rate: int, layout: str) -> av.AudioFrame:
    channels = av.AudioLayout(layout).nb_channels
    frame = av.AudioFrame.from_ndarray(np.repeat(mono, channels)[None], format="flt", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def edited(
    source: Path,
    target: Path,
    keep: Callable[[str, float], bool] = lambda kind, at_s: True,
    later_s: Callable[[float], float] = lambda at_s: 0.0,
    kinds: tuple[str, ...] = ("video", "audio"),
    **muxer,
) -> Path:
    """A copy with some packets left out, or with a clock that is set in between.

    Parameters
    ----------
    kinds : of the streams that are declared.
    keep : (video or audio, seconds) -> whether a packet stays.
    later_s : seconds -> what is added to the time of its packet.
    """
    with av.open(str(source)) as given, av.open(str(target), "w", options=muxer) as out:
        streams = {s.index: out.add_stream_from_template(s) for s in given.streams if s.type in kinds}
        start_s = (given.start_time or 0) / av.time_base
        for packet in given.demux():
            if packet.dts is None or packet.stream.index not in streams:
                continue
            at_s = float(packet.pts * packet.time_base) - start_s
            if keep(packet.stream.type, at_s):
                added = round(later_s(at_s) / packet.time_base)
                packet.pts, packet.dts = packet.pts + added, packet.dts + added
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return target


def without_sound(source: Path, target: Path, start_s: float, end_s: float, **muxer) -> Path:
    """A copy without the sound's packets in between."""
    return edited(source, target, lambda kind, at_s: kind == "video" or not start_s <= at_s < end_s, **muxer)


def scrambled(transport_stream: bytes) -> bytes:
    """The same packets with those of `programme`'s sound and picture marked as scrambled, and with other payloads."""
    packets = np.frombuffer(transport_stream, np.uint8).reshape(-1, 188).copy()
    pids = ((packets[:, 1] & 0x1F).astype(int) << 8) | packets[:, 2]
    coded = np.isin(pids, (0x100, 0x101))
    packets[coded, 3] |= 0x80
    packets[coded, 20:] ^= 0x5A
    return packets.tobytes()


def with_wrong_bytes(transport_stream: bytes, rng: np.random.Generator) -> bytes:
    """Thirty bytes of it replaced by chance, none of them in its first tables."""
    content = bytearray(transport_stream)
    for place in rng.integers(2000, len(content), 30):
        content[place] = rng.integers(256)
    return bytes(content)


def of_no_codec(transport_stream: bytes, pid: int, rng: np.random.Generator) -> bytes:
    """The same packets with chance for the payloads of one PID, of a stream type without a decoder (MPEG-H 3D)."""
    packets = np.frombuffer(transport_stream, np.uint8).reshape(-1, 188).copy()
    for packet in packets:
        at = 4 + (1 + int(packet[4]) if packet[3] & 0x20 else 0)
        if int(packet[1] & 0x1F) << 8 | int(packet[2]) == pid:
            at += 9 + int(packet[at + 8]) if packet[1] & 0x40 else 0  # a header of a PES packet stays
            packet[at:] = rng.integers(0, 128, 188 - at)
        elif packet[1] & 0x40 and at < 188 and packet[at + 1] == _PMT:
            _set_stream_type(packet[at + 1 :], pid)
    return packets.tobytes()


def _set_stream_type(section: np.ndarray, pid: int) -> None:
    end = 3 + (int(section[1] & 0x0F) << 8 | int(section[2])) - 4
    at = 12 + (int(section[10] & 0x0F) << 8 | int(section[11]))
    while at < end:
        if int(section[at + 1] & 0x1F) << 8 | int(section[at + 2]) == pid:
            section[at] = _MPEG_H
        at += 5 + (int(section[at + 3] & 0x0F) << 8 | int(section[at + 4]))
    section[end : end + 4] = np.frombuffer(_crc(section[:end].tobytes()), np.uint8)


def _crc(section: bytes) -> bytes:
    """CRC-32 of ISO/IEC 13818-1 annex A, as it ends a section."""
    crc = 0xFFFFFFFF
    for byte in section:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc.to_bytes(4, "big")

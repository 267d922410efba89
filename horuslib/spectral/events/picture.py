"""video.mp4 of any size, rate and codec as small frames with times; decoding is bounded whatever a file claims."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from horuslib.audio.streams.opening import MediaError, open_media

FILE = "video.mp4"
MAX_SIDE = 256
"""Pixels of the longer side that are kept; enough for a person who takes a sixth of the picture's height."""
_LARGEST_SIDE, _MOST_FRAMES_PER_S = 8192, 240
_THREADS = 2
_SPACING_S = 0.0625
"""Frames that follow sooner are left out: 16 a second are more than one for each step of the common clock (0.1 s)."""
_LARGE_SIDE, _FAST_RATE = 1280, 24
"""Of larger and faster videos, frames that no other frame refers to are not decoded."""


@dataclass(frozen=True)
class Picture:
    """What a camera saw.

    Attributes
    ----------
    frames : (n, height, width, 3) uint8 RGB, longer side at most MAX_SIDE.
    times_s : (n,) seconds of the event, at least _SPACING_S apart.
    """

    frames: np.ndarray
    times_s: np.ndarray
    source_width: int
    source_height: int
    notes: tuple[str, ...] = ()


def read_picture(path: Path, duration_s: float) -> Picture:
    """Decode an event's video up to the event's end, reduced to MAX_SIDE; smaller videos keep their size.

    Parameters
    ----------
    duration_s : of the event; what lies behind it is not decoded.

    Raises
    ------
    MediaError
        When there is no picture, nothing decodes, or its size is beyond what a camera makes.
    """
    opened, _ = open_media(path, [])
    with opened as container:
        if not container.streams.video:
            raise MediaError(f"{path.name} has no picture: put the event's video there, or remove the file.")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise MediaError(f"{path.name}: its video codec is unknown: convert it, for example to H.264.")
        _check_size(path, stream.width, stream.height)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = _THREADS
        if max(stream.width, stream.height) >= _LARGE_SIDE and (stream.average_rate or 0) >= _FAST_RATE:
            stream.codec_context.skip_frame = "NONREF"
        frames, times, damaged = _decoded(container, stream, duration_s)
        size = (stream.width, stream.height)
    if not frames:
        raise MediaError(f"{path.name}: no frame of its video decodes. Copy it again, or leave it out.")
    return Picture(np.stack(frames), np.array(times), *size, tuple(_notes(times, damaged, duration_s)))


def _check_size(path: Path, width: int, height: int) -> None:
    if not 0 < max(width, height) <= _LARGEST_SIDE:
        raise MediaError(
            f"{path.name} claims frames of {width}x{height}; up to {_LARGEST_SIDE} pixels a side are decoded. "
            "Convert it, or leave it out."
        )


def _decoded(container, stream, duration_s: float) -> tuple[list[np.ndarray], list[float], int]:
    """Frames, their times, and how many packets were damaged."""
    frames: list[np.ndarray] = []
    times: list[float] = []
    damaged, size, first_s = 0, None, None
    most = round(_MOST_FRAMES_PER_S * duration_s)
    packets = container.demux(stream)
    while len(frames) < most:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            decoded = packet.decode()
        except av.FFmpegError:
            damaged += 1
            if damaged > most:
                break
            continue
        for frame in decoded:
            time_s = float(frame.time) if frame.time is not None else len(frames) / float(stream.average_rate or 30)
            first_s = time_s if first_s is None else first_s
            if time_s - first_s > duration_s:
                return frames, times, damaged
            if times and time_s - first_s < times[-1] + _SPACING_S:
                continue
            size = size or _reduced(frame.width, frame.height)
            frames.append(frame.to_ndarray(format="rgb24", width=size[0], height=size[1], interpolation="AREA"))
            times.append(time_s - first_s)
    return frames, times, damaged


def _reduced(width: int, height: int) -> tuple[int, int]:
    """Width and height with the longer side at most MAX_SIDE, both even."""
    factor = min(1.0, MAX_SIDE / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def _notes(times: list[float], damaged: int, duration_s: float) -> list[str]:
    notes = []
    if damaged:
        notes.append(f"{damaged} damaged packets left out")
    if len(times) == 1:
        notes.append("one frame only: nothing can be seen to change")
    elif times[-1] < 0.7 * duration_s:
        notes.append(f"the picture ends at {times[-1]:.1f} s of {duration_s:.1f} s")
    return notes

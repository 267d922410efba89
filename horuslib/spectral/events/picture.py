"""video.mp4 of any size, rate and codec as small frames with times; decoding is bounded whatever a file claims."""

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from horuslib.audio.streams.opening import MediaError, open_media

FILE = "video.mp4"
MAX_SIDE = 256
"""Pixels of the longer side that are kept; enough for a person who takes a sixth of the picture's height."""
_LARGEST_SIDE, _MOST_FRAMES_PER_S, _MOST_PIXELS_PER_S = 8192, 240, 2_000_000_000
"""What a camera makes at most, 8K at 60 frames a second included; beyond it, a file claims to bind the processor."""
_QUARTER = 90
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
        film = _decoded(container, stream, duration_s)
        size = (stream.width, stream.height)
    if not film.frames:
        raise MediaError(f"{path.name}: no frame of its video decodes. Copy it again, or leave it out.")
    frames, size = _upright(np.stack(film.frames), size, film.turned)
    return Picture(frames, np.array(film.times), *size, tuple(_notes(film, duration_s)))


def _check_size(path: Path, width: int, height: int) -> None:
    if not 0 < max(width, height) <= _LARGEST_SIDE:
        raise MediaError(
            f"{path.name} claims frames of {width}x{height}; up to {_LARGEST_SIDE} pixels a side are decoded. "
            "Convert it, or leave it out."
        )


@dataclass
class _Film:
    """What was decoded so far.

    Attributes
    ----------
    frames, times : those that are kept, and the seconds since the first.
    turned : quarters counter-clockwise by which the frames are shown, as the camera wrote them lying.
    damaged : packets that do not decode. bounded : whether decoding ended at more than a camera makes.
    """

    frames: list[np.ndarray] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    turned: int = 0
    damaged: int = 0
    bounded: bool = False


def _decoded(container, stream, duration_s: float) -> _Film:
    """The frames of an event's duration, as far as a camera could have made them."""
    film = _Film()
    size, first_s, count, pixels = None, None, 0, 0
    most = round(_MOST_FRAMES_PER_S * duration_s)
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return film
            decoded = packet.decode()
        except av.FFmpegError:
            film.damaged += 1
            if film.damaged > most:
                return film
            continue
        for frame in decoded:
            time_s = float(frame.time) if frame.time is not None else count / float(stream.average_rate or 30)
            first_s = time_s if first_s is None else first_s
            if time_s - first_s > duration_s:
                return film
            count, pixels = count + 1, pixels + frame.width * frame.height
            if count > most + 1 or (film.frames and pixels > _MOST_PIXELS_PER_S * duration_s):
                film.bounded = True
                return film
            if film.times and time_s - first_s < film.times[-1] + _SPACING_S:
                continue
            if size is None:
                size, film.turned = _reduced(frame.width, frame.height), round(frame.rotation / _QUARTER) % 4
            film.frames.append(frame.to_ndarray(format="rgb24", width=size[0], height=size[1], interpolation="AREA"))
            film.times.append(time_s - first_s)


def _upright(frames: np.ndarray, size: tuple[int, int], turned: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Frames as they are shown, and the width and height of what they were made from."""
    if not turned:
        return frames, size
    return np.ascontiguousarray(np.rot90(frames, turned, axes=(1, 2))), size if turned == 2 else (size[1], size[0])


def _reduced(width: int, height: int) -> tuple[int, int]:
    """Width and height with the longer side at most MAX_SIDE, both even."""
    factor = min(1.0, MAX_SIDE / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def _notes(film: _Film, duration_s: float) -> list[str]:
    notes = []
    if film.bounded:
        notes.append(
            f"it is larger or faster than a camera's (more than {_MOST_FRAMES_PER_S} frames a second, or "
            f"the pixels of 8K at 60): what follows {film.times[-1]:.1f} s was left out"
        )
    if film.damaged:
        notes.append(f"{film.damaged} damaged packets left out")
    if len(film.times) == 1:
        notes.append("one frame only: nothing can be seen to change")
    elif film.times[-1] < 0.7 * duration_s:
        notes.append(f"the picture ends at {film.times[-1]:.1f} s of {duration_s:.1f} s")
    return notes

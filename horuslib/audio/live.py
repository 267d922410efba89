"""Sound without an end: streams, devices, pipes, and files that are still being written."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from horuslib.audio.channels import Mixdown
from horuslib.audio.media import mixed, resampled
from horuslib.audio.track import AudioTrack, MediaError

log = logging.getLogger(__name__)
PIPE = "-"
_REPEATING = {"hls"}
"""Formats that keep what was sent lately: a lost connection goes on where it was."""
_PAUSE_S = 1.0
"""Between two attempts to connect."""


class UnknownSource(MediaError):
    """A source that no attempt will ever reach."""


def live_audio(
    source: str,
    sample_rate_hz: int,
    patience_s: float = 10.0,
    attempts: int | None = None,
    container_format: str | None = None,
) -> Iterator[np.ndarray]:
    """Mono float32 (N,) in blocks of about a second, as they come; one sound, however often the source is lost.

    Parameters
    ----------
    source : whatever FFmpeg opens (a URL, a device), `-` for standard input, or a file, which is read while it grows.
    patience_s : a source that brings nothing for so long is lost. A file, a pipe and whatever on the web tells its
        length end there; anything else is connected to again.
    attempts : connections in a row that bring no sound before giving up; None never gives up.
    container_format : FFmpeg's name of it, where it cannot be guessed (`alsa`, `s16le`).

    Raises
    ------
    MediaError
        When there is no such file, format or protocol, a file or pipe holds no sound, or the last attempt was in vain.
    """
    _check_format(container_format)
    name = "standard input" if source == PIPE else source
    ends = source == PIPE or Path(source).is_file()
    in_vain, received_to_s, lost_by = 0, None, ""
    while True:
        brought = False
        try:
            container = _opened(source, patience_s, container_format, received_to_s is not None)
            ends = ends or _tells_its_length(source, container)
            with AudioTrack(Path(source), container) as track:
                if received_to_s is not None and container.format.name in _REPEATING:
                    track.leave_out(received_to_s)
                for block in resampled(mixed(track, Mixdown()), sample_rate_hz):
                    brought, received_to_s = True, track.clock_s
                    yield block
            reason = "it ended"
        except av.error.ExitError:
            reason = f"nothing came for {patience_s:g} s; --patience may be longer"
        except UnknownSource:
            raise
        except (MediaError, av.FFmpegError) as e:
            reason = str(e)
        if ends and not brought:
            raise MediaError(f"{name} cannot be heard: {reason}.")
        if ends:
            log.warning("%s is over (%s).", name, reason)
            return
        in_vain = 0 if brought else in_vain + 1
        if attempts is not None and in_vain >= attempts:
            raise MediaError(f"{source} brought no sound in {attempts} attempts (last: {reason}).")
        if brought or reason != lost_by:
            log.warning("%s was lost (%s): connecting again.", source, reason)
        lost_by = reason
        time.sleep(_PAUSE_S)


def _check_format(name: str | None) -> None:
    try:
        av.format.ContainerFormat(name or "wav", "r")
    except ValueError:
        raise UnknownSource(f"FFmpeg knows no format {name!r}: `ffmpeg -formats` lists what it reads.") from None


def _opened(source: str, patience_s: float, container_format: str | None, again: bool) -> "av.container.InputContainer":
    address, options = source, {"live_start_index": "0"} if again else {}
    if source == PIPE:
        address = "pipe:0"
    elif Path(source).is_file():
        address, options = f"file:{source}", {"follow": "1"}
    try:
        return av.open(address, format=container_format, options=options, timeout=patience_s)
    except av.error.ProtocolNotFoundError:
        raise UnknownSource(
            f"The built-in FFmpeg knows no protocol {source.partition(':')[0]}. Let the ffmpeg command fetch it: "
            f"`ffmpeg -i {source} -vn -f wav - | horus watch -`."
        ) from None
    except av.error.FileNotFoundError:
        if "://" in source:
            raise
        raise UnknownSource(f"There is no file or device {source}.") from None


def _tells_its_length(source: str, container: "av.container.InputContainer") -> bool:
    """Whether a URL is that of a file or of a playlist with an end: connecting again would play it from the start."""
    return source.startswith(("http://", "https://")) and bool(container.duration)

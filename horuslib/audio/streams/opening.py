"""Files as open containers: what their format needs to be read to its end."""

from pathlib import Path
from typing import Any

import av

from horuslib.audio.streams.transport_stream import TransportStream, is_transport_stream
from horuslib.audio.streams.wav_header import understates
from horuslib.core.errors import UserError

OPENED: dict[str, Any] = {"metadata_errors": "replace"}
"""Arguments of `av.open` for every source."""
THIS_FILE = {"protocol_whitelist": "file"}
"""FFmpeg's options for a file: a playlist with a media suffix must not fetch anything."""
UNTIMED = {"mp3", "aac", "ac3", "eac3", "dts"}
"""Elementary streams: times and durations are FFmpeg's estimates from the bit rate or the first frame."""
INDEXED = {"mov,mp4,m4a,3gp,3g2,mj2"}
"""Containers whose index tells the time of every picture."""
UNLISTED = {"mpeg", "flv"}
"""Containers without a list of their tracks: one that begins late is found only by reading that far."""
_LONG_PROBE = {"probesize": "200000000", "analyzeduration": "600000000"}
"""Bytes and microseconds."""


class MediaError(UserError):
    """A file whose sound cannot be decoded."""


class NoAudioStream(MediaError):
    """A video without any audio track. `duration_s` is that of the video stream."""

    def __init__(self, message: str, duration_s: float):
        super().__init__(message)
        self.duration_s = duration_s


def open_media(path: Path, notes: list[str]) -> "tuple[av.container.InputContainer, TransportStream | None]":
    """The container of a file, and the bytes that it reads where they may be cut.

    Parameters
    ----------
    notes : is given what was odd.

    Raises
    ------
    MediaError
        When the file is missing, empty or no media.
    """
    if not path.is_file():
        raise MediaError(f"{path.name} is not a file.")
    if path.stat().st_size == 0:
        raise MediaError(f"{path.name} is empty (zero bytes): copy it again.")
    try:
        if is_transport_stream(path):
            stream = TransportStream(open(path, "rb").read)  # noqa: SIM115 - closed with the last reference to it
            return av.open(stream, **OPENED), stream
        options = dict(THIS_FILE)
        if understates(path):
            options["ignore_length"] = "1"
            notes.append("the header declares less sound than the file holds: all of it was read")
        container = av.open(str(path.absolute()), options=options, **OPENED)
        if container.format.name in UNLISTED and not container.streams.audio:
            container.close()
            container = av.open(str(path.absolute()), options={**options, **_LONG_PROBE}, **OPENED)
        return container, None
    except (av.FFmpegError, OSError) as e:
        raise MediaError(
            f"{path.name} cannot be opened as audio or video ({e.strerror}): damaged, truncated, or not a media file."
        ) from None


def declared_s(container: "av.container.InputContainer", stream: "av.AudioStream | None") -> float:
    """Length (s) that a container gives for a track, or for all it holds; 0 where it gives none."""
    if container.format.name in UNTIMED:
        return 0.0
    if stream is not None and stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base

"""Live sources: streams, devices, pipes, and files that are still being written."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np

from horuslib.audio.channels import Mixdown
from horuslib.audio.media import mixed, resampled
from horuslib.audio.streams.datagrams import Datagrams, Reader, file_reader, is_datagram_source, pipe_reader
from horuslib.audio.streams.lost_sound import Span, lost_within
from horuslib.audio.streams.opening import OPENED
from horuslib.audio.streams.transport_stream import TransportStream, is_transport_stream
from horuslib.audio.track import AudioTrack, MediaError

log = logging.getLogger(__name__)
PIPE = "-"
_REPEATING = {"hls"}
"""Formats whose servers keep the latest sound: after a reconnection, reading resumes at the same point."""
_PAUSE_S = 1.0
"""Between two connection attempts."""
_SEARCH_S = 30.0
"""So much lost sound makes a new connection, which finds tracks that began after the last one."""
_SPANS_KEPT = 10_000
"""Spans of lost sound that are remembered, the latest: far more than lie in what is still being decided."""
_SHORT_PROBE = {"analyzeduration": "2000000"}
"""Microseconds: tables name the tracks of a transport stream, also those that are silent yet."""
_NETWORK = {"merge_pmt_versions": "1"}
"""FFmpeg follows new PIDs of the same codec."""


class UnknownSource(MediaError):
    """A source that no retry can open: an unknown format, protocol, file or device."""


def live_audio(
    source: str,
    sample_rate_hz: int,
    patience_s: float = 10.0,
    attempts: int | None = None,
    container_format: str | None = None,
    lost: list[Span] | None = None,
    track: int | None = None,
    mixdown: Mixdown | None = None,
) -> Iterator[np.ndarray]:
    """Mono float32 (N,) in blocks of about a second, as they arrive; one continuous signal across reconnections.

    Parameters
    ----------
    source : whatever FFmpeg opens (a URL, a device), `-` for standard input, or a file, which is read while it grows.
    patience_s : timeout; a source that delivers nothing for this long is lost. A file, a pipe or a URL of known
        duration ends there; anything else is reconnected.
    attempts : consecutive connections without sound before giving up; None never gives up.
    container_format : FFmpeg's name of the format, where it cannot be guessed (`alsa`, `s16le`).
    lost : a list that is given the spans (s of what was given) without sound data, each before the silence that stands
        for it; the last one grows while pictures go on without sound. The oldest of very many are dropped.
    track : which of several audio tracks, counted from 1; by default the first.
    mixdown : mixes the channels, and finds their faults.

    Raises
    ------
    MediaError
        When there is no such file, format or protocol, a file or pipe holds no sound, or the last attempt failed.
    """
    _check_format(container_format)
    name = "standard input" if source == PIPE else source
    ends = source == PIPE or Path(source).is_file()
    lost, mixdown = [] if lost is None else lost, mixdown or Mixdown()
    failed, received_to_s, given_s, last_reason = 0, None, 0.0, ""
    with _reader(source, patience_s) as reader:
        while True:
            received, searched = False, given_s
            try:
                container, cut = _opened(source, reader, patience_s, container_format, received_to_s is not None)
                ends = ends or _has_known_duration(source, container)
                with AudioTrack(Path(source), container, cut, live=True, track=track) as opened:
                    opened.position.lost, opened.position.since_s = lost, given_s
                    if received_to_s is not None and container.format.name in _REPEATING:
                        opened.skip_until(received_to_s)
                    for block in resampled(mixed(opened, mixdown), sample_rate_hz):
                        received, received_to_s = True, opened.clock_s
                        given_s += len(block) / sample_rate_hz
                        del lost[:-_SPANS_KEPT]
                        yield block
                        if cut is None and not ends and lost_within(lost, searched, given_s) > _SEARCH_S:
                            break
                reason = opened.ended_by.removesuffix(".") or "end of stream"
            except av.error.ExitError:
                reason = f"no data for {patience_s:g} s; a longer --patience may help"
            except UnknownSource:
                raise
            except (MediaError, av.FFmpegError) as e:
                reason = str(e)
            if ends and not received:
                raise MediaError(f"{name} cannot be read: {reason}.")
            if ends:
                log.warning("%s ended (%s).", name, reason)
                return
            failed = 0 if received else failed + 1
            if attempts is not None and failed >= attempts:
                raise MediaError(f"{source} delivered no sound in {attempts} attempts (last: {reason}).")
            if received or reason != last_reason:
                log.warning("%s was lost (%s): reconnecting.", source, reason)
            last_reason = reason
            time.sleep(_PAUSE_S)


def _check_format(name: str | None) -> None:
    try:
        av.format.ContainerFormat(name or "wav", "r")
    except ValueError:
        raise UnknownSource(f"FFmpeg has no format {name!r}: `ffmpeg -formats` lists all formats.") from None


@contextmanager
def _reader(source: str, patience_s: float) -> Iterator[Reader | None]:
    """Reads the bytes of a source that may be cut; None where FFmpeg reads it."""
    if source == PIPE:
        yield pipe_reader(0, patience_s)
    elif Path(source).is_file() and is_transport_stream(Path(source)):
        yield file_reader(Path(source), patience_s)
    elif is_datagram_source(source):
        try:
            datagrams = Datagrams(source, patience_s)
        except OSError as e:
            raise UnknownSource(f"{source} cannot be received ({e.strerror}).") from None
        try:
            yield datagrams.read
        finally:
            datagrams.close()
    else:
        yield None


def _opened(
    source: str, reader: Reader | None, patience_s: float, container_format: str | None, again: bool
) -> "tuple[av.container.InputContainer, TransportStream | None]":
    """The container, and the bytes that it reads where they may be cut."""
    if reader:
        cut = TransportStream(reader)
        options = _SHORT_PROBE if cut.is_transport_stream() else {}
        return av.open(cut, format=container_format, options=options, **OPENED), cut
    address, options = source, dict(_NETWORK, **({"live_start_index": "0"} if again else {}))
    if Path(source).is_file():
        address, options = f"file:{source}", {"follow": "1"}
    try:
        return av.open(address, format=container_format, options=options, timeout=patience_s, **OPENED), None
    except av.error.ProtocolNotFoundError:
        raise UnknownSource(
            f"The built-in FFmpeg does not support {source.partition(':')[0]}. Use the ffmpeg command instead: "
            f"`ffmpeg -i {source} -vn -f wav - | horus watch -`."
        ) from None
    except av.error.FileNotFoundError:
        if "://" in source:
            raise
        raise UnknownSource(f"There is no file or device {source}.") from None


def _has_known_duration(source: str, container: "av.container.InputContainer") -> bool:
    """Whether a URL is that of a file or of a finished playlist: reconnecting would play it from the start again."""
    return source.startswith(("http://", "https://")) and bool(container.duration)

"""Which of several audio tracks is heard: the first that carries sound, or the one asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import av
import numpy as np
from av.stream import Discard

from horuslib.audio.channels.faults import ChannelFault
from horuslib.audio.streams.layouts import settle_layout

PROBES, PROBE_S = 8, 2.0
"""Places of a file, and seconds at each, where its tracks are sampled."""
SILENT_DBFS = -60.0
_SETTLING_S = 0.2
"""After a seek, decoders need some frames until their output is correct."""


class TrackLevel(TypedDict):
    """One of several audio tracks, as the diagnosis writes it."""

    track: int
    """Counted from 1."""
    heard: bool
    level_dbfs: float | None
    """RMS of the loudest sample taken of it; None for digital silence, or where nothing decodes."""
    language: str


Note = str | ChannelFault | TrackLevel
"""What was odd about a file: in words, or as the diagnosis writes it."""


def survey(path: Path, planes_of: Callable[[av.AudioFrame], np.ndarray]) -> list[TrackLevel]:
    """The level of every audio track, sampled at places spread over the file; none is marked as heard.

    Raises FFmpegError when the file cannot be opened.
    """
    options = {"protocol_whitelist": "file"}
    with av.open(str(path.absolute()), options=options, metadata_errors="replace") as container:
        tracks = container.streams.audio
        for stream in container.streams:
            if stream not in tracks:
                stream.discard = Discard.all
            elif stream.codec_context:
                settle_layout(stream.codec_context)
        return _levels(container, planes_of)


def _levels(
    container: "av.container.InputContainer", planes_of: Callable[[av.AudioFrame], np.ndarray]
) -> list[TrackLevel]:
    tracks = container.streams.audio
    loudest = dict.fromkeys((track.index for track in tracks), 0.0)
    for k in range(PROBES if container.duration else 1):
        if k:
            try:
                container.seek((container.start_time or 0) + container.duration * k // PROBES)
            except av.FFmpegError:
                break
        for index, power in _sampled(container, planes_of).items():
            loudest[index] = max(loudest[index], power)
    return [
        {
            "track": number,
            "heard": False,
            "level_dbfs": round(10 * float(np.log10(loudest[track.index])), 1) if loudest[track.index] > 0 else None,
            "language": track.language or "",
        }
        for number, track in enumerate(tracks, 1)
    ]


def first_with_sound(levels: list[TrackLevel]) -> int:
    """The number of the track to hear: the first above SILENT_DBFS; where all are silent, the first."""
    return next((x["track"] for x in levels if x["level_dbfs"] is not None and x["level_dbfs"] > SILENT_DBFS), 1)


def sentences(levels: list[TrackLevel], heard: int, asked: bool, tracks: int) -> list[str]:
    """Which of so many tracks was heard, and what the others hold, where they were sampled."""
    which = "the first is used" if heard == 1 else f"track {heard} is used"
    why = ", as asked" if asked else ", the first that carries sound" if heard > 1 else ""
    others = [_words(x) for x in levels if x["track"] != heard]
    return [f"{tracks} audio tracks; {which}{why}", *([f"not heard: {', '.join(others)}"] if others else [])]


def _words(level: TrackLevel) -> str:
    dbfs = level["level_dbfs"]
    holds = "silent" if dbfs is None or dbfs <= SILENT_DBFS else f"{dbfs:.0f} dBFS"
    return f"track {level['track']} ({', '.join(filter(None, (level['language'], holds)))})"


def _sampled(
    container: "av.container.InputContainer", planes_of: Callable[[av.AudioFrame], np.ndarray]
) -> dict[int, float]:
    """Mean square of the next PROBE_S of every audio track, of its loudest channel."""
    tracks = container.streams.audio
    taken_s = dict.fromkeys((track.index for track in tracks), 0.0)
    power = dict.fromkeys(taken_s, 0.0)
    try:
        for packet in container.demux(*tracks):
            index = packet.stream.index
            if packet.size and packet.has_sidedata("encryption_info"):
                break
            for frame in _frames(packet):
                length_s = frame.samples / frame.sample_rate
                if taken_s[index] >= _SETTLING_S:
                    planes = planes_of(frame).astype(np.float64)
                    power[index] += float(np.nan_to_num(planes**2).mean(axis=1).max(initial=0)) * length_s
                taken_s[index] += length_s
            if min(taken_s.values()) >= PROBE_S or max(taken_s.values()) >= 3 * PROBE_S:
                break
    except (av.FFmpegError, IndexError):  # PyAV's, where FFmpeg finds more streams on the way
        pass
    return {index: power[index] / max(taken_s[index] - _SETTLING_S, 1e-3) for index in power}


def _frames(packet: av.Packet) -> list[av.AudioFrame]:
    try:
        return packet.decode() if packet.stream.codec_context else []
    except av.FFmpegError:
        return []

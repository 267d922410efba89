"""Which of several audio tracks is heard: the first that carries sound, or the one asked for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import av
import numpy as np
from av.stream import Discard

from horuslib.audio.channels.coded import coded_channels
from horuslib.audio.channels.faults import ChannelFault
from horuslib.audio.streams.blocks import Block, planes_of
from horuslib.audio.streams.layouts import channel_names, settle_layout
from horuslib.audio.streams.opening import OPENED, THIS_FILE, MediaError, NoAudioStream

PROBES, PROBE_S = 8, 2.0
"""Places of a file, and seconds at each, where its tracks are sampled."""
SILENT_DBFS = -60.0
_NOT_HEARD = "not heard: "
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
    coded: bool
    """Whether it is coded audio in place of PCM (`channels.coded`)."""


class MixLevel(TypedDict):
    """What the loudness of the programme has to be told by, where only its mono mix is known."""

    louder_db: float
    """How much louder the programme is than the mix."""


Note = str | ChannelFault | TrackLevel | MixLevel
"""What was odd about a file: in words, or as the diagnosis writes it; and the level of its mix."""


@dataclass
class TrackChoice:
    """The choice among the audio tracks of a source, which the parts that follow keep to.

    Parameters
    ----------
    notes : is given which of several is decoded.
    asked : the number asked for, if any.
    is_file : whether the tracks can be sampled.
    may_come : whether a source without an audio track may have one later.
    """

    path: Path
    notes: list[str]
    asked: int | None
    is_file: bool
    may_come: bool
    levels: list[TrackLevel] = field(default_factory=list)
    """What each of several tracks holds, where they were sampled."""
    _number: int = 0

    def of(self, container: "av.container.InputContainer") -> av.AudioStream | None:
        """The track to decode; None where pictures go on without one and a later part may have one.

        Raises
        ------
        MediaError
            When there is neither sound nor a picture, no track of the number asked for, or no codec for it.
        NoAudioStream
            When there is a picture and no audio track.
        """
        tracks = container.streams.audio
        duration_s = (container.duration or 0) / av.time_base
        if not tracks:
            pictures = container.streams.video
            if pictures and self.may_come:
                return None
            if pictures and duration_s > 0:
                raise NoAudioStream(f"{self.path.name} has a picture and no audio track.", duration_s)
            raise MediaError(f"{self.path.name} holds neither sound nor a video: put a media file there or remove it.")
        chosen = tracks[self._position(len(tracks))]
        if chosen.codec_context is None:
            raise MediaError(f"{self.path.name}: its audio codec is unknown: convert it, for example to AAC.")
        return chosen

    def _position(self, tracks: int) -> int:
        """Which of so many tracks, from 0."""
        if not self._number:
            if self.asked is not None and self.asked > tracks:
                raise MediaError(f"{self.path.name} has {tracks} audio tracks, and no track {self.asked}.")
            if tracks > 1 and self.is_file:
                levels = survey(self.path)  # of other tracks, where FFmpeg finds more on the way
                self.levels += levels if len(levels) == tracks else []
            self._number = self.asked or first_with_sound(self.levels)
            if self.levels:
                self.levels[self._number - 1]["heard"] = True
            if tracks > 1:
                self.notes += sentences(self.levels, self._number, self.asked is not None, tracks)
        return min(self._number, tracks) - 1


def survey(path: Path) -> list[TrackLevel]:
    """The level of every audio track, sampled at places spread over the file; none is marked as heard."""
    try:
        with av.open(str(path.absolute()), options=THIS_FILE, **OPENED) as container:
            for stream in container.streams:
                if stream not in container.streams.audio:
                    stream.discard = Discard.all
                elif stream.codec_context:
                    settle_layout(stream.codec_context)
            return _levels(container)
    except av.FFmpegError:
        return []


def _levels(container: "av.container.InputContainer") -> list[TrackLevel]:
    tracks = container.streams.audio
    loudest = dict.fromkeys((track.index for track in tracks), 0.0)
    coded: set[int] = set()
    for k in range(PROBES if container.duration else 1):
        if k:
            try:
                container.seek((container.start_time or 0) + container.duration * k // PROBES)
            except av.FFmpegError:
                break
        for index, frames in _sampled(container).items():
            loudest[index] = max(loudest[index], _power(frames))
            if _is_coded(frames):
                coded.add(index)
    return [
        {
            "track": number,
            "heard": False,
            "level_dbfs": round(10 * float(np.log10(loudest[track.index])), 1) if loudest[track.index] > 0 else None,
            "language": track.language or "",
            "coded": track.index in coded,
        }
        for number, track in enumerate(tracks, 1)
    ]


def first_with_sound(levels: list[TrackLevel]) -> int:
    """The number of the track to hear: the first above SILENT_DBFS, rather of PCM than of coded audio in its place.

    Where all are silent, it is the first.
    """
    heard = [x for x in levels if x["level_dbfs"] is not None and x["level_dbfs"] > SILENT_DBFS]
    return next((x["track"] for x in sorted(heard, key=lambda x: x["coded"])), 1)


def sentences(levels: list[TrackLevel], heard: int, asked: bool, tracks: int) -> list[str]:
    """Which of so many tracks was heard, and what the others hold, where they were sampled."""
    which = "the first is used" if heard == 1 else f"track {heard} is used"
    why = ", as asked" if asked else ", the first that carries sound" if heard > 1 else ""
    return [f"{tracks} audio tracks; {which}{why}", *not_heard([x for x in levels if x["track"] != heard])]


def not_heard(levels: list[TrackLevel]) -> list[str]:
    """What tracks hold that are not heard, if there are any, in words."""
    return [f"{_NOT_HEARD}{', '.join(map(_words, levels))}"] if levels else []


def with_heard(notes: list[str], levels: list[TrackLevel], number: int) -> list[str]:
    """The notes when a further track is heard, which is marked."""
    for level in levels[number - 1 : number]:
        level["heard"] = True
    rest = not_heard([x for x in levels if not x["heard"]])
    return [note for note in notes if not note.startswith(_NOT_HEARD)] + rest


def _words(level: TrackLevel) -> str:
    dbfs = level["level_dbfs"]
    holds = "silent" if dbfs is None or dbfs <= SILENT_DBFS else "coded audio" if level["coded"] else f"{dbfs:.0f} dBFS"
    return f"track {level['track']} ({', '.join(filter(None, (level['language'], holds)))})"


def _sampled(container: "av.container.InputContainer") -> dict[int, list[Block]]:
    """The next PROBE_S of every audio track."""
    tracks = container.streams.audio
    taken: dict[int, list[Block]] = {track.index: [] for track in tracks}
    taken_s = dict.fromkeys(taken, 0.0)
    try:
        for packet in container.demux(*tracks):
            index = packet.stream.index
            if packet.size and packet.has_sidedata("encryption_info"):
                break
            for frame in _frames(packet):
                taken[index].append(Block(planes_of(frame), channel_names(frame.layout), frame.sample_rate))
                taken_s[index] += frame.samples / frame.sample_rate
            if min(taken_s.values()) >= PROBE_S or max(taken_s.values()) >= 3 * PROBE_S:
                break
    except (av.FFmpegError, IndexError):  # PyAV's, where FFmpeg finds more streams on the way
        pass
    return taken


def _power(blocks: list[Block]) -> float:
    """Mean square of the loudest channel, without what decoders give right after a seek."""
    settled, at_s = [], 0.0
    for block in blocks:
        if at_s >= _SETTLING_S:
            settled.append(np.nan_to_num(block.planes.astype(np.float64) ** 2).mean(axis=1).max(initial=0))
        at_s += block.duration_s
    return float(np.mean(settled)) if settled else 0.0


def _is_coded(blocks: list[Block]) -> bool:
    """Whether every channel carries coded audio."""
    forms = {(block.layout, block.sample_rate_hz) for block in blocks}
    if len(forms) != 1:
        return False
    ((layout, rate_hz),) = forms
    together = Block(np.concatenate([block.planes for block in blocks], axis=1), layout, rate_hz)
    return sum(map(len, coded_channels(together))) == len(layout)


def _frames(packet: av.Packet) -> list[av.AudioFrame]:
    try:
        return packet.decode() if packet.stream.codec_context else []
    except av.FFmpegError:
        return []

"""The packets of a programme's sound and pictures, from one container after another where it moves to other tracks."""

from collections.abc import Callable, Iterator

import av
from av.stream import Discard

from horuslib.audio.streams.layouts import settle_layout
from horuslib.audio.streams.opening import INDEXED, OPENED, MediaError
from horuslib.audio.streams.pictures import IndexedPictures, moving_picture
from horuslib.audio.streams.programme_clock import SOUND
from horuslib.audio.streams.sound_position import SoundPosition
from horuslib.audio.streams.successor import Successor
from horuslib.audio.streams.transport_stream import TransportStream

_HELD = 16
"""Packets of sound that wait for a picture."""


class Parts:
    """The open container of a programme; of a transport stream that moves to other PIDs or codecs, one after another.

    Parameters
    ----------
    container : the first; `close` closes the last.
    cut : the bytes that it reads, where they may be cut.
    choose : gives the audio track of a container; None where pictures go on without one.
    size_bytes : of a file, whose index may tell the times of its pictures; None of a live source.
    notes : is given what was odd.
    follow : whether the sound may go on in another audio track of the container.

    Raises
    ------
    MediaError
        That of `choose`, on the first container.
    """

    def __init__(
        self,
        container: "av.container.InputContainer",
        cut: TransportStream | None,
        choose: Callable[["av.container.InputContainer"], "av.AudioStream | None"],
        size_bytes: int | None,
        notes: list[str],
        follow: bool = False,
    ):
        self.container, self.cut, self._follow = container, cut, follow
        self._choose, self._size_bytes, self._notes = choose, size_bytes, notes
        self.ended_by = ""
        """Why the rest of the programme is not heard, and from when."""
        try:
            self._begin()
        except MediaError:
            self.close()
            raise

    def close(self) -> None:
        """Close the open container."""
        self.container.close()

    def packets(self, position: SoundPosition) -> Iterator[tuple[av.Packet, bool]]:
        """The packets of sound and pictures of all parts, and whether each is sound; a picture comes before the sound
        stored shortly before it.

        What the clock of sound says is believed only as far as that of the pictures goes too.
        """
        more = True
        while more:
            held: list[av.Packet] = []
            sound = {track.index for track in self.container.streams.audio}
            most = _HELD if any(stream.index not in sound for stream in self._read) else 1
            for packet in self._stored(position):
                is_sound = packet.stream_index in sound
                if is_sound:
                    held.append(packet)
                    if len(held) < most:
                        continue
                else:
                    yield packet, False
                for waiting in held:
                    yield waiting, True
                held.clear()
            for waiting in held:
                yield waiting, True
            more = self.cut is not None and self.cut.next_part() and self._next(position)

    def _begin(self) -> None:
        """Choose the streams of the open container: an audio track, and the pictures as a clock."""
        self.sound = self._choose(self.container)
        picture = moving_picture(self.container)
        self.indexed: IndexedPictures | None = None
        if picture and self._size_bytes is not None and self.container.format.name in INDEXED:
            self.indexed = IndexedPictures(picture, self._size_bytes)
            picture = None  # its packets are skipped without reading them where the format allows it
        others = self._successors()
        self._successor = Successor(self.sound, others) if self.sound and others else None
        self._read = [stream for stream in (self.sound, picture, *others) if stream is not None]
        for other in self.container.streams:
            if other not in self._read:
                other.discard = Discard.all
        if self.cut:  # without a track, any change of the tables may bring one
            self.cut.follow([stream.id for stream in self._read] if self.sound else [])
        self.names = () if self.sound is None else settle_layout(self.sound.codec_context)
        """Of the track's channels, as declared."""
        self._names_of = {other.index: settle_layout(other.codec_context) for other in others}

    def _successors(self) -> list["av.AudioStream"]:
        """Audio tracks in which the sound may go on once the chosen one has ended."""
        if self.sound is None or self.cut or not self._follow:
            return []
        return [track for track in self.container.streams.audio if track is not self.sound and track.codec_context]

    @property
    def has_others(self) -> bool:
        """Whether there are tracks in which the sound may go on."""
        return self._successor is not None

    @property
    def moves(self) -> list[tuple[float, int]]:
        """When the sound went on in another audio track, by the source's clock (s), and in which, counted from 1."""
        tracks = self.container.streams.audio
        return [(at_s, tracks.index(track) + 1) for at_s, track in self._successor.moves] if self._successor else []

    def _stored(self, position: SoundPosition) -> Iterator[av.Packet]:
        """The packets of one part as they are stored."""
        packets = self.container.demux(self._read)
        try:
            if self._successor is None:
                yield from packets
                return
            for packet in self._successor.packets(packets):
                if self.sound is not self._successor.sound:
                    self.sound = self._successor.sound
                    self.names = self._names_of[self.sound.index]
                yield packet
        except av.FFmpegError as e:
            self._notes.append(f"reading stopped at {position.at_s:.1f} s: {e.strerror}")
        except IndexError:  # PyAV, at the end, where FFmpeg has found more streams on the way
            pass

    def _next(self, position: SoundPosition) -> bool:
        """Go on where the programme moved to other PIDs or another codec; whether that could be opened."""
        position.clock.reach(SOUND, position.at_s)
        at_s = position.clock.reached_s
        position.clock.begin_part()
        self.close()
        try:
            self.container = av.open(self.cut, format=self.container.format.name, **OPENED)
            self._begin()
        except (MediaError, av.FFmpegError) as e:
            self.ended_by = f"nothing was heard from {at_s:.1f} s on: {e}"
            self._notes.append(self.ended_by)
            return False
        if self.sound is None:
            note = f"no audio track from {at_s:.1f} s on"
            self._notes += [note] if note not in self._notes else []
        else:
            self._notes.append(f"from {at_s:.1f} s on the programme has other tracks (PIDs or codec): followed")
        return True

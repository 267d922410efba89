"""An audio track of a media file, block by block, with notes on defects.

Time is the programme's (`programme_clock`): where a track starts late, has a gap or ends before the picture, silence is
filled in, so that times agree with those of a media player.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from av.stream import Discard

from horuslib.audio.streams.blocks import Block, planes_of
from horuslib.audio.streams.layouts import channel_names, settle_layout
from horuslib.audio.streams.opening import INDEXED, OPENED, UNTIMED, MediaError, NoAudioStream, declared_s, open_media
from horuslib.audio.streams.pictures import LONGEST_PICTURE_S, IndexedPictures, moving_picture
from horuslib.audio.streams.programme_clock import PICTURE, UNDECODED, ProgrammeClock
from horuslib.audio.streams.sound_position import SoundPosition
from horuslib.audio.streams.transport_stream import TransportStream
from horuslib.audio.tracks import TrackLevel, first_with_sound, sentences, survey

__all__ = ["AudioTrack", "Block", "MediaError", "NoAudioStream"]

BLOCK_S = 1.0
NEAR_S = 10.0
"""Times this close to the start are reached by decoding rather than by seeking."""
_JITTER_S, LONGEST_REPEAT_S = 0.01, 3600.0
CLOCK_RESTARTS = 0x0200  # AVFMT_TS_DISCONT
_HELD = 16
"""Packets of sound that wait for a picture."""
_RATE_HZ = 48000
"""Of silence, before any sound."""


class AudioTrack:
    """An audio track of an open file; a context manager whose blocks can be iterated once.

    Parameters
    ----------
    container : the container, when it is already open (a live source).
    stream : the bytes that `container` reads, where they may be cut (`TransportStream`).
    live : silence is given as soon as pictures go on without sound, rather than when the sound comes back.
    track : which of several audio tracks, counted from 1; by default the first that carries sound, in a live source
        the first.

    Raises
    ------
    MediaError
        When the file is missing, empty, no media, encrypted, or has a codec FFmpeg cannot decode.
    NoAudioStream
        When it has a picture and no audio track; after the last block, when the track holds no data.
    """

    def __init__(
        self,
        path: Path,
        container: "av.container.InputContainer | None" = None,
        stream: TransportStream | None = None,
        live: bool = False,
        track: int | None = None,
    ):
        self.path = Path(path)
        self.notes: list[str] = []
        self.tracks: list[TrackLevel] = []
        """Of a file with several audio tracks: what each holds, and which is heard."""
        self._asked, self._number, self._sampled = track, 0, container is None
        self.sample_rate_hz, self.channels = 0, 0
        self.clock_s: float | None = None
        """End of the latest frame, by the source's own clock."""
        self._live = live
        self._known_to_s: float | None = None
        self._damaged = 0
        self._latest: av.AudioFrame | None = None
        self._container, self._bytes = (container, stream) if container else open_media(self.path, self.notes)
        try:
            self._begin_part()
        except MediaError:
            self._container.close()
            raise
        clock = ProgrammeClock((self._container.start_time or 0) / av.time_base)
        self.position = SoundPosition(clock, live, expected=bool(self.sample_rate_hz))

    def __enter__(self) -> "AudioTrack":
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    @property
    def declared_s(self) -> float:
        """Length that the file states, which may be wrong; 0 where it states none."""
        return declared_s(self._container, self._stream)

    def seek(self, time_s: float) -> None:
        """Begin at this time or before it; at the start of the file where its clock is unreliable."""
        if time_s > NEAR_S and not self._container.format.flags & CLOCK_RESTARTS:
            try:
                self._container.seek(round(time_s * av.time_base) + (self._container.start_time or 0))
                self.position.seek(time_s)
            except av.FFmpegError:  # which may have moved it nevertheless
                with suppress(av.FFmpegError):
                    self._container.seek(self._container.start_time or 0)

    def skip_until(self, until_s: float) -> None:
        """Skip everything before this time of the source's clock: after a reconnection, a live source repeats sound."""
        self._known_to_s = until_s
        self.position.seek(None)

    def blocks(self) -> Iterator[Block]:
        """Blocks of about BLOCK_S, of one layout and rate within a block; the notes are complete after the last."""
        held, held_as = av.AudioFifo(), None
        for piece in self._pieces():
            form = None if isinstance(piece, Block) else (piece.format.name, piece.layout.name, piece.sample_rate)
            if held.samples and (form != held_as or held.samples >= BLOCK_S * held.sample_rate):
                yield self._block(held.read())
            if form is None:
                yield piece
            else:
                held, held_as = (held if form == held_as else av.AudioFifo()), form
                held.write(piece)
        if held.samples:
            yield self._block(held.read())

    def _begin_part(self) -> None:
        """Choose the streams of the open container: an audio track, and the pictures as a clock."""
        self._stream = self._chosen_track()
        picture = moving_picture(self._container)
        self._indexed = None
        if picture and not self._live and self._container.format.name in INDEXED:
            self._indexed = IndexedPictures(picture, self.path.stat().st_size)
            picture = None  # its packets are skipped without reading them where the format allows it
        self._read = [stream for stream in (self._stream, picture) if stream is not None]
        for other in self._container.streams:
            if other not in self._read:
                other.discard = Discard.all
        if self._bytes:  # without a track, any change of the tables may bring one
            self._bytes.follow([stream.id for stream in self._read] if self._stream else [])
        self._names: tuple[str, ...] = ()
        if self._stream is not None:
            self._names = settle_layout(self._stream.codec_context)
            self.sample_rate_hz = self.sample_rate_hz or int(self._stream.codec_context.sample_rate)
            self.channels = self.channels or len(self._names)

    def _chosen_track(self) -> av.AudioStream | None:
        """The track to decode; None where pictures go on without one and a later part may have one."""
        tracks = self._container.streams.audio
        duration_s = (self._container.duration or 0) / av.time_base
        if not tracks:
            pictures = self._container.streams.video
            if pictures and (self._live or self._bytes):
                return None
            if pictures and duration_s > 0:
                raise NoAudioStream(f"{self.path.name} has a picture and no audio track.", duration_s)
            raise MediaError(f"{self.path.name} holds neither sound nor a video: put a media file there or remove it.")
        chosen = tracks[self._track_number(len(tracks)) - 1]
        if chosen.codec_context is None:
            raise MediaError(f"{self.path.name}: its audio codec is unknown: convert it, for example to AAC.")
        return chosen

    def _track_number(self, tracks: int) -> int:
        """Which of so many tracks is heard; a part that follows keeps to it."""
        if not self._number:
            if self._asked is not None and self._asked > tracks:
                raise MediaError(f"{self.path.name} has {tracks} audio tracks, and no track {self._asked}.")
            if tracks > 1 and self._sampled:
                levels = survey(self.path)  # of other tracks, where FFmpeg finds more on the way
                self.tracks = levels if len(levels) == tracks else []
            self._number = self._asked or first_with_sound(self.tracks)
            if self.tracks:
                self.tracks[self._number - 1]["heard"] = True
            if tracks > 1:
                self.notes += sentences(self.tracks, self._number, self._asked is not None, tracks)
        return min(self._number, tracks)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _pieces(self) -> Iterator[av.AudioFrame | Block]:
        """Decoded frames, with blocks of silence where sound is missing."""
        for packet in self._packets():
            if packet.stream is not self._stream:
                self._saw(PICTURE, packet)
            for frame in self._decoded(packet) if packet.stream is self._stream else ():
                if self._live and self._is_known(frame):
                    continue
                duration_s = frame.samples / frame.sample_rate
                if not self.position.follows(frame.time, duration_s):
                    yield from self._silence_before(frame, duration_s)
                self._latest, frame.pts = frame, None  # AudioFifo would reject irregular timestamps
                yield frame
            if self._live:
                yield from self._silence(self.position.overdue_s())
        if self._indexed:
            self.position.see_index(self._indexed, float("inf"))
        heard_to_s = self.position.at_s
        yield from self._silence(self.position.ending_s())
        self._conclude(heard_to_s)

    def _packets(self) -> Iterator[av.Packet]:
        """The packets of sound and pictures of all parts, each picture before the sound stored shortly before it.

        What the clock of sound says is believed only as far as that of the pictures goes too.
        """
        more = True
        while more:
            held: list[av.Packet] = []
            for packet in self._stored():
                if packet.stream is self._stream:
                    held.append(packet)
                    if len(held) < _HELD:
                        continue
                else:
                    yield packet
                yield from held
                held = []
            yield from held
            more = self._bytes is not None and self._bytes.next_part() and self._next_part()

    def _stored(self) -> Iterator[av.Packet]:
        """The packets of one part as they are stored."""
        packets = self._container.demux(self._read)
        try:
            yield from packets
        except av.FFmpegError as e:
            self.notes.append(f"reading stopped at {self.position.at_s:.1f} s: {e.strerror}")
        except IndexError:  # PyAV, at the end, where FFmpeg has found more streams on the way
            pass

    def _next_part(self) -> bool:
        """Go on where the programme moved to other PIDs or another codec; whether that could be opened."""
        at_s = self.position.clock.reached_s
        self.position.clock.begin_part()
        self._container.close()
        try:
            self._container = av.open(self._bytes, format=self._container.format.name, **OPENED)
            self._begin_part()
        except (MediaError, av.FFmpegError) as e:
            self.notes.append(f"nothing was heard from {at_s:.1f} s on: {e}")
            return False
        if self._stream is None:
            self._note(f"no audio track from {at_s:.1f} s on")
        else:
            self.notes.append(f"from {at_s:.1f} s on the programme has other tracks (PIDs or codec): followed")
        return True

    def _decoded(self, packet: av.Packet) -> list[av.AudioFrame]:
        """The frames of a packet; a damaged one is counted and skipped."""
        if self._latest is None and packet.size and packet.has_sidedata("encryption_info"):
            raise MediaError(f"{self.path.name}: its audio track is encrypted: decrypt it, or leave it out.")
        try:
            return packet.decode()
        except av.FFmpegError:
            self._damaged += 1
            self._saw(UNDECODED, packet)
            return []

    def _saw(self, kind: str, packet: av.Packet) -> None:
        """Take the time of a packet that gives no sound."""
        if packet.pts is None and packet.dts is None:
            return
        unit_s = float(packet.stream.time_base)
        raw_s = (packet.dts if packet.pts is None else packet.pts) * unit_s
        if self._known_to_s is not None and 0 < self._known_to_s - raw_s < LONGEST_REPEAT_S:
            return
        self.position.see(kind, raw_s, min((packet.duration or 0) * unit_s, LONGEST_PICTURE_S))

    def _is_known(self, frame: av.AudioFrame) -> bool:
        """Whether `skip_until` excludes this frame; a time far before it means that the stream's clock restarted."""
        if frame.time is None:
            return False
        if self.position.is_late(frame.time, frame.samples / frame.sample_rate):
            return True
        if self._known_to_s is not None and _JITTER_S < self._known_to_s - frame.time < LONGEST_REPEAT_S:
            return True
        self._known_to_s, self.clock_s = None, frame.time + frame.samples / frame.sample_rate
        return False

    def _silence_before(self, frame: av.AudioFrame, duration_s: float) -> Iterator[Block]:
        """Silence up to a frame where its time says that sound is missing."""
        if self._latest is None:
            self._latest, self.sample_rate_hz, self.channels = frame, frame.sample_rate, len(self._layout(frame))
        if frame.time is not None and (self._container.format.name not in UNTIMED or self.position.begins_s is None):
            if self._indexed and self.position.seems_missing(frame.time):
                self.position.see_index(self._indexed, frame.time)
            yield from self._silence(self.position.place(frame.time, duration_s))
        self.position.give(frame.time, duration_s)

    def _silence(self, until_s: float) -> Iterator[Block]:
        """Blocks of silence up to a time of the programme; a gap may be hours long."""
        if until_s <= self.position.at_s:
            return
        layout, rate = ("FC",), _RATE_HZ
        if self._latest is not None:
            layout, rate = self._layout(self._latest), self._latest.sample_rate
        samples = round(self.position.lose(until_s) * rate)
        for start in range(0, samples, rate):
            yield Block(np.zeros((len(layout), min(rate, samples - start)), np.float32), layout, rate)

    def _conclude(self, heard_to_s: float) -> None:
        """The notes, once all is known; an error where there was no sound at all."""
        if self._damaged:
            self.notes.append(f"{self._damaged} damaged packets left out")
        if not self.position.heard and self.position.begins_s is None:
            self._raise_unheard()
        self.notes += self.position.notes(heard_to_s)
        if self.position.at_s == heard_to_s and not self.position.clock.jumps:
            self._note_early_end(heard_to_s)

    def _raise_unheard(self) -> None:
        pictures_to_s = self.position.clock.pictures_to_s
        if self._bytes and self._bytes.scrambled:
            raise MediaError(f"{self.path.name}: its audio track is scrambled (encrypted): decrypt or leave it out.")
        if not self._damaged and pictures_to_s > 0:
            without = "an audio track without any data" if self._stream else "no audio track"
            raise NoAudioStream(f"{self.path.name} has a picture and {without}.", pictures_to_s)

    def _note_early_end(self, heard_to_s: float) -> None:
        length_s = 0.0 if self._bytes else self.declared_s
        if length_s - heard_to_s > max(0.5, 0.02 * length_s):
            self.notes.append(
                f"the sound ends at {heard_to_s:.1f} s of the {length_s:.1f} s the file declares: "
                "truncated, damaged, or shorter than its picture"
            )

    def _layout(self, frame: av.AudioFrame) -> tuple[str, ...]:
        return channel_names(frame.layout, self._names)

    def _block(self, frame: av.AudioFrame) -> Block:
        return Block(planes_of(frame), self._layout(frame), frame.sample_rate)

"""An audio track of a media file, block by block, with notes on defects.

Time is the programme's (`programme_clock`): where a track starts late, has a gap or ends before the picture, silence is
filled in, so that times agree with those of a media player.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np

from horuslib.audio.streams.blocks import Block, planes_of
from horuslib.audio.streams.layouts import channel_names
from horuslib.audio.streams.opening import UNTIMED, MediaError, NoAudioStream, declared_s, open_media
from horuslib.audio.streams.parts import Parts
from horuslib.audio.streams.pictures import LONGEST_PICTURE_S
from horuslib.audio.streams.programme_clock import PICTURE, UNDECODED, ProgrammeClock
from horuslib.audio.streams.sound_position import SoundPosition
from horuslib.audio.streams.transport_stream import TransportStream
from horuslib.audio.tracks import TrackChoice, with_heard

__all__ = ["AudioTrack", "Block", "MediaError", "NoAudioStream"]

_BLOCK_S = 1.0
_NEAR_S = 10.0
"""Times this close to the start are reached by decoding rather than by seeking."""
_JITTER_S, _LONGEST_REPEAT_S = 0.01, 3600.0
_CLOCK_RESTARTS = 0x0200  # AVFMT_TS_DISCONT
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
        self.clock_s: float | None = None
        """End of the latest frame, by the source's own clock."""
        self._live = live
        self._known_to_s: float | None = None
        self._damaged = 0
        self._latest: av.AudioFrame | None = None
        opened, cut = (container, stream) if container else open_media(self.path, self.notes)
        choice = TrackChoice(self.path, self.notes, track, is_file=container is None, may_come=live or bool(cut))
        self.tracks = choice.levels
        """Of a file with several audio tracks: what each holds, and which is heard."""
        size_bytes = None if live else self.path.stat().st_size
        follow = track is None and container is None
        self._parts = Parts(opened, cut, choice.of, size_bytes, self.notes, follow)
        declared = self._parts.sound.codec_context.sample_rate if self._parts.sound else 0
        self.sample_rate_hz = int(declared or 0)
        """As declared; once there is sound, that of its first frame."""
        clock = ProgrammeClock((opened.start_time or 0) / av.time_base)
        self.position = SoundPosition(clock, live, expected=bool(self.sample_rate_hz))

    def __enter__(self) -> "AudioTrack":
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    @property
    def has_others(self) -> bool:
        """Whether the sound may go on in another track, as is only known where the heard one is seen to end."""
        return self._parts.has_others

    @property
    def ended_by(self) -> str:
        """Why the rest of the source is not heard, and from when; empty where all of it was read."""
        return self._parts.ended_by

    @property
    def declared_s(self) -> float:
        """Length that the file states, which may be wrong; 0 where it states none."""
        return declared_s(self._parts.container, self._parts.sound)

    def seek(self, time_s: float) -> None:
        """Begin at this time or before it; at the start of the file where its clock is unreliable."""
        container = self._parts.container
        if time_s > _NEAR_S and not container.format.flags & _CLOCK_RESTARTS:
            try:
                container.seek(round(time_s * av.time_base) + (container.start_time or 0))
                self.position.seek(time_s)
            except av.FFmpegError:  # which may have moved it nevertheless
                with suppress(av.FFmpegError):
                    container.seek(container.start_time or 0)

    def skip_until(self, until_s: float) -> None:
        """Skip everything before this time of the source's clock: after a reconnection, a live source repeats sound."""
        self._known_to_s = until_s
        self.position.seek(None)

    def blocks(self) -> Iterator[Block]:
        """Blocks of about _BLOCK_S, of one layout and rate within a block; the notes are complete after the last."""
        held, held_as = av.AudioFifo(), None
        for piece in self._pieces():
            form = None if isinstance(piece, Block) else (piece.format.name, piece.layout.name, piece.sample_rate)
            if held.samples and (form != held_as or held.samples >= _BLOCK_S * held.sample_rate):
                yield self._block(held.read())
            if form is None:
                yield piece
            else:
                held, held_as = (held if form == held_as else av.AudioFifo()), form
                held.write(piece)
        if held.samples:
            yield self._block(held.read())

    def _pieces(self) -> Iterator[av.AudioFrame | Block]:
        """Decoded frames, with blocks of silence where sound is missing."""
        for packet, is_sound in self._parts.packets(self.position):
            if not is_sound:
                self._saw(PICTURE, packet)
            for frame in self._decoded(packet) if is_sound else ():
                if self._live and self._is_known(frame):
                    continue
                duration_s = frame.samples / frame.sample_rate
                if not self.position.follows(frame.time, duration_s):
                    yield from self._silence_before(frame, duration_s)
                self._latest, frame.pts = frame, None  # AudioFifo would reject irregular timestamps
                yield frame
            if self._live:
                yield from self._silence(self.position.overdue_s())
        if self._parts.indexed:
            self.position.see_index(self._parts.indexed, float("inf"))
        heard_to_s = self.position.at_s
        yield from self._silence(self.position.ending_s())
        self._conclude(heard_to_s)

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
        if self._known_to_s is not None and 0 < self._known_to_s - raw_s < _LONGEST_REPEAT_S:
            return
        self.position.see(kind, raw_s, min((packet.duration or 0) * unit_s, LONGEST_PICTURE_S))

    def _is_known(self, frame: av.AudioFrame) -> bool:
        """Whether `skip_until` excludes this frame; a time far before it means that the stream's clock restarted."""
        if frame.time is None:
            return False
        if self.position.is_late(frame.time, frame.samples / frame.sample_rate):
            return True
        if self._known_to_s is not None and _JITTER_S < self._known_to_s - frame.time < _LONGEST_REPEAT_S:
            return True
        self._known_to_s, self.clock_s = None, frame.time + frame.samples / frame.sample_rate
        return False

    def _silence_before(self, frame: av.AudioFrame, duration_s: float) -> Iterator[Block]:
        """Silence up to a frame where its time says that sound is missing."""
        if self._latest is None:
            self._latest, self.sample_rate_hz = frame, frame.sample_rate
        if frame.time is not None and (
            self._parts.container.format.name not in UNTIMED or self.position.begins_s is None
        ):
            if self._parts.indexed and self.position.seems_missing(frame.time):
                self.position.see_index(self._parts.indexed, frame.time)
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
        self._note_moves()
        self.notes += self.position.notes(heard_to_s)
        if self.position.at_s == heard_to_s and not self.position.clock.jumps:
            self._note_early_end(heard_to_s)

    def _note_moves(self) -> None:
        """Tell in which other tracks the sound went on."""
        for raw_s, number in self._parts.moves:
            at_s = raw_s - self.position.clock.start_s
            self.notes = with_heard(self.notes, self.tracks, number)
            self.notes.append(f"from {at_s:.1f} s on it goes on in track {number}: followed")

    def _raise_unheard(self) -> None:
        pictures_to_s = self.position.clock.pictures_to_s
        if self._parts.cut and self._parts.cut.scrambled:
            raise MediaError(f"{self.path.name}: its audio track is scrambled (encrypted): decrypt or leave it out.")
        if not self._damaged and pictures_to_s > 0:
            without = "an audio track without any data" if self._parts.sound else "no audio track"
            raise NoAudioStream(f"{self.path.name} has a picture and {without}.", pictures_to_s)

    def _note_early_end(self, heard_to_s: float) -> None:
        length_s = 0.0 if self._parts.cut else self.declared_s
        if length_s - heard_to_s > max(0.5, 0.02 * length_s):
            self.notes.append(
                f"the sound ends at {heard_to_s:.1f} s of the {length_s:.1f} s the file declares: "
                "truncated, damaged, or shorter than its picture"
            )

    def _layout(self, frame: av.AudioFrame) -> tuple[str, ...]:
        return channel_names(frame.layout, self._parts.names)

    def _block(self, frame: av.AudioFrame) -> Block:
        return Block(planes_of(frame), self._layout(frame), frame.sample_rate)

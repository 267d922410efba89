"""The first audio track of a media file, block by block, with notes on defects.

Time is the file's own: where a track starts late or has a gap, silence is filled in, so that times agree with those of
a media player.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.stream import Discard

from horuslib.core.errors import UserError

BLOCK_S = 1.0
GAP_S = 0.1
"""Smaller jumps of the timestamps are jitter."""
NEAR_S = 10.0
"""Times this close to the start are reached by decoding rather than by seeking."""
LONGEST_GAP_S = 10.0
"""Where a container's clock may restart (MPEG-TS), a longer jump is a restart rather than missing sound."""
_JITTER_S, LONGEST_REPEAT_S = 0.01, 3600.0
CLOCK_RESTARTS = 0x0200  # AVFMT_TS_DISCONT
ESTIMATED_DURATION = {"mp3", "aac", "ac3", "eac3", "dts"}
"""Elementary streams: FFmpeg estimates their duration from the bit rate, so an early end cannot be inferred."""

UNNAMED = {1: ("FC",), 2: ("FL", "FR"), 6: ("FL", "FR", "FC", "LFE", "BL", "BR")}
"""Usual layout of this many channels in a file that does not name them."""


class MediaError(UserError):
    """A file whose sound cannot be decoded."""


class NoAudioStream(MediaError):
    """A video without any audio track. `duration_s` is that of the video stream."""

    def __init__(self, message: str, duration_s: float):
        super().__init__(message)
        self.duration_s = duration_s


class Block(NamedTuple):
    """About a second of sound with the file's channels and sample rate."""

    planes: np.ndarray
    """(channels, samples) float32, full scale 1.0."""
    layout: tuple[str, ...]
    """FFmpeg's name of each channel (FL, FR, FC, LFE, BL, BR, SL, SR...), or its number where unknown."""
    sample_rate_hz: int


class AudioTrack:
    """The first audio track of an open file; a context manager whose blocks can be iterated once.

    Parameters
    ----------
    container : the container, when it is already open (a live source).

    Raises
    ------
    MediaError
        When the file is missing, empty, no media, or has a codec FFmpeg cannot decode.
    NoAudioStream
        When it has a picture and no audio track.
    """

    def __init__(self, path: Path, container: "av.container.InputContainer | None" = None):
        self.path = Path(path)
        self.notes: list[str] = []
        self._container = container or open_media(self.path)
        try:
            self._stream = self._first_track()
        except MediaError:
            self._container.close()
            raise
        for other in self._container.streams:
            if other.index != self._stream.index:
                other.discard = Discard.all  # video packets are skipped without reading them where the format allows it
        self.sample_rate_hz = int(self._stream.codec_context.sample_rate)
        self.channels = int(self._stream.codec_context.channels)
        self._position_s = 0.0
        self._sought = False
        self._known_to_s: float | None = None
        self.clock_s: float | None = None
        """End of the latest frame, by the source's own clock."""
        self.begins_s: float | None = None
        """Start time of the first block in the file; None before it has been decoded."""

    def __enter__(self) -> "AudioTrack":
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def seek(self, time_s: float) -> None:
        """Begin at this time or before it; at the start of the file where its clock is unreliable."""
        if time_s > NEAR_S and not self._container.format.flags & CLOCK_RESTARTS:
            try:
                self._container.seek(round(time_s * av.time_base) + (self._container.start_time or 0))
                self._sought = True
            except av.FFmpegError:
                pass

    def skip_until(self, until_s: float) -> None:
        """Skip everything before this time of the source's clock: after a reconnection, a live source repeats sound."""
        self._known_to_s, self._sought = until_s, True

    def blocks(self) -> Iterator[Block]:
        """Blocks of about BLOCK_S, of one layout and rate within a block; the notes are complete after the last."""
        held, held_as = av.AudioFifo(), None
        for piece in self._pieces():
            form = None if isinstance(piece, Block) else (piece.format.name, piece.layout.name, piece.sample_rate)
            if held.samples and (form != held_as or held.samples >= BLOCK_S * held.sample_rate):
                yield _block(held.read())
            if form is None:
                yield piece
            else:
                held, held_as = (held if form == held_as else av.AudioFifo()), form
                held.write(piece)
        if held.samples:
            yield _block(held.read())

    def _first_track(self) -> av.AudioStream:
        tracks = self._container.streams.audio
        duration_s = (self._container.duration or 0) / av.time_base
        if not tracks:
            if self._container.streams.video and duration_s > 0:
                raise NoAudioStream(f"{self.path.name} has a picture and no audio track.", duration_s)
            raise MediaError(f"{self.path.name} holds neither sound nor a video: put a media file there or remove it.")
        if tracks[0].codec_context is None:
            raise MediaError(f"{self.path.name}: its audio codec is unknown: convert it, for example to AAC.")
        if len(tracks) > 1:
            self.notes.append(f"{len(tracks)} audio tracks; the first is used")
        return tracks[0]

    def _pieces(self) -> Iterator[av.AudioFrame | Block]:
        """Decoded frames, with blocks of silence where the timestamps have a gap."""
        clock_s = (self._container.start_time or 0) / av.time_base
        gaps: list[tuple[float, float]] = []
        for frame in self._frames():
            if self._is_known(frame):
                continue
            if self.begins_s is None:
                self._position_s = frame.time - clock_s if self._sought and frame.time is not None else 0.0
                self.begins_s = self._position_s
            jump_s = 0.0 if frame.time is None else frame.time - clock_s - self._position_s
            if abs(jump_s) > GAP_S and not self._is_missing_sound(jump_s):
                clock_s += jump_s
            elif jump_s > GAP_S:
                gaps.append((self._position_s, jump_s))
                layout, rate = _layout(frame), frame.sample_rate
                for silence in _silence(len(layout), round(jump_s * rate), rate):
                    yield Block(silence, layout, rate)
                self._position_s += jump_s
            self._position_s += frame.samples / frame.sample_rate
            frame.pts = None  # no longer needed; AudioFifo would reject irregular timestamps
            yield frame
        if gaps:
            total_s = sum(length for _, length in gaps)
            self.notes.append(f"{total_s:.1f} s without sound data, first at {gaps[0][0]:.1f} s, filled with silence")
        self._note_early_end()

    def _is_known(self, frame: av.AudioFrame) -> bool:
        """Whether `skip_until` excludes this frame; a time far before it means that the stream's clock restarted."""
        if frame.time is None:
            return False
        if self._known_to_s is not None and _JITTER_S < self._known_to_s - frame.time < LONGEST_REPEAT_S:
            return True
        self._known_to_s, self.clock_s = None, frame.time + frame.samples / frame.sample_rate
        return False

    def _is_missing_sound(self, jump_s: float) -> bool:
        may_restart = bool(self._container.format.flags & CLOCK_RESTARTS)
        return jump_s > 0 and not (may_restart and jump_s > LONGEST_GAP_S)

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Every frame that decodes; damaged packets are counted and skipped."""
        damaged, packets = 0, self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    break
            except av.FFmpegError as e:
                self.notes.append(f"reading stopped at {self._position_s:.1f} s: {e.strerror}")
                break
            try:
                yield from packet.decode()
            except av.FFmpegError:
                damaged += 1
        if damaged:
            self.notes.append(f"{damaged} damaged packets left out")

    def _note_early_end(self) -> None:
        declared_s = (self._container.duration or 0) / av.time_base
        if self._stream.duration and self._stream.time_base:
            declared_s = float(self._stream.duration * self._stream.time_base)
        guessed = self._container.format.name in ESTIMATED_DURATION
        if not guessed and declared_s - self._position_s > max(0.5, 0.02 * declared_s):
            self.notes.append(
                f"the sound ends at {self._position_s:.1f} s of the {declared_s:.1f} s the file declares: "
                "truncated, damaged, or shorter than its picture"
            )


def open_media(path: Path) -> "av.container.InputContainer":
    """A file as FFmpeg reads it, and nothing but that file.

    Raises
    ------
    MediaError
        When it is missing, empty or no media.
    """
    if not path.is_file():
        raise MediaError(f"{path.name} is not a file.")
    if path.stat().st_size == 0:
        raise MediaError(f"{path.name} is empty (zero bytes): copy it again.")
    try:
        # Only this file: a playlist with a media suffix must not fetch anything.
        return av.open(str(path.absolute()), options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except av.FFmpegError as e:
        raise MediaError(
            f"{path.name} cannot be opened as audio or video ({e.strerror}): damaged, truncated, or not a media file."
        ) from None


def _block(frame: av.AudioFrame) -> Block:
    return Block(_planes(frame), _layout(frame), frame.sample_rate)


def _planes(frame: av.AudioFrame) -> np.ndarray:
    """(channels, samples) float32 of a frame in any of FFmpeg's sample formats."""
    x = frame.to_ndarray()
    if not frame.format.is_planar:
        x = x.reshape(-1, len(frame.layout.channels)).T
    if x.dtype.kind == "u":
        return (x.astype(np.float32) - 128) / 128
    if x.dtype.kind == "i":
        return x.astype(np.float32) / -float(np.iinfo(x.dtype).min)
    return x.astype(np.float32, copy=False)


def _layout(frame: av.AudioFrame) -> tuple[str, ...]:
    """Channel names; where the file has none, the usual names for that number of channels, or numbers."""
    names = tuple(channel.name for channel in frame.layout.channels)
    if len(set(names)) == len(names) and "NONE" not in names:
        return names
    return UNNAMED.get(len(names), tuple(f"{i + 1}" for i in range(len(names))))


def _silence(channels: int, samples: int, sample_rate_hz: int) -> Iterator[np.ndarray]:
    """Zeros in blocks of at most a second: a gap may be hours long."""
    for start in range(0, samples, sample_rate_hz):
        yield np.zeros((channels, min(sample_rate_hz, samples - start)), np.float32)

"""Sound of any media file as mono float32 at one rate, whole or block by block.

PyAV (FFmpeg) decodes an audio track, its channels are mixed to mono, soxr resamples. Defects that the mix does
not show (a dead channel, clipping, missing parts) are reported in notes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from horuslib.audio.channels import Mixdown
from horuslib.audio.channels.coded import CodedAudio
from horuslib.audio.channels.faults import ChannelFault
from horuslib.audio.media_files import MEDIA_SUFFIXES, find_media
from horuslib.audio.streams.lost_sound import Span
from horuslib.audio.track import AudioTrack, MediaError, NoAudioStream
from horuslib.audio.tracks import Note

__all__ = [
    "MEDIA_SUFFIXES", "Audio", "MediaError", "NoAudioStream", "find_media", "read_audio", "read_excerpt",
    "stream_audio",
]  # fmt: skip

LEADS_S = (1.0, 60.0, float("inf"))
"""How long before an excerpt decoding begins; what comes before it is discarded. After a seek, decoders need some
frames until their output is correct. Where there is no sound, a seek leads past it, and where a track has ended, it
does not show which one follows: the next one begins earlier, the last at the file's start."""


@dataclass(frozen=True)
class Audio:
    """A recording decoded to mono, with levels and notes."""

    samples: np.ndarray
    """(N,) float32 mono."""
    sample_rate_hz: int
    source_rate_hz: int
    channels: int
    duration_s: float
    channel_levels_dbfs: tuple[float, ...]
    """RMS of each channel over the whole file; -inf when digitally silent."""
    notes: tuple[str, ...]
    channel_faults: tuple[ChannelFault, ...] = ()
    lost: tuple[Span, ...] = ()
    """Spans (s) of silence that stand for sound of which no data is left."""
    louder_db: float = 0.0
    """How much louder the programme is than the mono mix (`channels.Mixdown`)."""


def read_audio(path: str | Path, sample_rate_hz: int, track: int | None = None) -> Audio:
    """Decode a whole file to mono.

    Parameters
    ----------
    path : any file FFmpeg decodes.
    sample_rate_hz : rate of the result.
    track : which of several audio tracks, counted from 1; by default the first that carries sound.

    Raises
    ------
    MediaError
        When nothing can be decoded. A truncated file is no error: the decoded part is kept, with a note.
    NoAudioStream
        A MediaError for a video without an audio track; carries `duration_s`.

    Example
    -------
    >>> read_audio("jornal.mp4", 16000).duration_s          # doctest: +SKIP
    25.0
    """
    mixdown = Mixdown()
    with AudioTrack(Path(path), track=track) as opened:
        pieces = list(resampled(mixed(opened, mixdown), sample_rate_hz))
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    if not len(samples):
        raise _nothing_decodes(path)
    return Audio(
        samples=samples,
        sample_rate_hz=sample_rate_hz,
        source_rate_hz=opened.sample_rate_hz,
        channels=len(mixdown.names),
        duration_s=len(samples) / sample_rate_hz,
        channel_levels_dbfs=mixdown.levels_dbfs(),
        notes=(*opened.notes, *mixdown.notes()),
        channel_faults=tuple(mixdown.faults.all()),
        lost=tuple(opened.position.lost),
        louder_db=mixdown.louder_db,
    )


def stream_audio(
    path: str | Path,
    sample_rate_hz: int,
    block_s: float = 30.0,
    notes: list[Note] | None = None,
    lost: list[Span] | None = None,
    *,
    track: int | None = None,
) -> Iterator[np.ndarray]:
    """The samples of `read_audio`, in blocks of exactly `block_s` (the last may be shorter).

    Memory does not grow with the file's length. Raises as `read_audio` does, when the first block is requested.

    Parameters
    ----------
    notes : a list to which the notes of `read_audio`, the faults of channels, what each of several audio tracks holds,
        and the level of the mix are appended; complete after the last block.
    lost : a list that is given the spans (s) without sound data, each before the silence that stands for it.
    track : as in `read_audio`.
    """
    mixdown = Mixdown()
    with AudioTrack(Path(path), track=track) as opened:
        opened.position.lost = opened.position.lost if lost is None else lost
        yield from in_blocks(resampled(mixed(opened, mixdown), sample_rate_hz), round(block_s * sample_rate_hz), path)
    if notes is not None:
        notes += (*opened.notes, *mixdown.notes(), *mixdown.faults.all(), *opened.tracks)
        notes += [{"louder_db": mixdown.louder_db}] if mixdown.louder_db else []


def read_excerpt(
    path: str | Path, start_s: float, end_s: float, sample_rate_hz: int, track: int | None = None
) -> np.ndarray:
    """The samples of `read_audio` from `start_s` to `end_s`, without decoding everything before them.

    In seekable files the position is as exact as the file's time stamps. An excerpt past the end is cut short. Raises
    as `read_audio` does.
    """
    first, last = round(start_s * sample_rate_hz), round(end_s * sample_rate_hz)
    for lead_s in LEADS_S:
        pieces, position = [], None
        with AudioTrack(Path(path), track=track) as opened:
            opened.seek(start_s - lead_s)
            for piece in resampled(mixed(opened, Mixdown()), sample_rate_hz):
                if position is None:
                    position = round((opened.position.begins_s or 0.0) * sample_rate_hz)
                    if position > first and lead_s != LEADS_S[-1]:
                        break
                pieces.append(piece[max(0, first - position) : max(0, last - position)])
                position += len(piece)
                if position >= last:
                    break
        if lead_s != LEADS_S[-1] and opened.has_others and not opened.position.heard:
            continue
        if position is None:
            raise _nothing_decodes(path)
        if pieces:
            break
    return np.concatenate(pieces)


def mixed(track: AudioTrack, mixdown: Mixdown) -> Iterator[tuple[np.ndarray, int]]:
    """A track's blocks mixed to mono, each with its sample rate (Hz)."""
    coded = CodedAudio(mixdown.faults, track.path.name)
    for block in coded.blocks(track.blocks()):
        yield mixdown.mix(block.planes, block.layout, block.sample_rate_hz), block.sample_rate_hz
    track.notes += coded.note()


def resampled(pieces: Iterable[tuple[np.ndarray, int]], sample_rate_hz: int) -> Iterator[np.ndarray]:
    """Mono blocks at one rate; a change of source rate starts a new resampler."""
    resampler, rate = None, None
    end = np.zeros(0, np.float32)
    for samples, source_rate_hz in pieces:
        if source_rate_hz != rate:
            if resampler:
                yield resampler.resample_chunk(end, last=True)
            rate = source_rate_hz
            resampler = None if rate == sample_rate_hz else soxr.ResampleStream(rate, sample_rate_hz, 1, "float32")
        yield resampler.resample_chunk(samples) if resampler else samples
    if resampler:
        yield resampler.resample_chunk(end, last=True)


def in_blocks(pieces: Iterable[np.ndarray], size: int, path: str | Path) -> Iterator[np.ndarray]:
    """Mono sound in blocks of exactly `size` samples, the last of which may be shorter.

    Raises
    ------
    MediaError
        At the end, when there was none; it names `path`.
    """
    held, held_samples, empty = [], 0, True
    for piece in pieces:
        held.append(piece)
        held_samples += len(piece)
        empty = empty and not len(piece)
        while held_samples >= size:
            joined = np.concatenate(held)
            yield joined[:size]
            held, held_samples = [joined[size:]], held_samples - size
    if held_samples:
        yield np.concatenate(held)
    if empty:
        raise _nothing_decodes(path)


def _nothing_decodes(path: str | Path) -> MediaError:
    return MediaError(f"{Path(path).name}: no sound decodes from its audio track. Copy it again, or leave it out.")

"""The sound to diarize, block by block: mono at 16 kHz, or one side of a call at a time.

A telephone call is often stored with each side on its own channel of a stereo file. Such channels hardly correlate,
those of a stereo programme do: that decides, and the reason is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.audio.channels import Mixdown
from horuslib.audio.media import in_blocks, mixed, resampled
from horuslib.audio.streams.length import Length
from horuslib.audio.track import AudioTrack

RATE_HZ = 16000
BLOCK_S = 30.0
SEPARATE_BELOW = 0.3
"""Correlation of the channels' levels under which they are two sides of a call."""
_AUDIBLE_DBFS = -55.0


@dataclass(frozen=True)
class Sides:
    """Which channels of a file are diarized apart.

    Attributes
    ----------
    channels : None, the mix; or the indices of the channels, each with voices of its own.
    reason : why, as a sentence; empty for a mono file.
    """

    channels: tuple[int | None, ...]
    reason: str


def sides_of(path: Path, given: str = "auto", length: Length | None = None) -> Sides:
    """Whether the channels of a file are mixed or diarized apart.

    Parameters
    ----------
    given : "mix", "split", or "auto", by the correlation of the two channels' levels over the whole file.
    length : counts what is decoded, and may refuse it.

    Raises
    ------
    MediaError
        When the sound cannot be decoded.
    UserError
        When it is too long.
    """
    if given == "mix":
        return Sides((None,), "Channels are mixed, as asked.")
    levels = _levels(path, length or Length(path.name))
    if len(levels) != 2:
        return Sides((None,), "" if len(levels) == 1 else f"{len(levels)} channels are mixed to one.")
    if given == "split":
        return Sides((0, 1), "Channels are diarized apart, as asked.")
    loud = [bool(np.any(level > 10 ** (_AUDIBLE_DBFS / 20))) for level in levels]
    if not all(loud):
        return Sides((None,), "One channel is silent: the other is what is heard.")
    r = float(np.corrcoef(np.log(levels + 1e-5))[0, 1])
    if np.isfinite(r) and r < SEPARATE_BELOW:
        return Sides((0, 1), f"The channels' levels correlate by {r:.2f}: a call with a side on each, diarized apart.")
    return Sides((None,), f"The channels' levels correlate by {r:.2f}: one programme, mixed.")


def _levels(path: Path, length: Length) -> np.ndarray:
    """(channels, seconds) RMS of the channels per block of about a second; the layout of the first block counts."""
    rows: list[np.ndarray] = []
    with AudioTrack(Path(path)) as track:
        for block in track.blocks():
            length.add(block.planes.shape[1] / block.sample_rate_hz)
            if not rows or len(block.planes) == len(rows[0]):
                rows.append(np.sqrt(np.mean(np.square(block.planes), axis=1)))
    return np.array(rows).T if rows else np.zeros((1, 0))


def stream(path: Path, channel: int | None = None) -> Iterator[np.ndarray]:
    """Mono float32 at RATE_HZ in blocks of BLOCK_S; the last is shorter.

    Parameters
    ----------
    channel : index of the channel; None for the mix.

    Raises
    ------
    MediaError
        When nothing decodes.
    """
    with AudioTrack(Path(path)) as track:
        pieces = mixed(track, Mixdown()) if channel is None else _one_channel(track, channel)
        yield from in_blocks(resampled(pieces, RATE_HZ), round(BLOCK_S * RATE_HZ), path)


def _one_channel(track: AudioTrack, channel: int) -> Iterator[tuple[np.ndarray, int]]:
    for block in track.blocks():
        plane = block.planes[min(channel, len(block.planes) - 1)]
        yield np.nan_to_num(plane, posinf=0.0, neginf=0.0), block.sample_rate_hz

"""The parts of a recording in which somebody speaks, in chunks of at most 30 seconds for the model.

Silero VAD (https://github.com/snakers4/silero-vad, shipped with faster-whisper) finds speech; silence, hum, noise and
music without singing never reach the model, which would invent text for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

RATE_HZ = 16000
LONGEST_S = 29.5
"""Of a chunk: Whisper sees 30 s."""
_LONGEST_GAP_S = 2.0
"""A longer pause ends a chunk."""
_PAD_S, _SHORTEST_S, _PAUSE_S = 0.1, 0.1, 0.2
_SPEECH, _NO_SPEECH = 0.4, 0.25
"""Probability at which speech begins and ends."""
_CONTEXT_S = 0.5
"""Kept from the end of a block without speech: a word may begin there."""
_LOUDEST_SILENCE = 10 ** (-75 / 20)
"""A peak of -75 dBFS: below it nothing is audible, whatever its spectrum."""

Region = tuple[float, float]


@dataclass(frozen=True)
class Chunk:
    """Consecutive sound with speech at its start and end."""

    start_s: float
    samples: np.ndarray
    """(N,) float32 mono at RATE_HZ."""
    regions: tuple[Region, ...]
    """Where speech is, in seconds of the recording."""

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.samples) / RATE_HZ


def speech_chunks(blocks: Iterable[np.ndarray]) -> Iterator[Chunk]:
    """Cut a stream of sound into chunks; memory does not grow with its length.

    Parameters
    ----------
    blocks : (N,) float32 mono at RATE_HZ, each at least as long as a chunk, the last of any length.
    """
    held, held_from = np.zeros(0, np.float32), 0
    for block in blocks:
        held = np.concatenate([held, block])
        groups = grouped(speech_regions(held))
        for group in groups[:-1]:
            yield _chunk(held, held_from, group)
        keep_s = groups[-1][0][0] if groups else max(0.0, len(held) / RATE_HZ - _CONTEXT_S)
        keep = round(keep_s * RATE_HZ)
        held, held_from = held[keep:], held_from + keep
    for group in grouped(speech_regions(held)):
        yield _chunk(held, held_from, group)


def speech_regions(samples: np.ndarray) -> list[Region]:
    """Where somebody speaks, in seconds: each region with 0.1 s around it, pauses under 0.2 s included."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if not len(samples) or np.abs(samples).max() < _LOUDEST_SILENCE:
        return []
    options = VadOptions(
        threshold=_SPEECH,
        neg_threshold=_NO_SPEECH,
        min_speech_duration_ms=round(1000 * _SHORTEST_S),
        max_speech_duration_s=LONGEST_S,
        min_silence_duration_ms=round(1000 * _PAUSE_S),
        speech_pad_ms=round(1000 * _PAD_S),
    )
    return [(found["start"] / RATE_HZ, found["end"] / RATE_HZ) for found in get_speech_timestamps(samples, options)]


def grouped(regions: Iterable[Region]) -> list[list[Region]]:
    """Regions that fit into one chunk together, without a long pause in it."""
    groups: list[list[Region]] = []
    for start_s, end_s in regions:
        if groups and start_s - groups[-1][-1][1] <= _LONGEST_GAP_S and end_s - groups[-1][0][0] <= LONGEST_S:
            groups[-1].append((start_s, end_s))
        else:
            groups.append([(start_s, end_s)])
    return groups


def _chunk(held: np.ndarray, held_from: int, group: list[Region]) -> Chunk:
    first, last = round(group[0][0] * RATE_HZ), round(group[-1][1] * RATE_HZ)
    offset_s = held_from / RATE_HZ
    regions = tuple((start_s + offset_s, end_s + offset_s) for start_s, end_s in group)
    return Chunk((held_from + first) / RATE_HZ, held[first:last], regions)

"""Turns: who speaks from when to when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Turn:
    """One speaker, speaking without a pause that counts; turns of different speakers may overlap."""

    start_s: float
    end_s: float
    speaker: str
    confidence: float | None = None
    """0 to 1: how much closer the voice is to this speaker than to the next one; None where nothing says so."""
    channel: int = 1
    """Counted from 1, as in RTTM."""

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


def speakers_of(turns: Iterable[Turn]) -> list[str]:
    """The speakers, in the order in which they first speak.

    Example
    -------
    >>> speakers_of([Turn(3.0, 4.0, "ana"), Turn(0.0, 1.0, "rui")])
    ['rui', 'ana']
    """
    return list(dict.fromkeys(turn.speaker for turn in sorted(turns, key=lambda turn: turn.start_s)))


def seconds_by_speaker(turns: Iterable[Turn]) -> dict[str, float]:
    """Seconds of speech per speaker, overlap counted for each."""
    total: dict[str, float] = {}
    for turn in turns:
        total[turn.speaker] = total.get(turn.speaker, 0.0) + turn.seconds
    return total


def in_order(turns: Iterable[Turn]) -> list[Turn]:
    """Sorted by start, then by end, then by speaker."""
    return sorted(turns, key=lambda turn: (turn.start_s, turn.end_s, turn.speaker))


def joined(turns: Iterable[Turn], pause_s: float = 0.0) -> list[Turn]:
    """Turns of one speaker and channel that touch, or lie at most `pause_s` apart, become one; sorted by start.

    The confidence of a joined turn is the mean over its seconds.
    """
    latest: dict[tuple[str, int], Turn] = {}
    done = []
    for turn in sorted(turns, key=lambda turn: (turn.start_s, turn.end_s)):
        key = (turn.speaker, turn.channel)
        before = latest.get(key)
        if before and turn.start_s <= before.end_s + pause_s + 1e-6:
            latest[key] = replace(before, end_s=max(before.end_s, turn.end_s), confidence=_mean(before, turn))
        else:
            if before:
                done.append(before)
            latest[key] = turn
    return in_order([*done, *latest.values()])


def _mean(a: Turn, b: Turn) -> float | None:
    if a.confidence is None or b.confidence is None:
        return None
    seconds = a.seconds + b.seconds
    return (a.confidence * a.seconds + b.confidence * b.seconds) / seconds if seconds else a.confidence


def named(turns: Sequence[Turn], names: Sequence[str] | None = None) -> list[Turn]:
    """The same turns with speakers renamed in the order in which they first speak: `names`, else S01, S02...

    Example
    -------
    >>> [turn.speaker for turn in named([Turn(0, 1, "7"), Turn(1, 2, "3"), Turn(2, 3, "7")])]
    ['S01', 'S02', 'S01']
    """
    order = speakers_of(turns)
    new = dict(zip(order, names or [f"S{i:02}" for i in range(1, len(order) + 1)], strict=False))
    return [replace(turn, speaker=new[turn.speaker]) for turn in turns]

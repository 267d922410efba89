"""What a diarization says of itself, and what its speech detector finds, against the reference."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from horuslib.speakers.diarize import Diarization
from horuslib.speakers.front_end.side import analyse
from horuslib.speech.turns import Turn, speakers_of


def by_confidence(found: Mapping[str, Diarization], truth: Mapping[str, Sequence[Turn]], parts: int = 4) -> list[float]:
    """Share of the time that is wrong, from the least to the most confident turns, each part of the same seconds."""
    rows = []
    for name, one in found.items():
        who = mapping(truth[name], one.turns)
        for turn in one.turns:
            right = sum(_shared(turn, true) for true in truth[name] if true.speaker == who.get(turn.speaker))
            rows.append((turn.confidence or 0.0, turn.seconds, min(right, turn.seconds)))
    _, seconds, right = np.array(sorted(rows)).T
    edges = np.searchsorted(np.cumsum(seconds), np.linspace(0, seconds.sum(), parts + 1)[1:-1])
    return [float(1 - right[a:b].sum() / seconds[a:b].sum()) for a, b in pairwise([0, *edges, len(seconds)])]


def in_range(found: Mapping[str, Diarization], truth: Mapping[str, Sequence[Turn]]) -> tuple[float, float]:
    """Share of the recordings whose number of speakers is in the plausible range, and that range's mean width."""
    ranges = [(len(speakers_of(truth[name])), *one.plausible) for name, one in found.items() if one.plausible]
    return float(np.mean([low <= n <= high for n, low, high in ranges])), float(np.mean([h - w for _, w, h in ranges]))


def mapping(truth: Sequence[Turn], found: Sequence[Turn]) -> dict[str, str]:
    """Speaker found -> speaker of the reference, one to one, so that most seconds agree."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = speakers_of(found), speakers_of(truth)
    seconds = np.zeros((len(rows), len(columns)))
    for turn in found:
        for true in truth:
            seconds[rows.index(turn.speaker), columns.index(true.speaker)] += _shared(turn, true)
    return {rows[i]: columns[j] for i, j in zip(*linear_sum_assignment(-seconds), strict=True) if seconds[i, j] > 0}


def speech_found(paths: Mapping[str, Path], truth: Mapping[str, Sequence[Turn]], detector: str) -> tuple[float, float]:
    """Missed speech and false alarm of a detector, as shares of the reference's speech (who speaks does not count)."""
    seconds = missed = false = 0.0
    for name, path in paths.items():
        said = union((turn.start_s, turn.end_s) for turn in truth[name])
        heard = union(map(tuple, analyse(path, None, detector).regions.tolist()))
        both = sum(max(0.0, min(b, d) - max(a, c)) for a, b in said for c, d in heard)
        seconds += (of := sum(b - a for a, b in said))
        missed += of - both
        false += sum(b - a for a, b in heard) - both
    return missed / seconds, false / seconds


def union(spans) -> list[tuple[float, float]]:
    """Spans without overlap that cover the same seconds, sorted."""
    done: list[tuple[float, float]] = []
    for start_s, end_s in sorted(spans):
        if done and start_s <= done[-1][1]:
            done[-1] = (done[-1][0], max(done[-1][1], end_s))
        else:
            done.append((start_s, end_s))
    return done


def _shared(a: Turn, b: Turn) -> float:
    return max(0.0, min(a.end_s, b.end_s) - max(a.start_s, b.start_s))

"""Recordings that share sound, found by content: they must stand on one side of every split.

Two recordings are joined when at least four seconds of audible sound are common to both: an original and its echo
version, the same voice under two faults, one bed of ambience under two voices. Groups are what such pairs connect.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.audio.alignment import matches
from horuslib.audio.fingerprint import pieces

MIN_COMMON_S = 4.0
"""Less is a jingle, which programmes share without being the same."""
_SHORT_SHARE = 0.75
PAIR_COLUMNS = ["a", "b", "offset_s", "common_s", "score"]


def group_recordings(audio: Mapping[str, np.ndarray], sample_rate_hz: int) -> tuple[dict[str, str], pd.DataFrame]:
    """Put recordings that share sound into one group.

    Parameters
    ----------
    audio : recording_id -> (N,) mono float; read one recording at a time, so arrays mapped from disk are fine.
    sample_rate_hz : rate of all of them, at least 4000.

    Returns
    -------
    groups : recording_id -> group_id, which is the smallest recording_id of the group.
    pairs : one row per joined pair: a, b (recording ids, a < b), offset_s (what is at t in a is at t + offset_s in b),
        common_s (common sound, at most 30 s are counted), score (standard deviations above chance).

    Example
    -------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal(80000)
    >>> groups, pairs = group_recordings({"a": x, "b": 0.1 * x[8000:], "c": rng.standard_normal(80000)}, 8000)
    >>> groups
    {'a': 'a', 'b': 'a', 'c': 'c'}
    """
    ids = sorted(audio)
    found, owners, durations_s = [], [], []
    for owner, recording_id in enumerate(ids):
        samples = audio[recording_id]
        durations_s.append(len(samples) / sample_rate_hz)
        recording_pieces = pieces(samples, sample_rate_hz)
        found += recording_pieces
        owners += [owner] * len(recording_pieces)

    best = {}
    for i, j, match in matches(found, owners):
        pair = owners[i], owners[j]
        needed_s = min(MIN_COMMON_S, _SHORT_SHARE * min(durations_s[pair[0]], durations_s[pair[1]]))
        if match.common_s >= needed_s and (pair not in best or match.score > best[pair].score):
            best[pair] = match
    rows = [(ids[a], ids[b], m.offset_s, m.common_s, m.score) for (a, b), m in sorted(best.items())]
    return _connect(ids, best), pd.DataFrame(rows, columns=PAIR_COLUMNS)


def _connect(ids: list[str], pairs: Mapping[tuple[int, int], object]) -> dict[str, str]:
    """Connected components; every member points at the smallest."""
    leader = list(range(len(ids)))

    def lead(k: int) -> int:
        while leader[k] != k:
            k = leader[k]
        return k

    for a, b in pairs:
        low, high = sorted((lead(a), lead(b)))
        leader[high] = low
    return {recording_id: ids[lead(k)] for k, recording_id in enumerate(ids)}

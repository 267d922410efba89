"""Recordings that share sound, found by content: they must stand on one side of every split.

Two recordings are joined when at least four seconds of audible sound are common to both: an original and its echo
version, the same voice under two faults, one bed of ambience under two voices. Groups are what such pairs connect.

A small corpus is compared piece by piece, everything with everything. In a larger one, landmarks say which pieces are
worth comparing (`horuslib.audio.landmarks`): what is plainly shared is found as surely, while a bed under two different
voices may be missed. Of 12 such pairs, 11 were found with the bed 8 to 10 dB under the voices, 8 at 12 dB, 7 at 18 dB.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import islice
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from horuslib.audio import landmarks
from horuslib.audio.alignment import Match, match_near, matches
from horuslib.audio.fingerprint import Piece, count_cuts, cuts, piece, pieces
from horuslib.core.progress import Progress

MIN_COMMON_S = 4.0
"""Less is a jingle, which programmes share without being the same."""
EXHAUSTIVE_PIECES = 400
"""Up to so many pieces of 30 s, which make 80 000 pairs, everything is compared with everything: about 80 s."""
PAIR_COLUMNS = ["a", "b", "offset_s", "common_s", "score"]

_SHORT_SHARE = 0.75
_ENOUGH = 3
"""Once two recordings share so many pieces, no more of them are compared."""
_TASK = 64

log = logging.getLogger(__name__)


def group_recordings(audio: Mapping[str, np.ndarray], sample_rate_hz: int) -> tuple[dict[str, str], pd.DataFrame]:
    """Put recordings that share sound into one group.

    Progress is shown by `core.progress`. A large corpus takes about 50 MB an hour of sound in the folder for temporary
    files, and of the pairs within a large group not every one is looked for.

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
    durations_s = [len(audio[recording_id]) / sample_rate_hz for recording_id in ids]
    log.info("looking for sound shared by %d recordings, %.1f h", len(ids), sum(durations_s) / 3600)

    def is_shared(a: int, b: int, match: Match) -> bool:
        return match.common_s >= min(MIN_COMMON_S, _SHORT_SHARE * min(durations_s[a], durations_s[b]))

    recordings = (audio[recording_id] for recording_id in ids)
    total = sum(map(count_cuts, durations_s))
    if total <= EXHAUSTIVE_PIECES:
        found = _all_matches(recordings, sample_rate_hz)
    else:
        found = _likely_matches(recordings, len(ids), sample_rate_hz, landmarks.thinning(total), is_shared)
    best: dict[tuple[int, int], Match] = {}
    for a, b, match in found:
        if is_shared(a, b, match) and ((a, b) not in best or match.score > best[a, b].score):
            best[a, b] = match
    rows = [(ids[a], ids[b], m.offset_s, m.common_s, m.score) for (a, b), m in sorted(best.items())]
    groups = connect(ids, best)
    log.info("%d recordings make %d groups; %d pairs share sound", len(ids), len(set(groups.values())), len(rows))
    return groups, pd.DataFrame(rows, columns=PAIR_COLUMNS)


def _all_matches(recordings: Iterator[np.ndarray], sample_rate_hz: int) -> Iterator[tuple[int, int, Match]]:
    """Compare all pieces of all recordings."""
    found: list[Piece] = []
    owners: list[int] = []
    for owner, samples in enumerate(recordings):
        recording_pieces = pieces(samples, sample_rate_hz)
        found += recording_pieces
        owners += [owner] * len(recording_pieces)
    for i, j, match in matches(found, owners):
        yield owners[i], owners[j], match


def _likely_matches(
    recordings: Iterator[np.ndarray],
    count: int,
    sample_rate_hz: int,
    thin: int,
    is_shared: Callable[[int, int, Match], bool],
) -> Iterator[tuple[int, int, Match]]:
    """Compare the pieces whose landmarks agree; until then they are stored on disk."""
    owners: list[int] = []
    places: list[tuple[float, float]] = []
    frames: list[int] = []
    with TemporaryFile() as one, TemporaryFile() as other, ThreadPoolExecutor(os.cpu_count()) as pool:
        samples, marks = _OnDisk(one), _OnDisk(other)
        with Progress(count, "fingerprints", "recordings") as progress:
            for owner, made, found in _fingerprints(recordings, sample_rate_hz, thin, pool):
                progress.update(owner - (owners[-1] if owners else 0))
                owners.append(owner)
                places.append((made.start_s, made.power))
                frames.append(len(made.samples) // landmarks.HOP + 1)
                samples.append(made.samples)
                marks.append(found)
            progress.update(count - (owners[-1] if owners else 0))
        with Progress(len(marks), "landmarks compared", "pieces") as progress:
            likely = landmarks.candidates(marks, frames, owners, pool, progress.update)
        log.info("%d pairs of pieces are likely to share sound", len(likely))

        def check(pairs: pd.DataFrame) -> list[tuple[int, int, Match]]:
            """The matches of some pairs of recordings; each pair's likeliest pieces come first."""
            matched: list[tuple[int, int, Match]] = []
            shared: Counter = Counter()
            for a, b, i, j, lag in pairs[["a", "b", "first", "second", "lag"]].itertuples(index=False):
                if shared[a, b] < _ENOUGH:
                    left, right = (Piece(places[k][0], samples[k], places[k][1]) for k in (i, j))
                    match = match_near(left, right, lag * landmarks.HOP + landmarks.HOP // 2)
                    if match is not None and is_shared(a, b, match):
                        matched.append((a, b, match))
                        shared[a, b] += 1
            return matched

        owner_of = np.array(owners, int)
        likely = likely.assign(a=owner_of[likely["first"]], b=owner_of[likely["second"]])
        likely = likely.sort_values(
            ["a", "b", "evidence", "first", "second"], ascending=[True, True, False, True, True]
        )
        task = likely.groupby(["a", "b"]).ngroup() // _TASK
        tasks = [part for _, part in likely.groupby(task)]
        with Progress(len(likely), "likely pairs checked", "pairs") as progress:
            for part, matched in zip(tasks, pool.map(check, tasks), strict=True):
                yield from matched
                progress.update(len(part))


def _fingerprints(
    recordings: Iterator[np.ndarray], sample_rate_hz: int, thin: int, pool: Executor
) -> Iterator[tuple[int, Piece, np.ndarray]]:
    """Every piece that is not silent, with its recording's number and its landmarks, a few at a time."""

    def fingerprint(run: tuple[int, float, np.ndarray]) -> tuple[int, Piece | None, np.ndarray]:
        owner, start_s, cut = run
        made = piece(start_s, cut)
        return owner, made, landmarks.landmarks(cut, thin) if made else np.zeros((2, 0), np.uint32)

    runs = (
        (owner, start_s, cut)
        for owner, samples in enumerate(recordings)
        for start_s, cut in cuts(samples, sample_rate_hz)
    )
    while batch := list(islice(runs, _TASK)):
        yield from (done for done in pool.map(fingerprint, batch) if done[1] is not None)


class _OnDisk(Sequence):
    """Arrays in a file, appended one by one and then read by any thread."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = Lock()
        self._entries: list[tuple[int, np.dtype, tuple[int, ...]]] = []

    def append(self, array: np.ndarray) -> None:
        """Write one array behind the others."""
        self._entries.append((self._file.tell(), array.dtype, array.shape))
        self._file.write(array.tobytes())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, k: int) -> np.ndarray:
        start, dtype, shape = self._entries[k]
        with self._lock:
            self._file.seek(start)
            data = self._file.read(dtype.itemsize * int(np.prod(shape)))
        return np.frombuffer(data, dtype).reshape(shape)


def connect(ids: Sequence[str], pairs: Iterable[tuple[int, int]]) -> dict[str, str]:
    """Connected components, each named for its first member.

    Parameters
    ----------
    ids : unique; sorted where the smallest is to name a component.
    pairs : places in `ids` of what belongs together.
    """
    a, b = np.array(list(pairs), int).reshape(-1, 2).T
    links = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(ids), len(ids)))
    _, component = connected_components(links, directed=False)
    _, smallest = np.unique(component, return_index=True)
    return {recording_id: ids[smallest[c]] for recording_id, c in zip(ids, component, strict=True)}

"""The generated data set: log-mel spectrograms and targets in shards, made by a pool of processes, resumable.

A shard is a `.npz` of the segments of some programmes: `pictures` (log-mel spectrograms) uint8 (N, 128, 128), `truths`
float32 (N, 12) as from `truth`, `programmes` int32 (N,), `seconds` of processor time used. All but the last depends on
the seed and the shard's number only, so that an interrupted run can be resumed, and any number of processes makes the
same data.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soxr
from threadpoolctl import threadpool_limits

from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import movement_db, rms_dbfs
from horuslib.core.progress import Progress
from horuslib.pretraining.beds import draw_beds
from horuslib.pretraining.scenes import scene
from horuslib.pretraining.targets import truth
from horuslib.synthesis.music import STYLES
from horuslib.synthesis.programme import TALK, level, programme
from horuslib.tasks.sections import FrontEnd

LANGUAGES = (
    *("pt-br", "pt-br", "pt", "es", "es-419", "ca", "it", "fr-fr", "ro", "en-us", "en-gb", "de", "nl", "sv"),
    *("da", "nb", "fi", "et", "pl", "cs", "sk", "hr", "hu", "tr", "id", "sw", "vi", "eu", "eo"),
)
PROGRAMMES_PER_SHARD = 8
PROGRAMME_S = 16.0
SCENES_PER_PROGRAMME = 10
SEGMENTS_PER_SCENE = 3
BEDS_PER_SHARD = 5
BED_ALONE_SHARE, MUSIC_SHARE = 0.12, 0.15
TALK_SHARE = 0.4
"""Share of the other programmes that must have speech; so have two in three of the rest."""
MANNERS = {"spoken": 0.82, "whispered": 0.06, "shouted": 0.12}
_BEDS = 1
"""Distinguishes the seed of a shard's beds from those of its programmes."""
_MIN_MOVEMENT_DB = 1.6
_MIN_DBFS = -70.0


@dataclass(frozen=True)
class Data:
    """Shards in memory."""

    pictures: np.ndarray
    """uint8 (N, 128, 128): 0 to 255 for 0.0 to 1.0."""
    truths: np.ndarray
    """float32 (N, 12)."""
    programmes: np.ndarray
    """int32 (N,): index of each segment's programme."""
    seconds: float = 0.0
    """Processor time used for generation."""

    def split(self, share: float) -> tuple["Data", "Data"]:
        """Split by programme: (the first programmes, the last `share` of them)."""
        first_unseen = np.quantile(np.unique(self.programmes), 1 - share)
        unseen = self.programmes > first_unseen
        return self._rows(~unseen), self._rows(unseen)

    def _rows(self, rows: np.ndarray) -> "Data":
        return Data(self.pictures[rows], self.truths[rows], self.programmes[rows])


def make_shards(
    folder: Path,
    seed: int,
    shards: int,
    front_ends: Sequence[FrontEnd],
    workers: int | None = None,
) -> None:
    """Make the missing shards, as `folder/shard_<number>.npz`.

    Parameters
    ----------
    front_ends : used in turn, one per programme; a front end may be listed more than once.
    workers : processes; one per processor when not given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [n for n in range(shards) if not _path(folder, n).is_file()]
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_make_shard, folder, seed, n, tuple(front_ends)) for n in missing]
        with Progress(len(jobs), "pretraining sound", "shards", each=0.05) as progress:
            for job in as_completed(jobs):
                job.result()
                progress.update(1)


def read_shards(folder: Path, shards: int) -> Data:
    """The first `shards` shards, in order."""
    parts = []
    for n in range(shards):
        with np.load(_path(folder, n)) as stored:
            parts.append([stored[name] for name in ("pictures", "truths", "programmes", "seconds")])
    *columns, seconds = zip(*parts, strict=True)
    return Data(*map(np.concatenate, columns), seconds=float(sum(seconds)))


def front_end_of(programme: int, front_ends: Sequence[FrontEnd]) -> FrontEnd:
    """The front end used for a programme."""
    return front_ends[programme % len(front_ends)]


def _path(folder: Path, number: int) -> Path:
    return folder / f"shard_{number:04d}.npz"


def _make_shard(folder: Path, seed: int, number: int, front_ends: tuple[FrontEnd, ...]) -> None:
    started, first = time.process_time(), number * PROGRAMMES_PER_SHARD
    numbers = range(first, first + PROGRAMMES_PER_SHARD)
    rate_hz = max(front_end.sample_rate_hz for front_end in front_ends)
    beds = draw_beds(np.random.default_rng([seed, number, _BEDS]), BEDS_PER_SHARD, PROGRAMME_S, rate_hz)
    with threadpool_limits(1):  # one thread per process: each processor computes its own shard
        made = [
            _segments(np.random.default_rng([seed, n]), front_end, [_resample(bed, rate_hz, front_end) for bed in beds])
            for n in numbers
            for front_end in [front_end_of(n, front_ends)]
        ]
    path = _path(folder, number)
    unfinished = path.with_suffix(".part")
    with open(unfinished, "wb") as file:
        np.savez(
            file,
            pictures=np.concatenate([pictures for pictures, _ in made]),
            truths=np.concatenate([truths for _, truths in made]),
            programmes=np.repeat(np.array(numbers, np.int32), [len(truths) for _, truths in made]),
            seconds=time.process_time() - started,
        )
    unfinished.replace(path)


def _resample(sound: np.ndarray, sample_rate_hz: int, front_end: FrontEnd) -> np.ndarray:
    """A sound resampled to a front end's rate."""
    return soxr.resample(sound, sample_rate_hz, front_end.sample_rate_hz)


def _segments(
    rng: np.random.Generator, front_end: FrontEnd, beds: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """One programme's segments in several scenes: (log-mel spectrograms uint8, truths)."""
    rate, n = front_end.sample_rate_hz, front_end.segment_samples
    piece, beds = _piece(rng, rate, beds)
    moves = movement_db(piece, rate) >= _MIN_MOVEMENT_DB
    sounds, truths = [], []
    for _ in range(SCENES_PER_PROGRAMME):
        made = scene(rng, piece, rate, moves, beds)
        for start in rng.integers(0, len(piece) - n + 1, SEGMENTS_PER_SCENE):
            sound = made.samples[start : start + n]
            parameters = made.parameters_between(start / rate, (start + n) / rate)
            if "silence" in parameters or rms_dbfs(sound) > _MIN_DBFS:
                sounds.append(sound)
                truths.append(truth(parameters, sound, rate))
    pictures = segments_to_inputs(sounds, front_end)[..., 0]
    return np.round(255 * pictures).astype(np.uint8), np.array(truths)


def _piece(
    rng: np.random.Generator, sample_rate_hz: int, beds: Sequence[np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A programme for the scenes (mostly speech in a random manner, or music, or one of the beds alone), and the beds
    that may be mixed with it: a bed mixed with itself would be an unlabelled echo."""
    others = list(beds)
    if rng.random() < BED_ALONE_SHARE:
        return level(others.pop(rng.integers(len(others))), sample_rate_hz), others
    if rng.random() < MUSIC_SHARE:
        kind = str(rng.choice(list(STYLES)))
    else:
        kind = str(rng.choice(TALK)) if rng.random() < TALK_SHARE else None
    manner = str(rng.choice(list(MANNERS), p=list(MANNERS.values())))
    return programme(rng, PROGRAMME_S, sample_rate_hz, kind, languages=LANGUAGES, manner=manner).samples, others

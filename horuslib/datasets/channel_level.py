"""The channel's own level, where a task's target loudness is `auto`: how loud its normal programme typically is.

Ingest measures it, and every later step works on the task with that number in it, which the exported package carries.
Low volume is defined by it; it is not fitted to labels, so that all normal sound counts, held-out recordings included.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from horuslib.audio.levels import lufs
from horuslib.core import artifacts, recorder
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO
from horuslib.datasets.dataset import Ingested
from horuslib.datasets.known_good import KnownGood
from horuslib.tasks import Task
from horuslib.tasks.fields import AUTO

ARTIFACT = "channel_level"
"""Name of the JSON among ingest's artifacts."""
PIECE_S = 600.0
"""Longer recordings are measured in pieces of this length: a day holds many programmes."""
SILENT_LUFS = -60.0
"""What is no louder holds no programme, and does not count."""
LOWEST_LUFS = -40.0
"""Of a channel with a lower level, low volume (14 dB under it) could not be told from silence (-60 dBFS)."""
_TO_DO = (
    "Name an archive of known-good programme (GOOD=), add videos of normal sound, or write a number into the task "
    "(-23 for EBU R 128)."
)


@dataclass(frozen=True)
class ChannelLevel:
    """Median of the integrated loudness (ITU-R BS.1770) of all pieces of programme, weighted by their lengths.

    Attributes
    ----------
    lower_quartile_lufs, upper_quartile_lufs : between which half of the hours lie.
    material : "known_good" for the archive, "normal" for the recordings and parts that are labelled so.
    recordings, hours : how many of them, and how much of their sound, were loud enough to count.
    """

    lufs: float
    lower_quartile_lufs: float
    upper_quartile_lufs: float
    material: str
    recordings: int
    hours: float


Sound = tuple[np.ndarray, float]
"""A recording's mono mix, (N,), and how much louder its programme is (dB)."""


def estimate(
    ingested: Ingested, sound: Mapping[str, np.ndarray], programme: KnownGood, said: pd.DataFrame, task: Task
) -> ChannelLevel:
    """The channel's level by the archive of known-good programme, or by the normal sound of the labelled recordings.

    Parameters
    ----------
    sound : recording_id -> mono mix of the labelled recordings.
    said : what a person said of spans of the archive (`known_good.SPANS`): what is not normal does not count.

    Raises
    ------
    UserError
        Where neither holds programme, or its level is so low that nothing could be called low volume.
    """
    rate_hz = task.front_end.sample_rate_hz
    for material, sounds in (
        ("known_good", _archive(programme, said, task)),
        ("normal", _labelled_normal(ingested, sound, task)),
    ):
        if level := typical(sounds, rate_hz, material):
            break
    else:
        held = f"{_counted(len(programme.sound))} of known-good programme" if len(programme.sound) else "no archive"
        normal = ingested.intervals.recording_id[ingested.intervals.label == task.background].nunique()
        raise UserError(
            f"decision.target_lufs of task {task.name} is {AUTO}, and there is no programme to estimate the channel's "
            f"level from: {held} and {_counted(normal)} with sound labelled {task.background}, none of it louder "
            f"than {SILENT_LUFS:g} LUFS. {_TO_DO}"
        )
    if level.lufs < LOWEST_LUFS:
        where = "known-good programme" if level.material == "known_good" else f"sound labelled {task.background}"
        raise UserError(
            f"decision.target_lufs of task {task.name} is {AUTO}, but the {where} ({_counted(level.recordings)}) "
            f"typically has {level.lufs:.1f} LUFS: under {LOWEST_LUFS:g}, low volume could not be told from silence. "
            f"{_TO_DO}"
        )
    return level


def typical(sounds: Iterator[Sound], sample_rate_hz: int, material: str) -> ChannelLevel | None:
    """The typical loudness of some recordings; None where none of them is loud enough to hold programme."""
    found = [table for samples, louder_db in sounds if len(table := _measured(samples, louder_db, sample_rate_hz))]
    if not found:
        return None
    loudness, seconds = np.concatenate(found).T
    quartiles = np.quantile(loudness, (0.25, 0.5, 0.75), weights=seconds, method="inverted_cdf")
    low, middle, high = (round(float(x), 1) for x in quartiles)
    return ChannelLevel(middle, low, high, material, len(found), round(float(seconds.sum()) / 3600, 4))


def with_target(task: Task, paths: Paths | None = None) -> Task:
    """The task with the channel's level in place of `auto`; a task with a number is returned as it is.

    Raises
    ------
    UserError
        When ingest has not measured the level yet.
    """
    if not task.decision.estimates_target:
        return task
    recorder.record_field("decision.target_lufs", AUTO)  # what the task says: the level is an artifact that is read
    level = artifacts.read(AUDIO["ingest"], task, paths).json(ARTIFACT)["lufs"]
    return task.model_copy(update={"decision": task.decision.model_copy(update={"target_lufs": level})})


def _archive(programme: KnownGood, said: pd.DataFrame, task: Task) -> Iterator[Sound]:
    refuted = said[said.label != task.background]
    for recording_id, samples in programme.sound.items():
        spans = refuted[refuted.recording_id == recording_id]
        kept = samples[~_within(spans, len(samples), task)] if len(spans) else samples
        yield kept, programme.louder_db.get(recording_id, 0.0)


def _labelled_normal(ingested: Ingested, sound: Mapping[str, np.ndarray], task: Task) -> Iterator[Sound]:
    normal = ingested.intervals[ingested.intervals.label == task.background]
    for recording_id, spans in normal.groupby("recording_id"):
        samples = sound[recording_id]
        yield samples[_within(spans, len(samples), task)], ingested.louder_db.get(recording_id, 0.0)


def _within(spans: pd.DataFrame, samples: int, task: Task) -> np.ndarray:
    """Which samples lie within some spans, (samples,) bool."""
    inside = np.zeros(samples, bool)
    for span in spans.itertuples():
        first, last = (round(x * task.front_end.sample_rate_hz) for x in (span.start_s, span.end_s))
        inside[first:last] = True
    return inside


def _measured(samples: np.ndarray, louder_db: float, sample_rate_hz: int) -> np.ndarray:
    """Loudness of the programme (LUFS) and length (s) of each piece that holds programme: (N, 2)."""
    size = round(PIECE_S * sample_rate_hz)
    pieces = [samples[first : first + size] for first in range(0, len(samples), size)]
    rows = [(lufs(piece, sample_rate_hz) + louder_db, len(piece) / sample_rate_hz) for piece in pieces]
    return np.array([row for row in rows if row[0] > SILENT_LUFS]).reshape(-1, 2)


def _counted(recordings: int) -> str:
    return f"{recordings} recording{'' if recordings == 1 else 's'}"

"""The shortcut test (`datasets.shortcuts`) of clips as they are, and as they are prepared for training."""

import numpy as np
import pandas as pd

from horuslib.augmentation.clip_recipes import is_street, preparation
from horuslib.augmentation.recipes import transforms
from horuslib.augmentation.transforms import draw, replay
from horuslib.core.artifacts import Step
from horuslib.datasets import shortcuts
from horuslib.datasets.dataset import load_audio, segment_audio
from horuslib.tasks import Task


def compare(ingest: Step, labelled: pd.DataFrame, task: Task) -> dict[str, dict[str, float]]:
    """What a classifier reaches that is given length, peak, level, floor and bandwidth alone.

    Parameters
    ----------
    labelled : the labelled segments, with recording_id, group_id, start_s, end_s, label.

    Returns
    -------
    `as they are` and `prepared` -> the scores of `shortcut_scores`; empty for a task whose labels are not all kinds of
    street sound, or with too few groups.
    """
    if not all(is_street(task.kind(label)) for label in task.labels):
        return {}
    rate = task.front_end.sample_rate_hz

    def as_it_is(row: object) -> np.ndarray:
        return np.asarray(load_audio(ingest, row.recording_id)[round(row.start_s * rate) : round(row.end_s * rate)])

    def prepared(row: object) -> np.ndarray:
        return prepare(segment_audio(ingest, row, task), row.label, row.end_s - row.start_s, task, row.segment_id)

    found = {}
    for name, sound in (("as they are", as_it_is), ("prepared", prepared)):
        measures = shortcuts.measure(labelled, sound, rate)
        found[name] = shortcuts.shortcut_scores(measures, labelled["label"], labelled["group_id"], task.seed)
    return found if all(found.values()) else {}


def prepare(samples: np.ndarray, label: str, clip_s: float, task: Task, name: str) -> np.ndarray:
    """A clip as training prepares it before any other variation, on a generated background.

    Parameters
    ----------
    samples : the segment's sound, (segment_samples,).
    clip_s : how long the clip is in it.
    name : of the clip, which seeds the drawing.
    """
    rng, x = np.random.default_rng([task.seed, *name.encode()]), samples
    rate, silence = task.front_end.sample_rate_hz, np.zeros(task.front_end.segment_samples, np.float32)
    for transform in preparation(label, {"start_s": 0.0, "end_s": clip_s}, task, None):
        x = replay(draw(transform, rng, silence, rate), transforms(), x, rate)
    return x

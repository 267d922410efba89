"""The user's own background, to lay clips on: training segments of kinds that may lie under another sound.

A background is used in the fold of its own recording only, so that no model is evaluated on sound that it was trained
on.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from horuslib.core.artifacts import Step
from horuslib.datasets.dataset import segment_audio
from horuslib.tasks import Task
from horuslib.tasks.kinds import BEDS

COLUMNS = ["background", "segment_id", "recording_id", "label", "fold"]
PER_FOLD = 6
"""Backgrounds of a label and fold, one per group."""
SHORTEST_S = 2.5
"""Shorter sound, repeated, is a rhythm rather than a background."""


@dataclass(frozen=True)
class Backgrounds:
    """Row i of `table` (`COLUMNS`) describes `sounds[i]`, (N,) float16."""

    table: pd.DataFrame
    sounds: np.ndarray

    def of_fold(self, fold: int, label: str | None = None) -> tuple[int, ...]:
        """The rows that a fold's variations may be laid on; only those of a label when one is given."""
        mine = self.table["fold"] == fold
        if label is not None:
            mine &= self.table["label"] == label
        return tuple(self.table["background"][mine])


def find_backgrounds(ingest: Step, segments: pd.DataFrame, task: Task, rng: np.random.Generator) -> Backgrounds:
    """Choose backgrounds among the training segments; none in a task without such kinds.

    Parameters
    ----------
    segments : the ingested table.
    """
    long_enough = segments["end_s"] - segments["start_s"] >= SHORTEST_S
    possible = segments[(segments["split"] == "train") & segments["label"].notna() & long_enough]
    possible = possible[possible["label"].map(task.kind).isin(BEDS)]
    order = rng.permutation(len(possible))
    chosen = possible.iloc[order].drop_duplicates("group_id").groupby(["label", "fold"]).head(PER_FOLD)
    chosen = chosen.sort_values("segment_id", ignore_index=True)
    sounds = np.zeros((len(chosen), task.front_end.segment_samples), np.float16)
    for sound, row in zip(sounds, chosen.itertuples(), strict=True):
        sound[:] = segment_audio(ingest, row, task)
    return Backgrounds(chosen.assign(background=np.arange(len(chosen)))[COLUMNS], sounds)

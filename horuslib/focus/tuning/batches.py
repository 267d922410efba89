"""Batches with a fixed number of examples per class, drawn by group and not by clip.

Of each class the groups take turns, so that forty cuts of one recording count as one; a hard example has turns of its
own. Every batch is checked against its quotas.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from horuslib.focus.settings import FocusSettings, Stage

OCCLUDING = ("GainDip", "BandStop")
"""Transforms of copies that the curriculum holds back at first."""


def quotas(settings: FocusSettings, focus: str, labels: Sequence[str]) -> dict[str, int]:
    """Label -> examples per batch: the focus has its own number, the others share the rest, earlier ones the remainder.

    Example
    -------
    >>> from horuslib.focus.settings import load_settings
    >>> from horuslib.tasks import load_task
    >>> task = load_task("sirens")
    >>> list(quotas(load_settings(task), "emergency_sirens", task.labels).values())
    [10, 5, 5, 4, 4, 4]
    """
    others = [label for label in labels if label != focus]
    each, more = divmod(settings.batch.size - settings.batch.focus, max(1, len(others)))
    shares = {label: each + (i < more) for i, label in enumerate(others)}
    return {label: settings.batch.focus if label == focus else shares[label] for label in labels}


@dataclass(frozen=True)
class Pool:
    """What a stage draws from: per label, units that take turns; a unit is the rows (of features) of one group."""

    units: Mapping[str, Sequence[np.ndarray]]

    @property
    def examples(self) -> int:
        return sum(len(unit) for units in self.units.values() for unit in units)


def pool(examples: pd.DataFrame, hard: Sequence[str], stage: Stage, rng: np.random.Generator) -> Pool:
    """The examples of a stage.

    Parameters
    ----------
    examples : training rows: row (of features), segment_id, group_id, label (as corrected), kind, occluded.
    hard : segment_id of examples that were misclassified out of fold.
    """
    used = examples if stage.occluded else examples[~examples["occluded"]]
    units = {
        label: [rows["row"].to_numpy() for _, rows in part.groupby("group_id", sort=True)]
        for label, part in used.groupby("label", sort=True)
    }
    chosen = set(rng.permutation(sorted(hard))[: round(stage.hard_share * len(hard))])
    for row in used[used["segment_id"].isin(chosen) & (used["kind"] == "original")].itertuples():
        units[row.label] += [np.array([row.row])] * stage.hard_times
    return Pool(units)


def draw(pool: Pool, wanted: Mapping[str, int], batches: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches of rows, each with `wanted` examples of every label that has any; a label without gives up its places.

    Parameters
    ----------
    batches : how many.
    """
    turns = {label: _turns(units, rng) for label, units in pool.units.items() if len(units)}
    for _ in range(batches):
        yield rng.permutation(
            np.concatenate([[next(turns[label]) for _ in range(n)] for label, n in wanted.items() if label in turns])
        ).astype(int)


def check_batch(labels: Sequence[str], wanted: Mapping[str, int], present: Sequence[str]) -> None:
    """Raise AssertionError where a batch has other numbers per label than its quotas."""
    counts = pd.Series(list(labels)).value_counts()
    found = {label: int(counts.get(label, 0)) for label in wanted}
    due = {label: n if label in present else 0 for label, n in wanted.items()}
    assert found == due, f"a batch has {found}; its quotas are {due}"


def _turns(units: Sequence[np.ndarray], rng: np.random.Generator) -> Iterator[int]:
    """Rows for ever: every unit once, in random order, then again; of a unit a random row."""
    while True:
        for i in rng.permutation(len(units)):
            yield int(rng.choice(units[i]))

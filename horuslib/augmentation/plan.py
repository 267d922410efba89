"""Offline augmentation: a plan of variations of the training segments, and their sound, rendered on demand.

The plan has all drawn parameters; rendering draws nothing. The sound of a variation therefore need not be stored, and
the same plan gives the same sound.
"""

import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from horuslib.augmentation.backgrounds import Backgrounds
from horuslib.augmentation.measured_rooms import MeasuredRooms
from horuslib.augmentation.recipes import Recipe, can_become, fault_recipe, keeping_recipe, transforms
from horuslib.augmentation.transforms import draw, replay
from horuslib.tasks import Task
from horuslib.tasks.sections import WithFrontEnd

COLUMNS = (
    *("variation_id", "segment_id", "recording_id", "group_id", "source_label", "label"),
    *("fold", "split", "transforms", "seed"),
)
LEVELS = ("rms_dbfs", "peak_dbfs", "lufs", "modulation_db")


def plan_variations(
    segments: pd.DataFrame,
    task: Task,
    rng: np.random.Generator,
    own: MeasuredRooms | None = None,
    backgrounds: Backgrounds | None = None,
) -> pd.DataFrame:
    """Draw the variations of the training segments.

    Every labelled segment of split `train` gets `copies` variations that keep its label. Every one from which examples
    of other classes can be made (`recipes.can_become`: normal ones, where the task has a background) also gets up to
    `faults_per_normal` of them, the classes rarest so far first, or as many as `generated_share` asks for. Where a
    class then has more variations than `balance_cap` times the rarest, the excess is left out at random. Sirens give
    `lookalikes` besides.
    A variation belongs to its segment's group and fold.

    Parameters
    ----------
    segments : the ingested table with the measured `LEVELS` of each (`label_checks.measure`), which determine the
        faults that it can be given.
    own : the rooms measured between the user's recordings, used beside generated ones.
    backgrounds : the user's own backgrounds, used instead of generated ones where a fold has such.

    Returns
    -------
    One row per variation, `COLUMNS`; `transforms` is a JSON list of what `augmentation.transforms.draw` drew.

    Raises
    ------
    ValueError
        When the segments have not been measured.
    """
    missing = [name for name in LEVELS if name not in segments]
    if missing:
        raise ValueError(f"the segments have no {', '.join(missing)}: merge their measured levels first")
    train = segments[(segments["split"] == "train") & segments["label"].notna()].to_dict("records")
    wanted = [(row, row["label"]) for row in train for _ in range(task.augmentation.copies)]
    have = Counter(row["label"] for row in train) + Counter(label for _, label in wanted)
    wanted += _spread_faults(train, have, task, rng)
    wanted = _capped(wanted, task.augmentation.balance_cap, rng) + _lookalikes(train, task, rng)
    made: Counter = Counter()
    rows = []
    for row, label in wanted:
        seed = int(rng.integers(2**32))
        made[row["segment_id"]] += 1
        rows.append(
            {
                **{name: row[name] for name in ("segment_id", "recording_id", "group_id", "fold", "split")},
                "variation_id": f"{row['segment_id']}-v{made[row['segment_id']]:02d}",
                "source_label": row["label"],
                "label": label,
                "transforms": json.dumps(
                    _draw(row, label, task, np.random.default_rng(seed), own, made[row["segment_id"]], backgrounds)
                ),
                "seed": seed,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def render(
    variation: Any,
    samples: np.ndarray,
    sample_rate_hz: int,
    task: WithFrontEnd,
    responses: np.ndarray | None = None,
    backgrounds: np.ndarray | None = None,
) -> np.ndarray:
    """The sound of a planned variation.

    Parameters
    ----------
    variation : a row of the plan, or anything else with `transforms`.
    samples : the segment that is varied, (N,), at the task's rate, for which shifts and rooms were drawn.
    responses : impulse responses of the measured rooms, where the plan has such.
    backgrounds : the user's own backgrounds, where the plan has such.

    Returns
    -------
    float32 (N,), within full scale; the same for the same row and sound.
    """
    if sample_rate_hz != task.front_end.sample_rate_hz:
        raise ValueError(f"the plan is for {task.front_end.sample_rate_hz} Hz, the sound has {sample_rate_hz} Hz")
    x, known = np.asarray(samples, np.float32), transforms(responses, backgrounds)
    for step in json.loads(variation.transforms):
        x = replay(step, known, x, sample_rate_hz)
    return np.clip(x, -1, 1).astype(np.float32)


def drawn_strengths(variations: pd.DataFrame) -> pd.DataFrame:
    """The parameters of each transform of each variation: one row per drawn number.

    Returns
    -------
    Columns variation_id, label, transform, parameter, value (float).
    """
    rows = [
        (row.variation_id, row.label, step["name"], parameter, float(value))
        for row in variations.itertuples()
        for step in json.loads(row.transforms)
        for parameter, value in step["parameters"].items()
        if isinstance(value, int | float) and not isinstance(value, bool) and not parameter.endswith("seed")
    ]
    return pd.DataFrame(rows, columns=["variation_id", "label", "transform", "parameter", "value"])


def _spread_faults(train: list[dict], have: Counter, task: Task, rng: np.random.Generator) -> list[tuple[dict, str]]:
    """Examples of other classes made from segments, at each one the classes that are rarest so far; or, where
    `generated_share` is set, of every class in proportion to its own examples."""
    if task.augmentation.generated_share:
        return _generated(train, have, task, rng)
    totals = Counter(have)
    wanted = []
    normals = [row for row in train if row["label"] == task.background] if task.background else train
    for index in rng.permutation(len(normals)):
        possible = [label for label in task.faults if can_become(label, normals[index], task)]
        rarest_first = sorted(rng.permutation(possible).tolist(), key=lambda label: totals[label])
        for label in rarest_first[: task.augmentation.faults_per_normal]:
            totals[label] += 1
            wanted.append((normals[index], label))
    return wanted


def _generated(train: list[dict], have: Counter, task: Task, rng: np.random.Generator) -> list[tuple[dict, str]]:
    """`generated_share` of the examples of every class, made from segments that allow it, each in turn."""
    share, wanted = task.augmentation.generated_share, []
    for label in task.faults:
        possible = [train[i] for i in rng.permutation(len(train)) if can_become(label, train[i], task)]
        number = math.ceil(share / (1 - share) * have[label]) if possible else 0
        wanted += [(possible[i % len(possible)], label) for i in range(number)]
    return wanted


def _lookalikes(train: list[dict], task: Task, rng: np.random.Generator) -> list[tuple[dict, str]]:
    """Of every siren so many examples of the surroundings, as `augmentation.lookalikes` says."""
    siren, surroundings = task.label_of("siren"), task.label_of("surroundings")
    if siren is None or surroundings is None:
        return []
    of = [(row, surroundings) for row in train if row["label"] == siren]
    return of * int(task.augmentation.lookalikes) + [
        one for one in of if rng.random() < task.augmentation.lookalikes % 1
    ]


def _capped(wanted: list[tuple[dict, str]], cap: float, rng: np.random.Generator) -> list[tuple[dict, str]]:
    """At most `cap` times as many of any label as of the rarest, chosen at random, in the original order."""
    counts = Counter(label for _, label in wanted)
    if not counts:
        return wanted
    most = int(cap * min(counts.values()))
    kept: Counter = Counter()
    chosen = []
    for index in rng.permutation(len(wanted)):
        label = wanted[index][1]
        if kept[label] < most:
            kept[label] += 1
            chosen.append(index)
    return [wanted[index] for index in sorted(chosen)]


def _draw(
    row: dict,
    label: str,
    task: Task,
    rng: np.random.Generator,
    own: MeasuredRooms | None,
    number: int,
    backgrounds: Backgrounds | None,
) -> list[dict]:
    if label == row["label"]:
        recipe: Recipe = keeping_recipe(label, row, task, rng, number, backgrounds)
    else:
        recipe = fault_recipe(label, row, task, rng, own)
    silence = np.zeros(task.front_end.segment_samples, np.float32)
    return [draw(transform, rng, silence, task.front_end.sample_rate_hz) for transform in recipe]

"""Every batch keeps its quotas, groups take turns whatever their size, and the curriculum adds what it says."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest

from horuslib.focus.settings import load_settings
from horuslib.focus.tuning.batches import Pool, check_batch, draw, pool, quotas
from horuslib.tasks import load_task

TASK = load_task("sirens")
SETTINGS = load_settings(TASK)
FOCUS = TASK.labels[0]


def examples():
    """Per class two groups: one of ten files, one of a single file; each file has a plain and an occluded copy."""
    rows = []
    for label in TASK.labels:
        for group, files in (("large", 10), ("small", 1)):
            for file in range(files):
                for kind, occluded in (("original", False), ("variation", False), ("variation", True)):
                    rows.append((f"{label}-{group}-{file}", f"{label}-{group}", label, kind, occluded))
    table = pd.DataFrame(rows, columns=["segment_id", "group_id", "label", "kind", "occluded"])
    return table.assign(row=np.arange(len(table)))


def test_quotas_are_the_plans():
    assert list(quotas(SETTINGS, FOCUS, TASK.labels).values()) == [10, 5, 5, 4, 4, 4]
    horus = load_task("horus")
    found = quotas(load_settings(horus), "ruido_hiss", horus.labels)
    assert found["ruido_hiss"] == 10 and sum(found.values()) == 32 and set(found.values()) == {10, 5, 4}


def test_every_batch_keeps_its_quotas_and_groups_take_turns(rng):
    table = examples()
    wanted = quotas(SETTINGS, FOCUS, TASK.labels)
    drawn = list(draw(pool(table, [], SETTINGS.curriculum[0], rng), wanted, 30, rng))
    label_of, group_of = table.set_index("row").label, table.set_index("row").group_id
    for batch in drawn:
        check_batch(label_of[batch], wanted, TASK.labels)
    counts = group_of[np.concatenate(drawn)].value_counts()
    assert abs(counts[f"{FOCUS}-large"] - counts[f"{FOCUS}-small"]) <= 1, "ten files of a group count as one"


def test_a_batch_off_its_quotas_is_refused():
    wanted = {"a": 2, "b": 1}
    check_batch(["a", "b", "a"], wanted, ["a", "b"])
    check_batch(["a", "a"], wanted, ["a"])
    with pytest.raises(AssertionError, match="its quotas are"):
        check_batch(["a", "b", "b"], wanted, ["a", "b"])


def test_the_curriculum_adds_hard_examples_then_occluded_copies(rng):
    table = examples()
    hard = [f"{FOCUS}-large-{i}" for i in range(4)]
    first, second, third, _ = (pool(table, hard, stage, rng) for stage in SETTINGS.curriculum)
    plain = set(table.row[~table.occluded])
    assert {row for units in first.units.values() for unit in units for row in unit} == plain
    assert len(first.units[FOCUS]) == 2
    assert len(second.units[FOCUS]) == 2 + 2 * 2, "half of four, twice"
    assert third.examples == len(table)


def test_a_unit_gives_all_of_its_rows_in_time(rng):
    units = Pool({"a": [np.array([1, 2, 3])]})
    found = {int(batch[0]) for batch in islice(draw(units, {"a": 1}, 40, rng), 40)}
    assert found == {1, 2, 3}

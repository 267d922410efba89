"""Groups are never split, every class is on both sides where groups allow it, and a note reports where they do not."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horuslib.core.errors import UserError
from horuslib.datasets.splits import assign_splits
from horuslib.tasks import load_task

TASK = load_task("horus")
FOLDS = TASK.splits.folds


def table(groups):
    """Segments of groups written as {"g1": {"normal": 3, None: 1}}."""
    rows = [(group, label) for group, counts in groups.items() for label, n in counts.items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["group_id", "label"]).assign(segment_id=range(len(rows)))


def one_class_each(**groups_of):
    """`normal=8`: eight groups with two segments of normal each, and so on."""
    return table({f"{label}{k}": {label: 2} for label, n in groups_of.items() for k in range(n)})


def with_splits(**changes):
    return TASK.model_copy(update={"splits": TASK.splits.model_copy(update=changes)})


labels = st.sampled_from([*TASK.labels, None])
corpora = st.dictionaries(
    st.integers(0, 40).map("g{}".format),
    st.dictionaries(labels, st.integers(1, 6), min_size=1, max_size=3),
    min_size=2,
    max_size=25,
).filter(lambda groups: sum(any(label for label in counts) for counts in groups.values()) >= 2)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(corpora)
def test_groups_stay_whole_and_no_segment_is_lost(groups):
    segments = table(groups)
    result, _ = assign_splits(segments, TASK)
    assert list(result["segment_id"]) == list(segments["segment_id"])
    labelled = result[result["label"].notna()]
    assert set(labelled["split"]) <= {"train", "holdout"}
    assert (labelled.groupby("group_id")["split"].nunique() == 1).all()
    assert (labelled.groupby("group_id")["fold"].nunique() == 1).all()
    train = result["split"] == "train"
    assert (result.loc[~train, "fold"] == -1).all()
    assert (result.loc[result["label"].isna(), "split"] == "unlabelled").all()
    used = sorted(result.loc[train, "fold"].unique())
    assert used == list(range(len(used))) and 2 <= len(used) <= FOLDS


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(corpora)
def test_training_keeps_a_group_for_each_fold_of_every_class_that_has_them(groups):
    result, _ = assign_splits(table(groups), TASK)
    every = result.dropna(subset="label").groupby("label")["group_id"].nunique()
    kept = result[result["split"] == "train"].groupby("label")["group_id"].nunique()
    assert (kept.reindex(every.index, fill_value=0) >= np.minimum(every, FOLDS)).all()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(TASK.labels), st.integers(2, 9), min_size=1, max_size=6))
def test_as_many_folds_as_the_rarest_class_has_groups(groups_of):
    result, notes = assign_splits(one_class_each(**groups_of), with_splits(holdout_share=0.0))
    expected = min(FOLDS, *groups_of.values())
    present = result.groupby("fold")["label"].nunique()
    assert list(present.index) == list(range(expected)) and (present == len(groups_of)).all()
    assert any(f"{expected} folds instead of {FOLDS}" in note for note in notes) == (expected < FOLDS)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(TASK.labels[:4]), st.integers(1, 5), min_size=1, max_size=3),
        min_size=3,
        max_size=7,
    )
)
def test_an_assignment_with_every_class_in_both_folds_is_found_if_one_exists(groups):
    segments = table({f"g{k}": counts for k, counts in enumerate(groups)})
    sizes = segments.groupby("label")["group_id"].nunique()
    measurable = list(sizes.index[sizes >= 2])

    def complete(sides):
        side_of = segments["group_id"].map(dict(zip([f"g{k}" for k in range(len(groups))], sides, strict=True)))
        return all(segments.loc[segments["label"] == label].groupby(side_of).ngroups == 2 for label in measurable)

    possible = any(complete(sides) for sides in product((0, 1), repeat=len(groups)) if len(set(sides)) == 2)
    result, notes = assign_splits(segments, with_splits(folds=2, holdout_share=0.0))
    sides = result.drop_duplicates("group_id").set_index("group_id")["fold"]
    assert complete([sides[f"g{k}"] for k in range(len(groups))]) == possible
    assert any(note.startswith("Fold ") for note in notes) == (not possible)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(corpora)
def test_the_result_depends_on_the_seed_only(groups):
    first, first_notes = assign_splits(table(groups), TASK)
    second, second_notes = assign_splits(table(groups), TASK)
    pd.testing.assert_frame_equal(first, second)
    assert first_notes == second_notes


def test_balanced_where_groups_are_of_one_size():
    result, notes = assign_splits(one_class_each(**dict.fromkeys(TASK.labels, 10)), TASK)
    counts = result.groupby(["split", "fold", "label"]).size()
    assert notes == []
    assert counts["train"].between(4, 6).all()
    assert counts["holdout"].between(2, 4).all() and len(counts["holdout"]) == len(TASK.labels)


def test_a_large_group_does_not_fill_the_holdout():
    groups = {f"n{k}": {"normal": 2} for k in range(20)} | {"one programme": {"normal": 40}}
    groups |= {f"h{k}": {"ruido_hiss": 2} for k in range(8)}
    result, _ = assign_splits(table(groups), TASK)
    held = result[(result["split"] == "holdout") & (result["label"] == "normal")]
    assert "one programme" not in set(held["group_id"]) and 8 <= len(held) <= 16


def test_a_class_in_one_group_gives_a_note_and_no_error():
    result, notes = assign_splits(one_class_each(normal=9, ruido_hiss=9, sinal_teste=1), TASK)
    assert set(result.loc[result["label"] == "sinal_teste", "split"]) == {"train"}
    assert result.loc[result["split"] == "train", "fold"].nunique() == FOLDS
    assert any(note.startswith("sinal_teste is in one group") for note in notes)
    assert any(note.startswith("The holdout has no sinal_teste") for note in notes)


def test_too_few_groups_for_a_holdout_give_a_note():
    result, notes = assign_splits(one_class_each(normal=9, eco_reverb=2), TASK)
    assert "eco_reverb" not in set(result.loc[result["split"] == "holdout", "label"])
    assert "2 groups of recordings" in next(note for note in notes if "The holdout has no eco_reverb" in note)
    assert "2 folds instead of 4" in next(note for note in notes if "folds instead" in note)
    assert "2 (eco_reverb)" in next(note for note in notes if "folds instead" in note)


def test_no_holdout_at_a_share_of_zero():
    result, notes = assign_splits(one_class_each(normal=5, eco_reverb=5), with_splits(holdout_share=0.0))
    assert set(result["split"]) == {"train"} and notes == []


@pytest.mark.parametrize("groups", [{"g": {"normal": 3, "eco_reverb": 2}}, {"g": {None: 3}}, {}])
def test_nothing_to_split_is_an_error(groups):
    with pytest.raises(UserError, match="at least two are needed"):
        assign_splits(table(groups), TASK)


def test_the_input_is_not_modified():
    segments = one_class_each(normal=4, eco_reverb=4)
    before = segments.copy()
    assign_splits(segments, TASK)
    pd.testing.assert_frame_equal(segments, before)

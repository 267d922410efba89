"""Rules make labels of tags; a person counts more than a model; undoing leaves nothing behind."""

import pandas as pd
import pytest

from horuslib.core.paths import Paths
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.relabel import apply_policy, beyond_doubt, policy_precision, relabelled, spot_checks
from horuslib.focus.settings import load_settings
from horuslib.tasks import load_task

TASK = load_task("sirens")
SETTINGS = load_settings(TASK)


def clips(filed=("emergency_sirens", "alert_sounds", "road_traffic"), named="collision_sounds", sure=0.95):
    rest = (1 - sure) / (len(TASK.labels) - 1)
    rows = [
        {"segment_id": f"{i}-0", "sha256": f"{i}" * 64, "start_s": 0.0, "end_s": 4.0, "label": label, "split": "train",
         "source": f"{i}.wav", **{f"p_{x}": sure if x == named else rest for x in TASK.labels}}
        for i, label in enumerate(filed)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def ledger(tmp_path):
    return QuarantineLedger(TASK, Paths(root=tmp_path), "ana")


def state(ledger, table):
    found = relabelled(table, ledger, SETTINGS, TASK)
    return [(x if isinstance(x, str) else None, y) for x, y in zip(found.label, found.state, strict=True)]


def test_each_outcome_of_a_tag(ledger):
    table = clips()
    first, second, third = table.itertuples()
    assert state(ledger, table)[0] == ("emergency_sirens", "as filed")
    ledger.quarantine(table, "extreme-off")
    assert state(ledger, table) == [(None, "quarantined")] * 3
    ledger.tag(first, "collision_artifact")
    ledger.tag(second, "true_siren")
    ledger.tag(third, "ambiguous")
    assert state(ledger, table) == [
        ("collision_sounds", "relabelled"), ("emergency_sirens", "relabelled"), (None, "out")
    ]  # fmt: skip
    found = relabelled(table, ledger, SETTINGS, TASK)
    assert found.rule[0] == "collision_artifact filed as emergency_sirens: collision_sounds" and found.who[0] == "ana"


def test_spot_checks_are_relabelled_files_first(ledger):
    table = clips().assign(suspicion=0.5)
    held = clips().assign(split="holdout", segment_id=["7-0", "8-0", "9-0"], sha256=["7" * 64, "8" * 64, "9" * 64])
    everything = pd.concat([table, held], ignore_index=True)
    ledger.quarantine(table[:2], "extreme-off")
    ledger.tag(list(table.itertuples())[1], "true_siren")
    ledger.tag(next(held.itertuples()), "collision_artifact")
    state_now = relabelled(everything, ledger, SETTINGS, TASK)
    found = spot_checks(state_now, everything, 3)
    assert found.segment_id.tolist() == ["1-0", "7-0", "0-0"]
    assert found.label.tolist() == ["emergency_sirens", "collision_sounds", "emergency_sirens"]
    assert found.reason[0] == "relabelled: true_siren filed as alert_sounds: emergency_sirens"
    assert found.reason[2] == "quarantined: extreme-off" and "suspicion" not in found
    assert len(spot_checks(state_now, everything, 2)) == 2


def test_a_persons_tag_stands_against_later_audits_and_can_be_undone(ledger):
    table = clips()
    row = next(table.itertuples())
    entry = ledger.tag(row, "true_siren")
    ledger.quarantine(table, "extreme-off")
    ledger.relabel(row, "human_scream", "policy")
    assert state(ledger, table)[0] == ("emergency_sirens", "confirmed")
    ledger.undo(entry)
    assert state(ledger, table)[0] == ("human_scream", "relabelled")
    ledger.undo(ledger.entries()[-1]["entry"])
    assert state(ledger, table)[0] == (None, "quarantined")


@pytest.mark.parametrize("split", ["holdout", "test"])
def test_of_a_test_file_only_a_persons_tag_counts(ledger, split):
    """A file may have been in quarantine, or relabelled by the policy, before it came into the test set."""
    table = clips()
    _, second, third = table.itertuples()
    ledger.quarantine(table[:1], "extreme-off")
    ledger.relabel(second, "human_scream", "policy")
    ledger.tag(third, "ambiguous")
    held = table.assign(split=split)
    assert state(ledger, held) == [("emergency_sirens", "as filed"), ("alert_sounds", "as filed"), (None, "out")]


def test_the_policy_is_off_unless_asked_and_leaves_tagged_files_alone(ledger):
    table = clips(sure=0.995)
    assert apply_policy(table, ledger, SETTINGS, TASK).empty and ledger.entries() == []
    ledger.tag(next(table.itertuples()), "collision_artifact")
    on = SETTINGS.model_copy(update={"policy": SETTINGS.policy.model_copy(update={"enabled": True})})
    assert apply_policy(table, ledger, on, TASK).segment_id.tolist() == ["1-0", "2-0"]
    assert apply_policy(table, ledger, on, TASK).empty, "what is relabelled is not relabelled again"
    assert policy_precision(table, ledger, on, TASK) == (1, 1)
    assert state(ledger, table)[2] == ("collision_sounds", "relabelled")


def test_a_relabelling_of_the_policy_that_is_undone_is_not_repeated(ledger):
    table = clips(sure=0.995)
    on = SETTINGS.model_copy(update={"policy": SETTINGS.policy.model_copy(update={"enabled": True})})
    assert len(apply_policy(table, ledger, on, TASK)) == 3
    ledger.undo(ledger.entries()[0]["entry"])
    assert apply_policy(table, ledger, on, TASK).empty
    assert state(ledger, table)[0] == ("emergency_sirens", "as filed")


def test_beyond_doubt_needs_both_limits():
    table = clips(sure=0.7)
    assert beyond_doubt(table, 0.6, 0.07, TASK).all()
    assert not beyond_doubt(table, 0.6, 0.05, TASK).any()
    assert not beyond_doubt(table, 0.8, 0.07, TASK).any()
    assert not beyond_doubt(clips(("collision_sounds",)), 0.6, 0.05, TASK).any()

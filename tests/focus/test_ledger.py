"""The ledger only grows, knows what was undone, survives a cut-off row, and refuses what is damaged."""

import pandas as pd
import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.focus.ledger import QuarantineLedger, ledger_path
from horuslib.tasks import load_task

TASK = load_task("sirens")


def clips(split="train"):
    p = {f"p_{label}": [0.9, 0.1] if label == "alert_sounds" else [0.02, 0.18] for label in TASK.labels}
    place = {"segment_id": ["a-0", "b-0"], "sha256": ["a" * 64, "b" * 64], "start_s": 0.0, "end_s": [3.2, 10.0]}
    about = {"label": "emergency_sirens", "split": split, "source": ["s/a.wav", "s/b.wav"]}
    return pd.DataFrame({**place, **about, **p})


@pytest.fixture
def ledger(tmp_path):
    return QuarantineLedger(TASK, Paths(root=tmp_path), "ana")


def test_what_is_known_is_not_written_again(ledger):
    assert ledger.quarantine(clips(), "extreme-off") == 2
    before = ledger_path(TASK, ledger.paths).read_bytes()
    assert ledger.quarantine(clips(), "extreme-off") == 0
    assert ledger_path(TASK, ledger.paths).read_bytes() == before
    entry = ledger.entries()[0]
    assert (entry["filed"], entry["rule"], entry["who"]) == ("emergency_sirens", "extreme-off", "ana")
    assert "alert_sounds=0.9000" in entry["probabilities"].split()


def test_no_model_quarantines_a_test_file(ledger):
    for split in ("holdout", "test"):
        with pytest.raises(ValueError, match="no file of a test set"):
            ledger.quarantine(clips(split), "extreme-off")
    assert ledger.entries() == []


def test_an_undone_entry_stays_in_the_file_and_counts_no_more(ledger):
    row = next(clips().itertuples())
    entry = ledger.tag(row, "true_siren")
    ledger.undo(entry)
    assert ledger.entries() == []
    assert entry in ledger_path(TASK, ledger.paths).read_text("utf-8")
    with pytest.raises(UserError, match="has no entry 'nothing'"):
        ledger.undo("nothing")


def test_what_a_person_took_back_is_not_repeated(ledger):
    ledger.quarantine(clips(), "extreme-off")
    ledger.undo(ledger.entries()[0]["entry"])
    before = ledger_path(TASK, ledger.paths).read_bytes()
    assert ledger.quarantine(clips(), "extreme-off") == 0
    assert ledger_path(TASK, ledger.paths).read_bytes() == before and len(ledger.entries()) == 1


def test_a_row_that_was_cut_off_loses_no_other(ledger):
    ledger.quarantine(clips(), "extreme-off")
    path = ledger_path(TASK, ledger.paths)
    path.write_bytes(path.read_bytes()[:-40])
    assert len(ledger.entries()) == 1
    ledger.tag(next(clips().itertuples()), "ambient")
    assert [entry["action"] for entry in ledger.entries()] == ["quarantine", "tag"]


def test_a_damaged_ledger_is_a_sentence_and_is_left_alone(ledger):
    ledger.quarantine(clips(), "extreme-off")
    path = ledger_path(TASK, ledger.paths)
    damaged = path.read_text("utf-8").replace(",quarantine,", ",quarantined,", 1)
    path.write_text(damaged, "utf-8")
    with pytest.raises(UserError, match=r"quarantine_sirens.csv is damaged \(line 2: unknown action 'quarantined'\)"):
        ledger.entries()
    assert path.read_text("utf-8") == damaged

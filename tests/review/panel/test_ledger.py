"""Corrections are appended, undone by further rows, matched by content hash, and survive an incomplete write."""

import csv
import fcntl
import multiprocessing

import pytest

from horuslib.audio.encode import write_wav
from horuslib.core import ledger_file
from horuslib.core.artifacts import write_json
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.datasets import corrections, dataset
from horuslib.datasets.corrections import read_corrections
from horuslib.evaluation import threshold_overrides
from horuslib.evaluation.thresholds import read_dotenv
from horuslib.review.panel.ledger import Ledger
from tests.conftest import syllables

SHA = "ab" * 32


@pytest.fixture
def ledger(horus, tmp_path):
    return Ledger(horus, Paths(root=tmp_path), "ana")


def rows_of(ledger):
    with open(corrections.ledger_path(ledger.paths), newline="") as file:
        return list(csv.DictReader(file))


def test_a_correction_is_read_back_and_an_undo_is_a_further_row(ledger, horus):
    kept = ledger.correct(SHA, 0, 5, "eco_reverb", old_label="normal", source="a.mp4")
    gone = ledger.correct(SHA, 5, 10, None)
    ledger.undo(gone.entry)
    assert ledger.corrections() == [(SHA, kept)]
    rows = rows_of(ledger)
    assert [row["action"] for row in rows] == ["relabel", "quarantine", "undo"]
    assert rows[2]["undoes"] == rows[1]["entry"] != ""
    assert (rows[0]["who"], rows[0]["old_label"], rows[0]["label"]) == ("ana", "normal", "eco_reverb")
    assert rows[0]["when"].endswith("+00:00")


def test_an_incomplete_last_row_is_reported_and_the_next_row_is_complete(ledger, horus):
    ledger.correct(SHA, 0, 5, "eco_reverb")
    path = corrections.ledger_path(ledger.paths)
    whole = path.read_bytes()
    ledger.correct(SHA, 5, 10, "ruido_hiss")
    last = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + last[: last.index(b"10.000") + 2])

    found, findings = read_corrections(path, horus)
    assert [c.label for c in found[SHA]] == ["eco_reverb"]
    assert [(f.where, f.problem) for f in findings] == [("line 3", "the row is cut off: no line end follows it")]

    ledger.correct(SHA, 10, 15, "normal")
    found, findings = read_corrections(path, horus)
    assert [(c.start_s, c.label) for c in found[SHA]] == [(0, "eco_reverb"), (10, "normal")]
    assert findings == []
    assert path.with_name("corrections.csv.cut").read_bytes().endswith(b"5.000,10\n")


def test_a_threshold_of_which_digits_are_missing_is_reported_and_not_used(ledger, horus, heimdall):
    path = threshold_overrides.ledger_path(ledger.paths)
    ledger.save_thresholds({"eco_reverb": 0.7}, {})
    ledger.save_thresholds({"eco_reverb": 0.95}, {})
    path.write_bytes(path.read_bytes().removesuffix(b"50\n"))
    for task, own in ((horus, {"eco_reverb": 0.7}), (heimdall, {})):
        thresholds, findings = threshold_overrides.read_overrides(path, task)
        assert (thresholds, [f.where for f in findings]) == (own, ["line 3"])


def test_a_file_with_another_header_is_not_appended_to(ledger):
    path = corrections.ledger_path(ledger.paths)
    path.parent.mkdir(parents=True)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="begins with a,b"):
        ledger.correct(SHA, 0, 5, "normal")
    assert path.read_text() == "a,b\n1,2\n"


def test_a_writer_waits_for_the_one_before(tmp_path):
    path = tmp_path / "ledger.csv"
    writing = multiprocessing.get_context("fork").Process(target=ledger_file.append, args=(path, ["a"], [{"a": 2}]))
    with open(path, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        writing.start()
        writing.join(0.5)
        assert path.read_text() == ""
        file.write(b"a\n1\n")
        file.flush()
        fcntl.flock(
            file, fcntl.LOCK_UN
        )  # The child inherited this file, so closing it here would not release the lock.
    writing.join(30)
    assert path.read_text() == "a\n1\n2\n"


def test_a_correction_follows_a_renamed_file_and_another_segmentation(ledger, horus, tmp_path, rng):
    raw = tmp_path / "raw"
    write_wav(raw / "falha_audio_eco_01.wav", syllables(rng, 15), 16000)
    first = dataset.ingest(raw, horus, tmp_path / "one")
    assert set(first.segments.label) == {"eco_reverb"}
    ledger.correct(first.recordings.sha256[0], 5, 10, "volume_baixo", old_label="eco_reverb")

    (raw / "falha_audio_eco_01.wav").rename(raw / "falha_audio_eco_99.wav")
    shorter = horus.front_end.model_copy(update={"segment_s": 3.0, "hop_s": 1.0})
    other = horus.model_copy(update={"front_end": shorter})
    path = corrections.ledger_path(ledger.paths)
    again = dataset.ingest(raw, other, tmp_path / "two", path).segments
    inside = (again.start_s >= 5) & (again.end_s <= 10)
    assert set(again.label[inside]) == {"volume_baixo"}
    assert set(again.label[again.end_s <= 5]) == {"eco_reverb"}


def test_the_last_saved_threshold_of_each_task_is_read_back(ledger, horus, heimdall):
    ledger.save_thresholds({"eco_reverb": 0.7, "ruido_hiss": 0.8}, {"eco_reverb": 0.6})
    lines = ledger.save_thresholds({"eco_reverb": 0.75}, {"eco_reverb": 0.7})
    path = threshold_overrides.ledger_path(ledger.paths)
    assert threshold_overrides.read_overrides(path, horus) == ({"eco_reverb": 0.75, "ruido_hiss": 0.8}, [])
    assert threshold_overrides.read_overrides(path, heimdall) == ({}, [])
    assert (ledger.paths.labels / "horus.env").read_text().splitlines() == lines


def test_an_invalid_threshold_row_is_reported(ledger, horus):
    path = threshold_overrides.ledger_path(ledger.paths)
    ledger.save_thresholds({"eco_reverb": 0.7}, {})
    with path.open("a") as file:
        file.write("mon,ana,horus,eco_reverb,,1.7\nmon,ana,horus,normal,,0.5\nmon,ana,horus,eco_reverb,,\n")
    own, findings = threshold_overrides.read_overrides(path, horus)
    assert own == {}, "a row without a number removes the override"
    assert [f.problem for f in findings] == [
        "the threshold '1.7' is not from 0 to 1",
        "'normal' is no fault of task horus: " + ", ".join(horus.faults),
    ]


def test_a_threshold_of_the_whole_decision_is_no_threshold_of_the_network_alone(ledger, horus):
    fused = dict.fromkeys(horus.faults, 0.6)
    lines = ledger.save_thresholds(fused | {"eco_reverb": 0.42}, fused, dict.fromkeys(horus.faults, 0.9))
    assert "AUDIO_THRESH_ECO_REVERB=0.9" in lines and "HORUS_THRESHOLDS_FOR=network" in lines
    assert lines[0].startswith("# Set by hand for the whole decision, not for the network alone: eco_reverb.")
    assert read_dotenv(ledger.paths.labels / "horus.env")["AUDIO_THRESH_ECO_REVERB"] == "0.9"
    assert ledger.threshold_overrides() == {"eco_reverb": 0.42}


def test_where_the_network_alone_decides_a_saved_threshold_is_horuss(horus, tmp_path):
    decision = horus.decision.model_copy(update={"measures": []})
    task = horus.model_copy(update={"decision": decision})
    lines = Ledger(task, Paths(root=tmp_path), "ana").save_thresholds({"eco_reverb": 0.42}, {})
    assert lines[horus.faults.index("eco_reverb")] == "AUDIO_THRESH_ECO_REVERB=0.42"


def test_the_lines_name_the_exported_model_when_they_are_its_thresholds(ledger, horus):
    alone = dict.fromkeys(horus.faults, 0.9)
    about = {"thresholds_alone": alone, "sha256": "0f3a5c7e9b1d" + "0" * 52}
    write_json(ledger.paths.export("horus") / "metadata.json", about)
    assert ledger.save_thresholds({"eco_reverb": 0.7}, {}, alone)[-1] == "HORUS_THRESHOLDS_FOR=network:0f3a5c7e9b1d"
    newer = alone | {"eco_reverb": 0.8}
    assert ledger.save_thresholds({"eco_reverb": 0.6}, {}, newer)[-1] == "HORUS_THRESHOLDS_FOR=network"


@pytest.mark.parametrize("damaged", ["{", "[]", "{}", '{"thresholds_alone": 5, "sha256": 5}'])
def test_a_damaged_export_names_no_model(ledger, horus, damaged):
    path = ledger.paths.export("horus") / "metadata.json"
    path.parent.mkdir(parents=True)
    path.write_text(damaged)
    assert ledger.save_thresholds({"eco_reverb": 0.7}, {})[-1] == "HORUS_THRESHOLDS_FOR=network"

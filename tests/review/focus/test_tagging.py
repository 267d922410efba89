"""The tag panel without a browser: a key per tag, the ledger written at once, undo."""

import numpy as np
import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO, FOCUS
from horuslib.focus.ledger import QuarantineLedger
from horuslib.focus.settings import load_settings
from horuslib.review.focus.tagging import TagPanel, keys, tag_panel
from horuslib.tasks import load_task

TASK = load_task("sirens")


@pytest.fixture
def panel(tmp_path, rng):
    paths = Paths(root=tmp_path)
    ingest = artifacts.begin(AUDIO["ingest"], TASK, paths=paths)
    rows = []
    for name, filed in (("a", "alert_sounds"), ("b", "emergency_sirens")):
        ingest.path(f"audio/{name}.npy")
        ingest.write_array(f"audio/{name}", rng.normal(0, 0.1, 16000).astype(np.float32))
        p = {f"p_{label}": 1 / len(TASK.labels) for label in TASK.labels}
        place = {"segment_id": f"{name}-0", "recording_id": name, "start_s": 0.0, "end_s": 1.0, "sha256": name * 64}
        rows.append(
            {**place, "source": f"{filed}/{name}.flac", "label": filed, "split": "train", "suspicion": 0.9, **p}
        )
    ingest.finish()
    ledger = QuarantineLedger(TASK, paths, "ana")
    step = artifacts.read(AUDIO["ingest"], TASK, paths)
    return TagPanel(pd.DataFrame(rows), {"train": step}, ledger, load_settings(TASK), "emergency_sirens")


def ask(panel, do, **what):
    panel._handle_custom_msg({"do": do, **what}, [])


def test_every_tag_has_a_key_of_its_own(panel):
    assert [tag["key"] for tag in panel.setup["tags"]] == list("123456")
    assert panel.setup["tags"][0]["name"] == "true_siren"
    assert "**1** `true_siren`" in keys(load_settings(TASK), TASK)


def test_a_tag_is_written_at_once_and_opens_the_next_file(panel):
    assert "suspicion 0.90" in panel.card and "a.flac" in panel.card
    ask(panel, "tag", tag="true_siren")
    assert panel.at == 1 and "b.flac" in panel.card
    assert panel.listing[0]["label"] == "emergency_sirens" and panel.listing[0]["state"] == "relabelled"
    assert [entry["tag"] for entry in panel._ledger.entries()] == ["true_siren"]
    assert "filed as alert_sounds, now emergency_sirens" in panel.status


def test_undo_takes_back_this_sittings_tags_only(panel):
    ask(panel, "undo")
    assert "no tag of this sitting" in panel.status
    ask(panel, "tag", tag="ambiguous")
    assert panel.listing[0]["label"] == "" and panel.listing[0]["state"] == "out"
    ask(panel, "undo")
    assert panel.listing[0]["state"] == "as filed" and panel._ledger.entries() == []


def test_an_unknown_tag_is_a_sentence_and_an_unknown_request_an_error(panel):
    ask(panel, "tag", tag="sirene")
    assert panel.status == "'sirene' is no tag of this task." and panel._ledger.entries() == []
    with pytest.raises(ValueError, match="no method 'delete'"):
        panel._receive(None, {"do": "delete"}, [])


def test_nothing_to_tag_is_said(panel):
    empty = TagPanel(panel._clips[:0], panel._sound, panel._ledger, panel._settings, "emergency_sirens")
    assert empty.card == "" and "nothing to tag" in empty.status
    ask(empty, "tag", tag="ambient")
    assert panel._ledger.entries() == []


@pytest.mark.slow
def test_files_of_a_test_folder_that_are_predicted_wrongly_can_be_tagged(panel):
    paths, ingest = panel._ledger.paths, panel._sound["train"]
    audit = artifacts.begin(FOCUS["audit"], TASK, paths=paths)
    audit.write_table("clips", panel._clips.assign(listed=[True, False], extreme_off=False))
    audit.finish()
    assert [row["source"] for row in tag_panel(TASK, "emergency_sirens", paths).listing] == ["alert_sounds/a.flac"]
    gate = artifacts.begin(FOCUS["gate"], TASK, paths=paths)
    held = panel._clips.drop(columns="suspicion").assign(split="test", sha256=["c" * 64, "d" * 64])
    held = held.assign(recording_id=["c", "d"], segment_id=["c-0", "d-0"], source=["t/c.wav", "t/d.wav"])
    gate.write_table("held_out", held.assign(mistaken=[True, False]))
    gate.path("audio/c.npy")
    gate.write_array("audio/c", np.asarray(ingest.array("audio/a")))
    gate.finish()
    opened = tag_panel(TASK, "emergency_sirens", paths)
    assert [row["source"] for row in opened.listing] == ["alert_sounds/a.flac", "t/c.wav"]
    ask(opened, "turn_to", at=1)
    assert "held out" in opened.card and "c.wav" in opened.card
    ask(opened, "tag", tag="true_siren")
    assert opened.listing[1]["label"] == "emergency_sirens"
    assert [entry["source"] for entry in opened._ledger.entries()] == ["t/c.wav"]

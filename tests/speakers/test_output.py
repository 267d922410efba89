"""What is written is after its schema, and can be read again."""

import json
from dataclasses import asdict

import jsonschema
import numpy as np
import pytest

from horuslib.speakers import output
from horuslib.speakers.diarize import Diarization, Settings
from horuslib.speech.rttm import read_rttm
from horuslib.speech.turns import Turn


@pytest.fixture
def written(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"sound")
    turns = [Turn(0, 2, "S01", 0.9), Turn(1.5, 4, "S02", None, 2)]
    found = Diarization("a.wav", turns, 5.0, 4.0, {"S01": np.ones(3), "S02": np.ones(3)}, ("A note.",), (1, 3))
    output.write(found, tmp_path / "a.wav", tmp_path / "out" / "a", Settings(), "pt-BR")
    return tmp_path / "out", turns


def test_json_is_after_its_schema(written):
    folder, turns = written
    content = json.loads((folder / "a.json").read_text("utf-8"))
    jsonschema.validate(content, json.loads(output.SCHEMA.read_text("utf-8")))
    assert content["speaker_count"] == {"found": 2, "least": 1, "most": 3}
    assert content["turns"] == [{**asdict(turn), "variety": "pt-BR"} for turn in turns]


def test_rttm_holds_the_same_turns(written):
    folder, turns = written
    assert [(t.start_s, t.end_s, t.speaker) for t in read_rttm(folder / "a.rttm")["a"]] == [
        (t.start_s, t.end_s, t.speaker) for t in turns
    ]


def test_the_table_has_a_row_per_turn(written):
    content = json.loads((written[0] / "a.json").read_text("utf-8"))
    table = output.table([content, content])
    assert list(table.columns) == list(output.COLUMNS)
    assert len(table) == 4

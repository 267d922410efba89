"""What one notebook stores is what the next reads."""

import numpy as np
import pandas as pd

from horuslib.speakers.diarize import Diarization
from horuslib.speakers.stored import recordings_table, restored, turns_table, vectors_table
from horuslib.speech.turns import Turn


def test_diarizations_survive_a_table(tmp_path):
    turns = [Turn(0, 2, "S01", 0.9), Turn(2, 3, "S02", None, 2)]
    one = Diarization(
        "a.wav", turns, 4.0, 3.0, {"S01": np.array([1.0, 0]), "S02": np.array([0, 1.0])}, ("A note.",), (1, 3)
    )
    found = {"a.wav": one, "b.wav": Diarization("b.wav", [Turn(0, 1, "S01", 0.5)], 2.0, 1.0, {"S01": np.ones(2)})}
    came = pd.DataFrame({"recording": ["a.wav", "b.wav"], "sha256": ["1", "2"], "variety": ["pt-BR", "unknown"]})
    tables = []
    for name, table in (("r", recordings_table(found, came)), ("t", turns_table(found)), ("v", vectors_table(found))):
        table.to_parquet(tmp_path / name)
        tables.append(pd.read_parquet(tmp_path / name))
    again = restored(*tables)
    assert again["a.wav"].turns == turns
    assert again["a.wav"].notes == ("A note.",)
    assert again["b.wav"].notes == ()
    assert (again["a.wav"].plausible, again["b.wav"].plausible) == ((1, 3), None)
    np.testing.assert_array_equal(again["a.wav"].vectors["S02"], [0, 1])
    assert tables[0].variety.tolist() == ["pt-BR", "unknown"]

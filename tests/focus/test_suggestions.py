"""What to label next, from a scan: one sound of every event, as a WAV and a row to fill in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.export.bundle import MODEL
from horuslib.focus.suggestions import COLUMNS, candidates
from horuslib.inference.detector import Detector
from tests.focused import FOCUS


def segment(start_s, predicted, p):
    return {
        "timestamp_start": start_s,
        "timestamp_end": start_s + 2,
        "predicted_class": predicted,
        "confidence": max(p),
        "probabilities": {"x": p[0], "y": p[1]},
    }


def test_an_event_is_adjacent_segments_predicted_alike_and_gives_its_least_certain():
    segments = [segment(0, "x", (0.9, 0.1)), segment(1, "x", (0.6, 0.4)), segment(2, "y", (0.3, 0.7))]
    segments.append(segment(3, "x", (0.55, 0.45)))
    found = candidates([{"file": "a", "segments": segments}, {"file": "b", "segments": []}], {"a": Path("a")}, "xy")
    assert [(one.start_s, round(one.margin, 2)) for one in found] == [(3, 0.1), (1, 0.2), (2, 0.4)]


def test_nothing_found_is_a_sentence():
    from horuslib.focus.suggestions import suggest

    with pytest.raises(UserError, match="No sound that could be labelled"):
        suggest([], {}, type("D", (), {"task": type("T", (), {"labels": ["x"]})})(), 3, Path("."))


@pytest.mark.slow
def test_the_command_writes_sounds_that_play_and_a_table(focused, tmp_path, monkeypatch, capsys):
    task, paths = focused
    monkeypatch.setenv("HORUS_ROOT", str(paths.root))
    package, pool = paths.export(task.name), tmp_path / "pool"
    assert (package / MODEL).is_file() and FOCUS in Detector.load(package).task.labels
    for folder in "ab":
        (pool / folder).mkdir(parents=True)
    rate_hz, rng = task.front_end.sample_rate_hz, np.random.default_rng(0)
    for number in range(6):
        pitch = np.sin(2 * np.pi * 300 * (number + 1) * np.arange(6 * rate_hz) / rate_hz)
        file = pool / "ab"[number % 2] / f"clip{number // 2}.wav"
        soundfile.write(file, 0.1 * pitch + 0.01 * rng.standard_normal(6 * rate_hz), rate_hz)
    out = tmp_path / "next"
    assert main(["suggest", str(pool), "--model", str(package), "--out", str(out), "--number", "6"]) == 0
    table = pd.read_csv(out / "next.csv")
    assert table.columns.tolist() == COLUMNS and len(table) == 6
    assert table.label.isna().all()
    assert table.path.is_unique, "also of files of one name in two folders"
    for row in table.itertuples():
        sound, rate = soundfile.read(out / row.path)
        whole, _ = soundfile.read(pool / row.file)
        assert rate == rate_hz
        np.testing.assert_allclose(sound, whole[round(row.start_s * rate) :][: len(sound)], atol=2e-4)
    assert "6 sounds to label" in capsys.readouterr().out
    assert main(["suggest", str(pool), "--model", str(package), "--out", str(out), "--number", "0"]) == 2

"""Clips are scored by the class of the whole clip; what has no diagnosis is wrong."""

import json

import pytest

from horuslib.audio.encode import write_wav
from horuslib.core.errors import UserError
from horuslib.evaluation.clip_score import as_text, score_clips


def diagnosis(label, **shares):
    segments = [{"probabilities": shares or {label: 1.0}}]
    return json.dumps({"audio": {"class": label, "confidence": 0.9}, "segments": segments})


@pytest.fixture
def scanned(tmp_path):
    clips = {"siren/a": "siren", "siren/b": "siren", "siren/c": "horn", "horn/d": "horn", "horn/e": None}
    for name, predicted in clips.items():
        write_wav(tmp_path / f"test/{name}.wav", [0.1, 0.2], 8000)
        if predicted:
            (tmp_path / f"out/{name}.wav.json").parent.mkdir(parents=True, exist_ok=True)
            share = {"siren": 0.8 if predicted == "siren" else 0.3, "horn": 0.2 if predicted == "siren" else 0.7}
            (tmp_path / f"out/{name}.wav.json").write_text(diagnosis(predicted, **share))
    return tmp_path


def test_rates_counts_and_what_is_missing(scanned):
    result = score_clips(scanned / "test", scanned / "out")
    assert (result["right"], result["clips"], result["accuracy"]) == (3, 5, 0.6)
    assert result["missing"] == ["horn/e.wav"]
    assert result["per_class"]["siren"]["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert result["per_class"]["siren"]["precision"] == 1
    assert result["per_class"]["horn"]["precision"] == 0.5
    assert result["macro_f1"] == pytest.approx((0.8 + 0.5) / 2, abs=1e-4)
    assert result["confusion"]["horn"] == {"horn": 1, "none": 1}
    assert result["per_class"]["siren"]["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3, abs=1e-3)
    assert "2/3" in as_text(result) and "No class for 1 clips: horn/e.wav" in as_text(result)


def test_a_table_is_a_truth_too(scanned):
    (scanned / "truth.csv").write_text("path,label,source\ntest/siren/a.wav,siren,x\ntest/horn/d.wav,siren,y\n")
    result = score_clips(scanned / "truth.csv", scanned / "out")
    assert (result["right"], result["clips"]) == (1, 2)


def test_what_is_no_truth_is_refused(scanned, tmp_path):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "short.csv").write_text("path,label\ntest/siren/a.wav,siren\ntest/horn/d.wav\n")
    (tmp_path / "empty.csv").write_text("path,label\ntest/siren/a.wav,\n")
    for truth, words in (
        (tmp_path / "nothing", "no clips"),
        (tmp_path / "bad.csv", "path,label"),
        (tmp_path / "no.csv", "cannot be read"),
        (tmp_path / "short.csv", r"row 3 has no path or no label"),
        (tmp_path / "empty.csv", r"row 2 has no path or no label"),
    ):
        with pytest.raises(UserError, match=words):
            score_clips(truth, scanned / "out")
    with pytest.raises(UserError, match="no folder of predictions"):
        score_clips(scanned / "test", tmp_path / "nowhere")

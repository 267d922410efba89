import numpy as np
import pandas as pd
import pytest

from horuslib import artifacts
from horuslib.artifacts import sha256_file
from horuslib.paths import Paths
from horuslib.review import verdict


def found(task, f1=0.95, low=0.9, rate=0.5, bound=1.5, **changed):
    row = {"precision": f1, "recall": f1, "f1": f1, "f1_low": low, "f1_high": 1.0, "support": 50}
    return {
        "macro_f1": {"out_of_fold": f1, "holdout": None},
        "per_class": {label: dict(row) for label in task.labels},
        "false_alarms_per_hour": rate,
        "false_alarms_per_hour_upper95": bound,
        "normal_hours": 2.0,
        "ece_before": 0.1,
        "ece_after": 0.05,
        "segments": 300,
        "recordings": 40,
        "accuracy": f1,
    } | changed


def test_fit_only_when_the_bound_is_within_the_budget(horus):
    assert verdict.judge(found(horus), horus).tone == "good"
    close = verdict.judge(found(horus, rate=1.0, bound=4.0), horus)
    assert close.tone == "open" and "cannot exclude 4.0; the task allows 2" in close.reasons[0]
    over = verdict.judge(found(horus, rate=3.0, bound=5.0), horus)
    assert over.tone == "bad" and "3.0 false alarms per hour" in over.reasons[0]


def test_a_class_that_is_found_poorly_or_not_at_all(horus):
    poor = found(horus)
    poor["per_class"]["eco_reverb"]["f1"] = 0.55
    poor["per_class"]["ruido_hiss"]["support"] = 0
    reasons = verdict.judge(poor, horus).reasons
    assert "eco_reverb is found poorly: F1 0.55, wanted 0.80." in reasons
    assert "ruido_hiss has no labelled segment to be judged on." in reasons


def test_few_segments_prove_little(horus):
    few = verdict.judge(found(horus, low=0.6), horus)
    assert few.tone == "open" and "as low as: ausencia_audio 0.60" in few.reasons[0]


def test_no_normal_sound_no_word_on_false_alarms(horus):
    none = verdict.judge(found(horus, rate=None, bound=None, normal_hours=0.0), horus)
    assert none.tone == "open" and "nothing is known about false alarms" in none.reasons[0]


def test_generated_sound_is_never_more_than_a_demonstration(horus):
    said = verdict.judge(found(horus), horus, generated=True)
    assert said.word == "A demonstration" and "says nothing of real videos" in said.reasons[0]


@pytest.fixture
def evaluated(horus, root, monkeypatch, tmp_path):
    """A root whose 01 and 06 have run on the demo corpus."""
    demo = tmp_path / "demo_corpus"
    demo.mkdir()
    (demo / "a.wav").write_bytes(b"generated")
    monkeypatch.setattr(Paths, "demo", property(lambda self: demo))
    ingest = artifacts.begin("01_ingest", horus)
    ingest.write_table("recordings", pd.DataFrame({"recording_id": ["a"], "sha256": [sha256_file(demo / "a.wav")]}))
    ingest.finish()
    step = artifacts.begin("06_evaluate", horus)
    labels = np.repeat(horus.labels, 10)
    answers = labels.copy()
    answers[labels == "eco_reverb"] = ["normal"] * 3 + ["eco_reverb"] * 7
    step.write_table("verdicts", pd.DataFrame({"label": labels, "verdict": answers, "split": "train"}))
    step.write_json("metrics", found(horus))
    step.write_json("thresholds", {label: 0.61 for label in horus.faults})
    step.finish()
    return Paths()


def test_the_page_says_what_was_found_and_on_what(evaluated, horus):
    page = verdict.task_page(horus, evaluated, [])
    assert "A demonstration" in page and "all generated sound" in page
    assert "57 of 60 segments are judged right out of fold" in page
    assert "eco_reverb taken for normal (3)" in page
    assert page.count("0.61") == len(horus.faults)
    assert "95 % sure to be under 1.5" in page


def test_one_file_of_the_users_own_is_no_demo(evaluated):
    demo = artifacts.sha256_file(evaluated.demo / "a.wav")
    assert verdict.is_generated(pd.DataFrame({"sha256": [demo]}), evaluated)
    assert not verdict.is_generated(pd.DataFrame({"sha256": [demo, "0" * 64]}), evaluated)

import json

import pandas as pd

from horuslib.evaluation.events import Event
from horuslib.inference.diagnosis import diagnosis, failed, most_important
from horuslib.tasks import load_task

MODEL = {"task": "horus", "sha256": "0"}


def test_class_priority_comes_before_confidence(horus):
    echo, tone, weak_tone = (
        Event(*e) for e in [("eco_reverb", 0, 9, 0.99), ("sinal_teste", 1, 3, 0.7), ("sinal_teste", 5, 9, 0.6)]
    )
    assert most_important([echo, weak_tone, tone], horus) == tone
    assert most_important([], horus) is None


def test_a_file_without_events_is_normal_with_the_confidence_of_its_normal_segments(horus):
    verdicts = pd.DataFrame(
        {"label": ["normal", "normal", "eco_reverb"], "confidence": [0.8, 0.9, 0.7], "start_s": 0.0, "end_s": 5.0}
    )
    verdicts[[f"p_{label}" for label in horus.labels]] = 1 / 6
    found = diagnosis("a.mp4", 10.0, horus, [], verdicts, model=MODEL)
    assert found["audio"] == {"class": "normal", "confidence": 0.85, "start_s": 0.0, "end_s": 10.0}


def test_both_kinds_have_the_same_keys_and_can_be_serialised(horus):
    good = diagnosis("a.mp4", 12.7554, horus, [Event("eco_reverb", 1.23456, 12.7554, 0.98765)], model=MODEL)
    bad = failed("b.mp4", "broken", model=MODEL)
    assert good.keys() == bad.keys() and json.dumps([good, bad])
    assert good["events"] == [{"type": "eco_reverb", "start": 1.235, "end": 12.755, "confidence": 0.988}]
    assert (bad["status"], bad["audio"], bad["events"]) == ("error", None, [])


def test_a_clip_has_the_class_of_most_of_its_windows():
    """In a task without background the class is that of the majority, whatever comes first in the priority."""
    task = load_task("sirens")
    labels = ["road_traffic", "emergency_sirens", "road_traffic", "road_traffic"]
    verdicts = pd.DataFrame({"label": labels, "confidence": 0.6, "start_s": 0.0, "end_s": 10.0})
    verdicts[[f"p_{label}" for label in task.labels]] = 0.0
    verdicts["p_road_traffic"], verdicts["p_emergency_sirens"] = [0.6, 0.2, 0.7, 0.5], [0.4, 0.8, 0.3, 0.5]
    events = [Event("emergency_sirens", 1, 11, 0.8), Event("road_traffic", 0, 13, 0.6)]
    found = diagnosis("a.wav", 13.0, task, events, verdicts, model=MODEL)
    assert found["audio"] == {"class": "road_traffic", "confidence": 0.5, "start_s": 0.0, "end_s": 13.0}
    tied = diagnosis("a.wav", 11.0, task, [], verdicts.iloc[:2], model=MODEL)
    assert (tied["audio"]["class"], tied["audio"]["confidence"]) == ("emergency_sirens", 0.6)
    nothing = diagnosis("a.wav", 2.0, task, [], None, model=MODEL)
    assert (nothing["audio"]["class"], nothing["audio"]["confidence"]) == ("environmental_sounds", 0.0)

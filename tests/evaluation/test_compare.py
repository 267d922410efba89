"""Two tasks on the same faults, with verdicts and events defined by hand."""

import numpy as np
import pandas as pd
import pytest

from horuslib.evaluation.compare import Evaluated, by_label, compare

FAULTS = [("a", 10.0, 30.0, "ruido_hiss"), ("a", 40.0, 50.0, "volume_baixo"), ("b", 0.0, 20.0, "sinal_teste")]


def evaluated(task, detected, intervals=FAULTS, recordings=("a", "b")):
    """A task that detects `detected`: (recording, start of first segment, end of last segment, label) per event."""
    front, rows = task.front_end, []
    for recording in recordings:
        for start_s in np.arange(0, 60 - front.segment_s + 0.01, front.hop_s):
            verdict = next(
                (x for r, low, high, x in detected if r == recording and low <= start_s <= high - front.segment_s),
                "normal",
            )
            rows.append((recording, start_s, start_s + front.segment_s, verdict))
    return Evaluated(
        task=task,
        intervals=pd.DataFrame(
            [*intervals, ("a", 0.0, 10.0, "normal")], columns=["recording_id", "start_s", "end_s", "label"]
        ),
        verdicts=pd.DataFrame(rows, columns=["recording_id", "start_s", "end_s", "verdict"]),
        events=pd.DataFrame(detected, columns=["recording_id", "start_s", "end_s", "type"]),
        recordings=pd.DataFrame({"path": ["a.mp4", "b.mp4"]}, index=pd.Index(["a", "b"], name="recording_id")),
        metrics={
            "macro_f1": {"out_of_fold": 0.9},
            "false_alarms_per_hour": 0.0,
            "false_alarms_per_hour_upper95": None,
            "normal_hours": 0.5,
        },
    )


@pytest.fixture
def five_s(horus):
    return evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss"), ("a", 40.0, 50.0, "volume_baixo")])


@pytest.fixture
def three_s(heimdall):
    return evaluated(heimdall, [("a", 11.0, 30.0, "ruido_hiss"), ("b", 1.0, 20.0, "sinal_teste")])


def of(faults, label):
    (row,) = faults[faults.label == label].to_dict("records")
    return row


def test_the_first_complete_segment_detects(five_s, three_s):
    hiss = of(compare(five_s, three_s), "ruido_hiss")
    assert (hiss["found_horus"], hiss["delay_s_horus"]) == (True, 7.5), "with the second of two segments"
    assert (hiss["found_heimdall"], hiss["delay_s_heimdall"]) == (True, 4.0), "from 11 to 14 s of a fault from 10 s on"
    assert hiss["path"] == "a.mp4"


def test_a_class_that_requires_two_segments_is_detected_with_the_second(five_s, three_s):
    tone = of(compare(five_s, three_s), "sinal_teste")
    assert tone["delay_s_heimdall"] == 5.0, "segments from 1 to 4 and from 2 to 5 s of a fault from 0 s on"
    assert tone["found_horus"] is False and np.isnan(tone["delay_s_horus"])


def test_a_class_that_a_task_does_not_have_is_neither_found_nor_missed(five_s, three_s):
    quiet = of(compare(five_s, three_s), "volume_baixo")
    assert quiet["found_horus"] is True and quiet["found_heimdall"] not in (True, False)
    table = by_label(compare(five_s, three_s), five_s.task, three_s.task)
    assert np.isnan(table.found_heimdall["volume_baixo"]) and table.found_horus["volume_baixo"] == 1
    assert table.loc["ruido_hiss"].tolist() == [1, 1, 1, 7.5, 4.0]
    assert table.loc["sinal_teste"].tolist()[:3] == [1, 0, 1] and np.isnan(table.delay_s_horus["sinal_teste"])


@pytest.mark.parametrize(("until_s", "found"), [(20.0, True), (19.9, False)])
def test_half_of_a_fault_must_be_covered(horus, three_s, until_s, found):
    short = evaluated(horus, [("a", 10.0, until_s, "ruido_hiss")])
    assert of(compare(short, three_s), "ruido_hiss")["found_horus"] is found


def test_only_recordings_that_both_evaluated_count(horus, heimdall, three_s):
    alone = evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss")], recordings=("a",))
    assert set(compare(alone, three_s).recording_id) == {"a"}


def test_an_event_that_began_before_its_fault_is_detected_within_it(horus, three_s):
    early = evaluated(horus, [("a", 2.5, 30.0, "ruido_hiss")])
    assert of(compare(early, three_s), "ruido_hiss")["delay_s_horus"] == 5.0, "segments from 7.5 to 12.5 and to 15 s"

"""Phase 4: runs, minimum segments, gaps, single segments, and invariants of every list of events."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horuslib.evaluation.decide import decide
from horuslib.evaluation.events import Event, contiguous_runs, events_table, merge
from horuslib.tasks import load_task
from tests.evaluated import evaluated_rows

TASKS = {name: load_task(name) for name in ("heimdall", "horus")}
LETTERS = {"A": "ausencia_audio", "E": "eco_reverb", "H": "ruido_hiss", "S": "sinal_teste", ".": "normal"}


def heimdall_events(pattern, confidence=0.95, rms=0.1):
    """The events of segments drawn as letters, one second apart, three seconds long."""
    n = len(pattern)
    verdicts = pd.DataFrame(
        {
            "label": [LETTERS[x] for x in pattern],
            "confidence": confidence,
            "rms": rms,
            "start_s": np.arange(n, dtype=float),
        }
    )
    return merge(verdicts.assign(end_s=verdicts.start_s + 3), TASKS["heimdall"], duration_s=n + 2.0)


def spans(events):
    return [(e.type, e.start_s, e.end_s) for e in events]


def test_an_event_runs_from_its_first_segments_start_to_its_last_ones_end():
    assert spans(heimdall_events("...AAAA...")) == [("ausencia_audio", 3.0, 9.0)]


@pytest.mark.parametrize("letter", "AS")
def test_silence_and_test_signal_need_two_segments(letter):
    assert heimdall_events(f"..{letter}..") == []
    assert spans(heimdall_events(f"..{letter}{letter}..")) == [(LETTERS[letter], 2.0, 6.0)]


def test_one_normal_segment_in_the_middle_is_tolerated_two_are_not():
    assert spans(heimdall_events("AA.AA")) == [("ausencia_audio", 0.0, 7.0)]
    assert spans(heimdall_events("AA..AA")) == [("ausencia_audio", 0.0, 4.0), ("ausencia_audio", 4.0, 8.0)]
    assert spans(heimdall_events("A.A")) == [("ausencia_audio", 0.0, 5.0)]


def test_a_label_may_tolerate_longer_gaps_than_others():
    def events_of(label):
        verdicts = pd.DataFrame({"label": [label] * 3 + ["normal"] * 2 + [label] * 3, "confidence": 0.95, "rms": 0.1})
        verdicts = verdicts.assign(start_s=2.5 * np.arange(8), end_s=2.5 * np.arange(8) + 5)
        p = {f"p_{name}": np.where(verdicts.label == name, 0.95, 0.01) for name in TASKS["horus"].labels}
        return len(merge(verdicts.assign(**p, delay_s=np.nan, rt60_s=np.nan), TASKS["horus"], 22.5))

    assert TASKS["horus"].decision.gap("ruido_hiss") == 2 and TASKS["horus"].decision.gap("sinal_teste") == 1
    assert events_of("ruido_hiss") == 1 and events_of("sinal_teste") == 2


def test_another_fault_in_the_middle_is_no_tolerated_gap():
    assert spans(heimdall_events("AHA")) == [("ruido_hiss", 1.0, 4.0)]


def test_events_of_one_class_that_overlap_become_one():
    assert spans(heimdall_events("AAHAA")) == [("ausencia_audio", 0.0, 7.0), ("ruido_hiss", 2.0, 5.0)]


@pytest.mark.parametrize(
    ("letter", "confidence", "rms", "reported"),
    [
        ("E", 0.85, 0.03, True),
        ("E", 0.849, 0.03, False),
        ("E", 0.85, 0.0299, False),
        ("H", 0.82, 0.025, True),
        ("H", 0.819, 0.025, False),
        ("H", 0.82, 0.0249, False),
    ],
)
def test_a_single_segment_of_echo_or_hiss_must_be_confident_and_loud(letter, confidence, rms, reported):
    assert bool(heimdall_events(f"..{letter}..", confidence, rms)) == reported
    assert heimdall_events(f"..{letter}{letter}..", confidence, rms), "two segments are enough without"


def test_the_confidence_of_an_event_is_the_mean_of_its_segments():
    assert heimdall_events("..HH..", [0, 0, 0.7, 0.9, 0, 0])[0].confidence == pytest.approx(0.8)


def test_a_tolerated_gap_does_not_change_the_confidence():
    assert heimdall_events("H.H", [0.8, 0.1, 0.9])[0].confidence == pytest.approx(0.85)


def echo_event(**measured):
    """The one event of four segments of eco_reverb with these measures."""
    columns = dict.fromkeys(("echo", "room"), 0.0) | dict.fromkeys(("delay_s", "rt60_s"), np.nan) | measured
    table = pd.DataFrame({"label": ["eco_reverb"] * 4, "confidence": 0.9, "rms": 0.1, "start_s": np.arange(4) * 2.5})
    table = table.assign(end_s=table.start_s + 5, p_eco_reverb=0.9, **columns)
    (event,) = merge(table, TASKS["horus"], duration_s=12.5)
    return event


def test_an_echo_has_its_delay_as_an_attribute():
    """The delay is that of the segments with a high echo measure; the others measured something else."""
    event = echo_event(echo=[1, 1, 1, 0.2], delay_s=[0.3701, 0.3699, 0.37, 1.9], room=0.3, rt60_s=1.0)
    assert event.attributes == {"kind": "echo", "delay_s": 0.37}


def test_a_room_has_its_reverberation_time_as_an_attribute():
    assert echo_event(room=[1, 0.9, 1, 0.8], rt60_s=[1.4, 1.6, 1.52, 1.5]).attributes == {"kind": "room", "rt60_s": 1.5}


def test_a_table_of_events_separates_recordings_and_runs():
    """One echo split in two by an unlabelled interval, and one of another recording, whose delay is unknown."""
    columns = {"label": "eco_reverb", "confidence": 0.9, "rms": 0.1, "p_eco_reverb": 0.9, "room": 0.0, "rt60_s": np.nan}
    rows = pd.DataFrame(
        {"recording_id": list("aaaabb"), "run": [0, 0, 1, 1, 1, 1], "split": ["train"] * 4 + ["holdout"] * 2}
    )
    rows["start_s"] = [0.0, 2.5, 20.0, 22.5, 0.0, 2.5]
    rows = rows.assign(**columns, end_s=rows.start_s + 5, echo=[1.0] * 4 + [0.0] * 2, delay_s=[0.3] * 4 + [np.nan] * 2)
    table = events_table(rows, TASKS["horus"], {"a": 30.0, "b": 7.5})
    assert table[["recording_id", "split"]].values.tolist() == [["a", "train"], ["a", "train"], ["b", "holdout"]]
    assert table.start_s.tolist() == [0.0, 20.0, 0.0]
    assert table.kind.fillna("-").tolist() == ["echo", "echo", "-"]
    assert table.delay_s.fillna(-1).tolist() == [0.3, 0.3, -1]


def test_a_table_of_no_events_has_its_columns():
    rows = pd.DataFrame(
        {"recording_id": ["a"], "run": 0, "split": "train", "label": "normal", "start_s": 0.0, "end_s": 5.0}
    )
    table = events_table(rows, TASKS["horus"], {"a": 5.0})
    assert len(table) == 0 and {"type", "kind", "delay_s"} <= set(table)


def test_attributes_that_cannot_be_measured_are_omitted():
    assert echo_event(room=[1, 0.9, 1, 0.8]).attributes == {"kind": "room"}
    assert echo_event(echo=0.2, delay_s=0.3).attributes == {}


def with_tail(verdicts, duration_s):
    """The verdicts plus a segment aligned to the end of the file, with the same label as the last one."""
    tail = verdicts.iloc[[-1]].assign(start_s=duration_s - 3, end_s=duration_s)
    return pd.concat([verdicts, tail], ignore_index=True)


@pytest.mark.slow
@given(st.text("AEHS.", min_size=1, max_size=12), st.sampled_from("AEHS."), st.floats(0.1, 0.9))
def test_the_last_segment_aligned_to_the_end_adds_no_event_that_seed_5_would_not(pattern, last, beyond_s):
    n = len(pattern)
    verdicts = pd.DataFrame({"label": [LETTERS[x] for x in pattern], "confidence": 0.84, "rms": 0.1})
    verdicts = verdicts.assign(start_s=np.arange(n, dtype=float), end_s=np.arange(n) + 3.0)
    duration_s = n + 2.0 + beyond_s
    tail = with_tail(verdicts, duration_s).assign(label=[*verdicts["label"], LETTERS[last]])
    without, tailed = (merge(v, TASKS["heimdall"], duration_s) for v in (verdicts, tail))
    assert [(e.type, e.start_s) for e in tailed] == [(e.type, e.start_s) for e in without]
    assert all(a.end_s >= b.end_s for a, b in zip(tailed, without, strict=True))


def test_a_fault_that_lasts_to_the_end_of_the_file_ends_there():
    verdicts = pd.DataFrame({"label": [LETTERS[x] for x in "..AA"], "confidence": 0.9, "rms": 0.1})
    verdicts = verdicts.assign(start_s=np.arange(4.0), end_s=np.arange(4) + 3.0)
    events = merge(with_tail(verdicts, 6.7), TASKS["heimdall"], 6.7)
    assert spans(events) == [("ausencia_audio", 2.0, 6.7)]


def horus_events(starts_s, faulty, label="ruido_hiss", duration_s=60.0):
    """Events of a model whose probability is the share of each 5 s segment that lies within the fault `faulty`."""
    task = TASKS["horus"]
    starts_s = np.asarray(starts_s, float)
    share = np.clip(np.minimum(starts_s + 5, faulty[1]) - np.maximum(starts_s, faulty[0]), 0, 5) / 5
    p = np.zeros((len(share), 6))
    p[:, task.labels.index(label)], p[:, task.labels.index("normal")] = share, 1 - share
    verdicts = decide(p, np.full(len(p), 0.1), np.full(len(p), 0.5), task)
    return merge(verdicts.assign(start_s=starts_s, end_s=starts_s + 5), task, duration_s)


@given(st.floats(5, 35), st.floats(7.5, 20))
def test_overlap_locates_the_edges_of_a_fault_within_a_second(start_s, length_s):
    # near the ends of the file fewer segments overlap
    (event,) = horus_events(np.arange(0, 55.1, 2.5), (start_s, start_s + length_s))
    assert event.start_s == pytest.approx(start_s, abs=0.7)
    assert event.end_s == pytest.approx(start_s + length_s, abs=0.7)


def test_a_fault_of_the_whole_file_reaches_both_of_its_ends():
    starts_s = [*np.arange(0, 17.6, 2.5), 19.03]
    assert spans(horus_events(starts_s, (0, 24.03), duration_s=24.03)) == [("ruido_hiss", 0.0, 24.03)]


def test_a_single_confident_segment_among_normal_ones_gives_its_middle_half():
    task = TASKS["horus"]
    p = np.zeros((5, 6))
    p[:, task.labels.index("normal")] = 1
    p[2] = np.eye(6)[task.labels.index("ruido_hiss")]
    verdicts = decide(p, np.full(5, 0.1), np.full(5, 0.5), task)
    starts_s = np.arange(5) * 2.5
    events = merge(verdicts.assign(start_s=starts_s, end_s=starts_s + 5), task, 15.0)
    assert events == [Event("ruido_hiss", 6.25, 8.75, 1.0)]


def siren_events(pattern, sure=1.0):
    """The events of windows of 10 s, one second apart: `S` a siren, `T` traffic, `A` an alert; each with probability
    `sure`, of which the other classes share the rest."""
    task = load_task("sirens")
    names = {"S": "emergency_sirens", "T": "road_traffic", "A": "alert_sounds"}
    p = np.array([np.eye(6)[task.labels.index(names[x])] for x in pattern])
    p = np.where(p == 1, sure, (1 - sure) / 5)
    starts_s = np.arange(len(pattern), dtype=float)
    verdicts = decide(p, np.full(len(p), 0.1), np.full(len(p), 0.5), task)
    events = merge(verdicts.assign(start_s=starts_s, end_s=starts_s + 10), task, len(p) + 9.0)
    return [event for event in events if event.type == "emergency_sirens"]


@pytest.mark.parametrize(("pattern", "number"), [
    ("TTTTTSTTTTTT", 0), ("TTTTTSSTTTTT", 0), ("TTTSTTTSTTTT", 0), ("TTTTTSSSTTTT", 1),
    ("SSSSSSSSSSSS", 1), ("SSSSTSSSSSSS", 1), ("SSSSSSTTTTTTTTTTTTTTTTSSSSSS", 2), ("S", 1), ("SS", 1), ("TS", 0),
])  # fmt: skip
def test_a_siren_takes_three_windows_in_a_row_and_is_one_event_a_passage(pattern, number):
    """One window raises no alarm; a clip that is shorter than three windows is classified by what it has."""
    assert len(siren_events(pattern)) == number


@pytest.mark.parametrize(("pattern", "sure", "number"), [
    ("TTTTSSSSSTTT", 0.45, 0), ("TTTTSSSSSTTT", 0.55, 1), ("SS", 0.45, 0), ("S", 0.3, 1),
])  # fmt: skip
def test_what_is_less_likely_a_siren_than_not_is_no_event_of_a_longer_sound(pattern, sure, number):
    """A clip of one window is classified all the same."""
    assert len(siren_events(pattern, sure)) == number


def test_a_single_segment_of_echo_is_none():
    task, p = TASKS["horus"], np.zeros((5, 6))
    p[:, TASKS["horus"].labels.index("normal")] = 1
    starts_s, found = np.arange(5) * 2.5, {}
    for segments in ([2], [2, 3]):
        sure = p.copy()
        sure[segments] = np.eye(6)[task.labels.index("eco_reverb")]
        verdicts = decide(sure, np.full(5, 0.1), np.full(5, 0.5), task)
        found[len(segments)] = merge(verdicts.assign(start_s=starts_s, end_s=starts_s + 5), task, 15.0)
    assert found[1] == [] and [event.type for event in found[2]] == ["eco_reverb"]


def quiet_events(quiet):
    """Events of a file with one segment per character, `q` being too quiet."""
    task = TASKS["horus"]
    labels = np.where(np.array(list(quiet)) == "q", "volume_baixo", "normal")
    p = np.eye(6)[[task.labels.index(label) for label in labels]]
    starts_s = np.arange(len(p)) * 2.5
    verdicts = decide(p, np.full(len(p), 0.01), np.full(len(p), 0.05), task)
    return merge(verdicts.assign(start_s=starts_s, end_s=starts_s + 5), task, starts_s[-1] + 5)


def test_a_quiet_passage_is_no_fault_until_it_lasts():
    """One quiet segment may be a pause, two are low volume; in a file of one segment, one is enough."""
    assert quiet_events("...q...") == []
    assert [e.type for e in quiet_events("...qq..")] == ["volume_baixo"]
    assert [e.type for e in quiet_events("q")] == ["volume_baixo"]


@pytest.mark.parametrize("name", TASKS)
@given(data=st.data())
def test_invariants_of_every_list_of_events(name, data):
    task = TASKS[name]
    n = data.draw(st.integers(1, 20))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    p = rng.dirichlet(np.full(len(task.labels), data.draw(st.sampled_from([0.05, 0.3, 1.0]))), n)
    rms = rng.choice([0.0001, 0.005, 0.02, 0.2], n)
    starts_s = np.arange(n) * task.front_end.hop_s
    duration_s = starts_s[-1] + task.front_end.segment_s - data.draw(st.floats(0, 0.4))
    verdicts = decide(p, rms, rms * 3, task).assign(start_s=starts_s, end_s=starts_s + task.front_end.segment_s)
    events = merge(verdicts, task, duration_s)
    assert [e.start_s for e in events] == sorted(e.start_s for e in events)
    assert {e.type for e in events} <= set(verdicts.label) - {"normal"}
    for e in events:
        assert 0 <= e.start_s < e.end_s <= duration_s
        assert 0 <= e.confidence <= 1
    for label in task.faults:
        of_label = [e for e in events if e.type == label]
        assert all(a.end_s <= b.start_s for a, b in pairwise(of_label))


def test_contiguous_runs_end_at_gaps(horus):
    rows = [("a", s, "normal", "normal", 0.9, 0) for s in (0, 2.5, 7.5, 10)] + [("b", 0, "normal", "normal", 0.9, 0)]
    assert contiguous_runs(evaluated_rows(horus, rows), horus).diff().tolist()[1:] == [0, 1, 0, 1]

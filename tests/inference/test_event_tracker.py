"""Events tracked from a sliding window of segments equal those of the whole stream, whatever their length."""

import dataclasses

import numpy as np
import pytest

from horuslib.acoustics.segment_features import COLUMNS
from horuslib.evaluation.definitions import MEASUREMENTS
from horuslib.evaluation.events import merge
from horuslib.evaluation.fusion import no_fusion
from horuslib.inference.classify import decisions
from horuslib.inference.detector import Detector
from horuslib.inference.event_tracker import EventTracker
from horuslib.tasks import load_task


def rows_of(probabilities, detector, measured=None):
    """Predictions of segments on the task's grid, loud enough not to be treated as silence."""
    front_end = detector.task.front_end
    start_s = np.arange(len(probabilities)) * front_end.hop_s
    levels = np.full((len(probabilities), 2), 0.1)
    measured = np.zeros((len(probabilities), len(COLUMNS))) if measured is None else measured
    measurements = np.full((len(probabilities), len(MEASUREMENTS)), np.nan)
    return np.column_stack([start_s, start_s + front_end.segment_s, levels, measured, measurements, probabilities])


def tracked(rows, detector):
    """The last line of each event."""
    tracker, last = EventTracker(detector), {}
    for row in rows:
        last |= {line["event"]: line for line in tracker.update(row[None])}
    last |= {line["event"]: line for line in tracker.finish()}
    return [last[number] for number in sorted(last)]


def merged(rows, detector):
    verdicts = decisions([rows], detector)
    return merge(verdicts, detector.task, float(verdicts["end_s"].iloc[-1]))


def predictions(labels, detector, rng, sure=0.9):
    """Probabilities of segments whose most probable label is given."""
    names = detector.task.labels
    p = rng.uniform(0, 0.05, (len(labels), len(names)))
    p[np.arange(len(labels)), [names.index(x) for x in labels]] = sure + rng.uniform(0, 0.1, len(labels))
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["horus", "heimdall"])
def test_events_equal_those_of_a_whole_scan(name, seed):
    task, rng, labels = load_task(name), np.random.default_rng(seed), []
    faults = task.faults
    detector = Detector(task, lambda inputs: inputs, dict.fromkeys(faults, 0.6), {})
    while len(labels) < 600:
        labels += ["normal"] * int(rng.integers(0, 30) if rng.random() < 0.5 else rng.integers(0, 5))
        fault = str(rng.choice(faults))
        for _ in range(int(rng.integers(1, 4))):  # gaps of one segment are tolerated
            labels += [fault] * int(rng.integers(2, 60)) + ["normal"]
    rows = rows_of(predictions(labels, detector, rng), detector)
    lines, events = tracked(rows, detector), merged(rows, detector)
    assert len(lines) == len(events) > 3
    for line, event in zip(sorted(lines, key=lambda x: x["start"]), events, strict=True):
        assert (line["what"], line["type"]) == ("end", event.type)
        assert (line["start"], line["end"]) == pytest.approx((event.start_s, event.end_s), abs=0.1)  # to the tenth
        assert line["confidence"] == pytest.approx(event.confidence, abs=2e-3)


@pytest.mark.parametrize("length", [14, 15, 40, 200])
def test_weak_evidence_that_lasts_is_announced_once(detector, rng, length):
    lasting = dataclasses.replace(detector, sustained={"eco_reverb": 0.02}, thresholds={"eco_reverb": 0.9})
    echo, normal = (lasting.task.labels.index(x) for x in ("eco_reverb", "normal"))
    p = np.full((length + 60, len(lasting.task.labels)), 0.001)
    p[:, normal] = 0.995
    p[30 : 30 + length, [echo, normal]] = [0.3, 0.695]
    rows = rows_of(p, lasting)
    lines, events = tracked(rows, lasting), merged(rows, lasting)
    assert len(lines) == len(events) == (length >= 15)
    for line, event in zip(lines, events, strict=True):
        assert (line["what"], line["start"], line["end"]) == (
            "end",
            pytest.approx(event.start_s, abs=0.1),
            pytest.approx(event.end_s, abs=0.1),
        )
        assert line["confidence"] == pytest.approx(0.9) == event.confidence


@pytest.mark.slow
def test_a_long_echo_keeps_its_delay(detector, horus, rng):
    labels = ["normal"] * 10 + ["eco_reverb"] * 200 + ["normal"] * 10
    measured = np.zeros((len(labels), len(COLUMNS)))
    measured[:, COLUMNS.index("echo")] = 1.0
    measured[:, COLUMNS.index("delay_s")] = np.where(np.arange(len(labels)) < 180, 0.4, np.nan)
    fused = dataclasses.replace(detector, fusion=no_fusion(horus))
    rows = rows_of(predictions(labels, fused, rng), fused, measured)
    (line,) = tracked(rows, fused)
    (event,) = merged(rows, fused)
    assert (line["kind"], line["delay_s"]) == ("echo", 0.4) == tuple(event.attributes.values())


@pytest.mark.slow
def test_memory_does_not_grow_with_an_event(detector, rng):
    tracker, rows = EventTracker(detector), rows_of(predictions(["sinal_teste"] * 1500, detector, rng), detector)
    sizes = []
    for row in rows:
        tracker.update(row[None])
        (known,) = tracker._open or [None]
        sizes.append((len(tracker._predicted), len(known.measured) if known else 0))
    assert sizes[-1] == sizes[1000], "the window is full, and so is what an event keeps"
    assert sizes[-1][0] < 40


class Counted(list):
    """A list that counts how many of its items are looked at."""

    looked = 0

    def __iter__(self):
        return self._counting(super().__iter__())

    def __reversed__(self):
        return self._counting(super().__reversed__())

    def _counting(self, items):
        for item in items:
            self.looked += 1
            yield item


def test_losses_that_are_past_are_not_looked_at_again(detector, rng):
    """A stream that loses 0.2 s with each segment, on and on."""
    hop_s, lost = detector.task.front_end.hop_s, Counted()
    tracker, rows = EventTracker(detector, lost), rows_of(predictions(["normal"] * 300, detector, rng), detector)
    looked = []
    for row in rows:
        lost.append((row[0] + 1.0, row[0] + 1.2))
        before = lost.looked
        tracker.update(row[None])
        looked.append(lost.looked - before)
    assert max(looked[:100]) == max(looked[200:]) <= tracker._window + detector.task.front_end.segment_s / hop_s + 1


def test_losses_of_the_window_are_those_of_the_whole_list(detector, rng):
    rows = rows_of(predictions(["normal"] * 60, detector, rng), detector)
    lost = [(10.0, 14.0), (14.5, 18.0), (100.0, 103.0)]
    tracker = EventTracker(detector, lost)
    lines = [line for row in rows for line in tracker.update(row[None])] + tracker.finish()
    assert {line["type"] for line in lines} <= {detector.task.silence}

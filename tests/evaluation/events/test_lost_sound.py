"""Lost sound among the events that the model found."""

import pytest

from horuslib.evaluation.events import Event
from horuslib.evaluation.events.lost_sound import with_losses


def spans(events, label):
    return [(e.start_s, e.end_s) for e in events if e.type == label]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], [(20, 60)]),
        ([(18.9, 61.2)], [(20, 60)]),
        ([(17.1, 62.9)], [(20, 60)]),
        ([(10, 59)], [(10, 60)]),
        ([(19, 70)], [(20, 70)]),
        ([(0, 5)], [(0, 5), (20, 60)]),
    ],
    ids=[
        "not found",
        "rough edges",
        "edges of segments that are half lost",
        "silent before",
        "silent after",
        "elsewhere",
    ],
)
def test_silence_takes_the_edges_of_the_loss(horus, found, expected):
    events = [Event(horus.silence, a, b, 0.9) for a, b in found]
    assert spans(with_losses(events, [(20.0, 60.0)], horus), horus.silence) == expected


def test_other_events_end_where_sound_is_lost(horus):
    label = next(x for x in horus.faults if x != horus.silence)
    events = [
        Event(label, 10, 22, 0.9),
        Event(label, 57, 70, 0.9),
        Event(label, 30, 40, 0.9),
        Event(label, 18, 21, 0.9),
    ]
    assert spans(with_losses(events, [(20.0, 60.0)], horus), label) == [(10, 20), (60, 70)]


def test_short_losses_are_no_events(horus):
    assert with_losses([], [(1.0, 3.0)], horus) == []


def test_a_task_without_silence_has_no_event_for_it(horus):
    labels = [label for label in horus.labels if label != horus.silence]
    kinds = {k: v for k, v in horus.kinds.items() if k != horus.silence} if horus.kinds else horus.kinds
    task = horus.model_copy(update={"labels": labels, "kinds": kinds})
    assert task.silence is None and with_losses([], [(20.0, 60.0)], task) == []

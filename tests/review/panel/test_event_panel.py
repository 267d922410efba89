"""The panel of events without a browser: what it lists, shows and writes."""

import numpy as np
import pytest

from horuslib.review.panel.event_panel import event_panel
from horuslib.spectral.corrections import ledger_path, read_classes
from horuslib.tasks import load_events_task
from tests.reviewed_events import EVENTS, UNLABELLED, make_reviewed_events, write_reviewed_events

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def events():
    return load_events_task("spectral")


@pytest.fixture(scope="session")
def folders(events, tmp_path_factory):
    return write_reviewed_events(events, tmp_path_factory.mktemp("reviewed"))


@pytest.fixture
def paths(events, root, folders):
    return make_reviewed_events(events, root, folders)


@pytest.fixture
def panel(events, paths):
    return event_panel(events)


def ask(panel, do, **what):
    panel._handle_custom_msg({"do": do, **what}, [])


def in_force(events, paths):
    return list(read_classes(ledger_path(paths), events.labels)[0].values())


def test_the_errors_come_first_and_events_without_a_class_have_a_list(panel, events):
    assert panel.listing["total"] == 1 and panel.listing["rows"][0]["wrong"]
    assert panel.listing["rows"][0]["start"] is None, "an event is whole"
    ask(panel, "select", part="unlabelled", errors=False)
    rows = panel.listing["rows"]
    assert [row["label"] for row in rows] == [""] * UNLABELLED and rows[0]["confidence"] < rows[1]["confidence"]
    assert np.sum(panel.numbers["matrix"]) == EVENTS - UNLABELLED
    assert panel.setup["noun"] == "event" and panel.setup["faults"] == []
    assert 0.7 < panel.numbers["macro_f1"] < 1


def test_a_card_shows_and_plays_the_event(panel):
    ask(panel, "select", errors=False, sort="source", descending=False)
    ask(panel, "turn_to", at=3)
    assert "<audio" in panel.card and "<img" in panel.card
    assert "person appears at 2.0 s (90%)" in panel.card


def test_another_class_is_written_shown_and_taken_back(panel, events, paths):
    ask(panel, "relabel", label=events.labels[1])
    assert in_force(events, paths) == [events.labels[1]]
    assert panel.listing["rows"][0]["label"] == events.labels[1] and not panel.listing["rows"][0]["wrong"]
    assert f"labelled {events.labels[1]}" in panel.card
    assert panel.numbers["macro_f1"] == 1
    assert event_panel(events).listing["total"] == EVENTS - UNLABELLED, "no error is left"
    ask(panel, "undo")
    assert in_force(events, paths) == []
    assert panel.status.endswith(f"is {events.labels[0]} again.") and panel.listing["rows"][0]["wrong"]
    assert len(ledger_path(paths).read_text("utf-8").splitlines()) == 3, "the ledger only grows"
    ask(panel, "undo")
    assert panel.status == "There is no correction to undo."


def test_a_class_that_is_taken_away_no_longer_counts(panel, events, paths):
    ask(panel, "quarantine")
    assert in_force(events, paths) == [None]
    assert np.sum(panel.numbers["matrix"]) == EVENTS - UNLABELLED - 1
    ask(panel, "select", part="corrected", errors=False)
    assert panel.listing["rows"][0]["label"] == "quarantined"


def test_a_class_for_an_event_without_one_opens_the_next(panel, events):
    ask(panel, "select", part="unlabelled", errors=False)
    first, second = (row["source"] for row in panel.listing["rows"])
    ask(panel, "relabel", label=events.labels[2])
    assert panel.listing["at"] == 1 and panel.card.count(second) and first in panel.status


def test_a_threshold_cannot_be_moved(panel):
    with pytest.raises(ValueError, match="no method 'threshold'"):
        panel._receive(panel, {"do": "threshold", "label": "x", "value": 0.5}, [])

"""The card of an event says what was found, with whatever modalities there are, and escapes what it quotes."""

import re

import pytest

from horuslib.review.cards.event_card import event_card, onset_words
from horuslib.spectral.events.event import Signals, find_events, read_signals
from horuslib.spectral.generator.folder import write_events
from horuslib.spectral.generator.scenario import ROLES


@pytest.fixture(scope="module")
def signals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("events")
    write_events(folder, 1, dict(zip(ROLES, "RIAF", strict=True)), 5.0)
    return read_signals(find_events(folder, list("RIAF"), 5.0)[0][0])


ONSETS = {"field": {"time_s": 2.0, "strength": 0.9}, "electronic": {"time_s": 2.25, "strength": 0.5}}


@pytest.mark.slow
def test_a_card_shows_all_modalities_and_says_what_was_found(signals):
    page = event_card("event_<1>", signals, ONSETS, 5.0, "R", "I", {"R": 0.2, "I": 0.8})
    assert "event_&lt;1&gt;" in page and "<1>" not in page
    alt = re.search(r'alt="([^"]*)"', page)[1]
    assert "labelled R, classified as I" in alt and "magnetic field at 2.0 s (90%), electronic sound at 2.2 s" in alt
    assert page.count("<audio") == 1 and len(page) < 400_000


def test_missing_modalities_and_no_onsets_are_said(signals):
    page = event_card("x", Signals(None, None, None), {}, 5.0)
    assert "without a class, undecided" in page and "No change was found" in page and "<audio" not in page
    assert onset_words({}) == "No change was found in any modality."

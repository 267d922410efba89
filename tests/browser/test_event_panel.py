"""The panel of events as an analyst uses it: a real Voila, a real browser, keys and mouse."""

import re

import pytest

from horuslib.core.paths import Paths
from horuslib.spectral.corrections import ledger_path, read_classes
from horuslib.tasks import load_events_task
from tests.browser.accessibility import serious
from tests.browser.servers import application
from tests.reviewed_events import make_reviewed_events, write_reviewed_events

pytestmark = pytest.mark.slow
WAIT = 60_000
"""Milliseconds: the machine may be busy with other tests."""


def test_an_event_is_seen_heard_and_given_another_class(page, tmp_path, screenshots):
    events, root = load_events_task("spectral"), tmp_path / "root"
    make_reviewed_events(events, root, write_reviewed_events(events, tmp_path / "events"))
    with application(root, tmp_path / "jupyter", "--task", "spectral") as address:
        page.goto(address, timeout=WAIT)
        page.wait_for_selector(".horus-panel .hp-card audio", timeout=WAIT, state="attached")
        panel = page.locator(".horus-panel")
        count, status = panel.locator(".hp-count"), panel.locator(".hp-status")

        def shows(locator, text):
            locator.filter(has_text=re.compile(text)).wait_for(timeout=WAIT)

        shows(count, "^1 event, number 1 is open")
        assert panel.locator(".hp-sliders").count() == 0 and not panel.get_by_text("changed by the sliders").count()
        assert page.evaluate("document.querySelector('.hp-card img').naturalWidth") > 600, "the film strip is there"
        page.wait_for_function("document.activeElement.className === 'hp-list'", timeout=WAIT)
        page.keyboard.press(" ")
        page.wait_for_function("document.querySelector('.hp-card audio').currentTime > 0.2", timeout=WAIT)
        page.screenshot(path=screenshots / "events_ready.png", full_page=True)
        page.keyboard.press("2")
        shows(status, f"{events.labels[0]} → {events.labels[1]}")
        page.keyboard.press("u")
        shows(status, f"^Undone.*is {events.labels[0]} again")
        panel.get_by_role("button", name="without a class").click()
        shows(count, "^2 events")
        page.keyboard.press("4")
        shows(count, "number 2 is open")
        panel.locator(".hp-matrix td.hp-right button").first.click()
        shows(count, "^1 event, number 1 is open")
        assert serious(page, ".horus-panel") == []
        page.screenshot(path=screenshots / "events_used.png", full_page=True)
        page.set_viewport_size({"width": 420, "height": 900})
        page.screenshot(path=screenshots / "events_narrow.png", full_page=True)
    given, _ = read_classes(ledger_path(Paths(root=root)), events.labels)
    assert list(given.values()) == [events.labels[3]]
    assert page.errors == []

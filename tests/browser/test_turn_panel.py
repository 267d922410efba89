"""The panel of turns as a person uses it: a real Voila, a real browser, keys and mouse."""

import re

import pytest

from horuslib.core.paths import Paths
from horuslib.speakers.corrections import standing
from horuslib.tasks import load_speakers_task
from tests.browser.accessibility import serious
from tests.browser.servers import application
from tests.reviewed_turns import make_turns

pytestmark = pytest.mark.slow
WAIT = 60_000
RECORD = """audio => {
    window.updates = [];
    audio.addEventListener("timeupdate", () => window.updates.push([audio.currentTime, audio.paused]));
}"""
"""Keeps where the sound was at each of its updates, and whether the panel had stopped it there."""


@pytest.fixture
def root(tmp_path):
    make_turns(load_speakers_task("speakers"), tmp_path / "root")
    return tmp_path / "root"


def open_panel(page, address):
    page.goto(address, timeout=WAIT)
    page.wait_for_selector(".turn-panel .hp-card audio", timeout=WAIT)
    return page.locator(".turn-panel")


def correct(page, panel):
    """Every action of a person once; each ends in a sentence."""

    def says(text):
        panel.locator(".hp-status").filter(has_text=re.compile(text)).wait_for(timeout=WAIT)

    count = panel.locator(".tp-count")
    page.wait_for_function("document.activeElement.className === 'tp-time'", timeout=WAIT)
    page.keyboard.press("ArrowRight")
    count.filter(has_text="number 2 is open").wait_for(timeout=WAIT)
    panel.locator("audio").evaluate(RECORD)
    page.keyboard.press(" ")
    page.wait_for_function("window.updates.some(([at, paused]) => paused)", timeout=WAIT)
    updates = page.evaluate("window.updates")
    assert all(paused == (at_s >= 4) for at_s, paused in updates), "after a second before it, the turn lasts three"
    assert any(1 <= at_s < 4 for at_s, _ in updates) and min(updates)[0] >= 1

    panel.locator(".tp-rename input").fill("Ana <b>")
    page.keyboard.press("Enter")
    says("is Ana <b>")
    assert panel.locator(".tp-name").nth(1).inner_text().startswith("Ana <b>")
    panel.locator("[data-edge=start]").fill("4.5")
    panel.get_by_role("button", name="move", exact=True).click()
    says("the boundary at 4.0 s lies at 4.5 s")
    panel.locator("[data-part=start]").fill("6")
    panel.locator(".tp-split input[type=text]").fill("Rui")
    panel.get_by_role("button", name="split", exact=True).click()
    says("from 6.0 s to 7.0 s, Rui speaks")
    panel.locator(".tp-turn[aria-label^='S03']").click()
    count.filter(has_text="number 5 is open").wait_for(timeout=WAIT)
    panel.locator(".tp-merge select").select_option("Rui")
    panel.get_by_role("button", name="merge", exact=True).click()
    says("is one person")
    panel.locator(".tp-time").focus()
    page.keyboard.press("1")
    says("S01 speaks")
    page.keyboard.press("u")
    says("^Taken back: ")


def test_turns_are_corrected_in_the_application(page, root, tmp_path, screenshots):
    with application(root, tmp_path / "jupyter", "--task", "speakers") as address:
        panel = open_panel(page, address)
        page.screenshot(path=screenshots / "turns_ready.png", full_page=True)
        correct(page, panel)
        assert serious(page, ".turn-panel") == []
        page.screenshot(path=screenshots / "turns_corrected.png", full_page=True)
        (own,) = standing(Paths(root=root))[0].values()
        assert [c.action for c in own] == ["rename", "move", "split", "merge"]
        panel = open_panel(page, f"{address}&theme=dark")
        assert panel.locator(".tp-done li").count() == 4
        assert panel.locator(".tp-name").all_inner_texts()[1].startswith("Ana <b>")
        assert serious(page, ".turn-panel") == []
        page.screenshot(path=screenshots / "turns_dark.png", full_page=True)
        page.set_viewport_size({"width": 420, "height": 900})
        page.screenshot(path=screenshots / "turns_narrow.png", full_page=True)
    assert page.errors == []

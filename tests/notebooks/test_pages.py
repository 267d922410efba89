"""The pages of a whole run, each opened as its reader opens it: from the disk, without a network."""

import pytest

from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO
from tests.browser.accessibility import serious
from tests.review.conftest import browser, opened

__all__ = ["browser", "opened"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["index", *AUDIO.names])
def test_a_page_fetches_nothing_complains_of_nothing_and_says_its_pictures(workbook, opened, screenshots, name):
    page = Paths(root=workbook[0]).reports("quick") / f"{name}.html"
    assert page.stat().st_size < 12e6
    tab, asked, said = opened(page, viewport={"width": 1300, "height": 900})
    tab.screenshot(path=screenshots / f"run_{name}.png", full_page=True)
    pictures = tab.locator("img, svg[role=img]")
    words = [x.get_attribute("alt") or x.get_attribute("aria-label") for x in pictures.all()]
    assert all(words), "a picture without words"
    assert serious(tab) == []
    tab.set_viewport_size({"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert (asked, said) == ([], [])


@pytest.mark.parametrize("width", [920, 1100, 1300])
def test_no_column_of_the_first_pages_table_is_cut_off(workbook, opened, width):
    page = Paths(root=workbook[0]).reports("quick") / "index.html"
    tab, *_ = opened(page, viewport={"width": width, "height": 830})
    hidden_px = "[...document.querySelectorAll('.halves table')].map(t => t.scrollWidth - t.clientWidth)"
    assert tab.evaluate(hidden_px) == [0]

"""The panel as an analyst uses it: a real JupyterLab, a real Voila, a real browser, keys and mouse."""

import re
import shutil
import time
from urllib.parse import urlsplit

import pytest

from horuslib.core.paths import Paths
from horuslib.datasets import corrections
from horuslib.evaluation import threshold_overrides
from tests.browser.accessibility import contrast, serious
from tests.browser.servers import application, jupyterlab, kernel_peak_bytes
from tests.conftest import PROJECT
from tests.reviewed import make_reviewed

pytestmark = pytest.mark.slow
WAIT = 60_000
"""Milliseconds: the machine may be busy with other tests."""


@pytest.fixture
def root(tmp_path, horus):
    make_reviewed(horus, tmp_path / "root")
    return tmp_path / "root"


def run_all(page, address):
    """Open the notebook, run all cells; returns the seconds until the panel is usable."""
    page.goto(address, timeout=WAIT)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=WAIT)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=WAIT)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    item = page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$"))
    item.wait_for(timeout=WAIT)
    item.click()
    began = time.monotonic()
    page.wait_for_selector(".horus-panel .hp-card audio", timeout=WAIT, state="attached")
    page.wait_for_function("document.querySelectorAll('.horus-panel .hp-row').length > 0", timeout=WAIT)
    return time.monotonic() - began


def use(page, horus, paths, picture):
    """Filter, play, relabel, undo, move a slider, click the matrix, save: every action of an analyst once."""
    panel = page.locator(".horus-panel")
    rows, status, count = panel.locator(".hp-row"), panel.locator(".hp-status"), panel.locator(".hp-count")

    def shows(locator, text):
        locator.filter(has_text=re.compile(text)).wait_for(timeout=WAIT)

    panel.get_by_label("only errors").uncheck()
    shows(count, "^42 segments")
    panel.locator("[data-filter=label]").select_option("ruido_hiss")
    shows(count, "^7 segments")

    rows.nth(1).click()
    shows(count, "number 2 is open")
    page.keyboard.press("ArrowDown")
    shows(count, "number 3 is open")
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('.hp-card audio').currentTime > 0.2", timeout=WAIT)

    page.keyboard.press(str(horus.labels.index("normal") + 1))
    shows(status, "ruido_hiss → normal")
    shows(count, "number 3 is open")
    assert page.evaluate("document.activeElement.className") == "hp-list", "focus stays on the list"
    assert "normal" in rows.nth(2).locator(".hp-label").inner_text()
    page.keyboard.press("u")
    shows(status, "^Undone")
    page.keyboard.press(str(horus.labels.index("normal") + 1))
    shows(status, "ruido_hiss → normal")

    matrix = panel.locator(".hp-matrix")
    before = matrix.inner_text()
    slider = panel.locator("#hp-eco_reverb")
    slider.fill("0.99")
    shows(panel.locator("[data-fault=eco_reverb] output"), r"0\.99")
    assert matrix.inner_text() != before
    shows(panel.locator(".hp-sum"), r"\. [1-9]\d* segments classified differently")
    picture("tuned")
    assert serious(page, ".horus-panel") == []

    panel.locator("[data-filter=label]").select_option("")
    panel.locator("[data-sort=source]").click()
    rows.nth(1).click()
    shows(count, "number 2 is open")
    panel.get_by_role("link", name="later").click()
    shows(count, "number 3 is open")
    assert page.evaluate("document.activeElement.className") == "hp-list"

    cell = panel.locator(".hp-matrix td.hp-right button").first
    expected = cell.inner_text()
    cell.click()
    shows(count, f"^{expected} segments?, number 1 is open")
    page.wait_for_function("!document.querySelector('.hp-card audio').paused", timeout=WAIT)
    page.keyboard.press(" ")
    page.wait_for_function("document.querySelector('.hp-card audio').paused", timeout=WAIT)
    panel.locator(".hp-matrix td.hp-right button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("!document.querySelector('.hp-card audio').paused", timeout=WAIT)
    assert page.evaluate("document.activeElement.dataset.cell") == "0-0", "focus stays on the cell"

    panel.get_by_role("button", name="Save").click()
    shows(status, "Set by hand for the whole decision, not for the network alone: .*eco_reverb")
    own, _ = threshold_overrides.read_overrides(threshold_overrides.ledger_path(paths), horus)
    assert own["eco_reverb"] == 0.99
    standing, _ = corrections.read_standing(corrections.ledger_path(paths), horus)
    assert [c.label for _, c in standing] == ["normal"]


def check_kept(page):
    """Saved values are restored after the page is opened again."""
    panel = page.locator(".horus-panel")
    assert panel.locator("[data-fault=eco_reverb] output").inner_text() == "0.99"
    panel.get_by_role("button", name="corrected").click()
    panel.locator(".hp-count").filter(has_text=re.compile("^1 segment,")).wait_for(timeout=WAIT)
    assert panel.locator(".hp-label").inner_text() == "normal"


def check_readable(page):
    """Contrast in the page's current colour scheme: symbols, moved thresholds, highlighted items."""
    panel = page.locator(".horus-panel")
    panel.locator("#hp-ruido_hiss").fill("0.93")
    panel.locator(".hp-moved").wait_for(timeout=WAIT)
    for name in (".hp-moved", ".hp-marks", ".hp-source b", ".hp-status", ".hp-scores", ".hp-matrix .hp-wrong button"):
        assert contrast(panel.locator(name).first) >= 4.5, name
    assert serious(page, ".horus-panel") == []


def test_in_jupyterlab(page, root, tmp_path, horus, screenshots):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    shutil.copy(PROJECT / "notebooks" / "07_review.ipynb", notebooks)
    with jupyterlab(notebooks, root, tmp_path / "jupyter") as address:
        run_all(page, address("07_review.ipynb"))
        page.locator(".horus-panel").scroll_into_view_if_needed()

        def picture(name):
            page.screenshot(path=screenshots / f"lab_{name}.png")

        picture("ready")
        use(page, horus, Paths(root=root), picture)
        run_all(page, address("07_review.ipynb"))
        check_kept(page)
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).hover()
        page.locator(".lm-Menu-itemLabel", has_text=re.compile("^JupyterLab Dark$")).click()
        page.locator("[data-jp-theme-light=false] .horus-panel").wait_for(timeout=WAIT)
        check_readable(page)
        picture("dark")
        assert page.get_by_text("Jupyter news").count() == 0, "JupyterLab shows no news prompt"
        assert kernel_peak_bytes(tmp_path / "jupyter") < 1.5e9
    assert page.errors == []


def test_as_an_application(page, root, tmp_path, horus, screenshots):
    with application(root, tmp_path / "jupyter") as address:

        def open_panel():
            page.goto(address, timeout=WAIT)
            page.wait_for_selector(".horus-panel .hp-card audio", timeout=WAIT)

        def picture(name):
            page.screenshot(path=screenshots / f"application_{name}.png", full_page=True)

        open_panel()
        picture("ready")
        assert page.locator(".jp-InputArea-editor:visible").count() == 0, "no code cells"
        page.wait_for_function("document.activeElement.className === 'hp-list'", timeout=WAIT)
        page.keyboard.press("ArrowDown")
        count = page.locator(".horus-panel .hp-count")
        count.filter(has_text=re.compile("number 2 is open")).wait_for(timeout=WAIT)
        use(page, horus, Paths(root=root), picture)
        open_panel()
        check_kept(page)
        picture("again")
        for theme in ("light", "dark"):
            page.goto(f"{address}&theme={theme}", timeout=WAIT)
            page.wait_for_selector(".horus-panel .hp-card audio", timeout=WAIT)
            check_readable(page)
            picture(theme)
        page.set_viewport_size({"width": 420, "height": 900})
        picture("narrow")
        without_token = urlsplit(address)._replace(query="").geturl()
        stranger = page.context.browser.new_context().new_page()
        stranger.goto(without_token)
        assert "login" in stranger.url and stranger.locator(".horus-panel").count() == 0
        kernels = stranger.request.get(without_token + "api/kernels", max_redirects=0)
        assert kernels.status == 302 and "login" in kernels.headers["location"]
        hosts = {urlsplit(url).hostname for url in page.asked if url.startswith("http")}
        assert hosts == {"127.0.0.1"}, "no request to another host"
    assert page.errors == []

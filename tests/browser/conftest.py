"""One chromium for all browser tests."""

from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [f"--disable-{x}" for x in ("gpu", "quic", "background-networking", "component-update", "sync")]
QUIET += ["--no-sandbox", "--no-first-run"]


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed (/usr/bin/chromium): the panel is not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page that records its errors and every requested address, in `page.errors` and `page.asked`."""
    page = browser.new_page(viewport={"width": 1500, "height": 1250})
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()

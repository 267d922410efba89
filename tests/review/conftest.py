"""Chromium without a network, for self-contained pages."""

from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [f"--disable-{x}" for x in ("gpu", "quic", "background-networking", "component-update", "sync")]
QUIET += ["--no-sandbox", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pages are not opened")
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed (/usr/bin/chromium): pages are not opened in a browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Opens a page in a browser without network: returns the page, its requests and its console messages."""
    contexts = []

    def open_page(path, **settings):
        context = browser.new_context(offline=True, **settings)
        contexts.append(context)
        tab, requests, console = context.new_page(), [], []
        tab.on("request", lambda request: requests.append(request.url) if _outside(request.url) else None)
        tab.on(
            "console", lambda message: console.append(message.text) if message.type in ("error", "warning") else None
        )
        tab.on("pageerror", lambda error: console.append(str(error)))
        tab.goto(path.as_uri())
        return tab, requests, console

    yield open_page
    for context in contexts:
        context.close()


def _outside(url):
    return not url.startswith(("data:", "file:", "blob:"))

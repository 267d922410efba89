"""Texts that try to become markup, how the notebooks' pages render them, and Chromium without a network."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [f"--disable-{x}" for x in ("gpu", "quic", "background-networking", "component-update", "sync")]
QUIET += ["--no-sandbox", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</code><b>x</b>",
    "`<i>x</i>`",
    "``` <u>x</u>",
    "[x](javascript:alert(1))",
    "](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    "https://example.com www.example.com a@example.com <a@example.com>",
    "a|b\n---|---\nc|d",
    "**x** _x_ *x* ~~x~~ ==x==",
    "\n\n# x\n\n- x\n\n1. x\n\n> x\n\n---\n\n    x",
    "x\n===",
    "1) x",
    "$x$ $$x$$ \\(x\\) \\[x\\] \\begin{a}x\\end{a}",
    "&lt;b&gt;x &amp; &#60;b&#62;",
    "[x]: https://example.com\n[x] [^1]",
    "a\x00b\u2028c\\*d",
]


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


@pytest.fixture(params=HOSTILE)
def hostile(request):
    """A text as a user could supply it, which must be shown as it is."""
    return request.param


@pytest.fixture
def shows():
    """Checks that a sentence shows a text and that no element came from it: as many elements as with a plain text."""

    def check(say, text):
        page, plain = (BeautifulSoup(markdown2html(say(x)), "html.parser") for x in (text, "PLAIN"))
        elements = [[(x.name, x.attrs) for x in soup.find_all(True)] for soup in (page, plain)]
        assert elements[0] == elements[1]
        expected = plain.get_text().replace("PLAIN", text.replace("\x00", ""))
        assert "".join(page.get_text().split()) == "".join(expected.split())

    return check

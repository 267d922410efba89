"""The page of the service in a real browser: from a file to its result, by keyboard, on a phone, in the dark."""

import numpy as np
import pytest
import soundfile

from tests.browser.accessibility import serious
from tests.conftest import tone

pytest.importorskip("fastapi", reason="fastapi is not installed: the page of the service is not opened")
from tests.service.server import server

pytestmark = pytest.mark.slow
WAIT = 90_000
NAME = "news <img src=x onerror=alert(1)>.wav"


@pytest.fixture(scope="module")
def running(tmp_path_factory, export):
    with server(tmp_path_factory.mktemp("page") / "data", PACKAGE_DIR=str(export)) as found:
        yield found


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    """Twenty seconds, of which the middle ten are a line-up tone."""
    path = tmp_path_factory.mktemp("sound") / NAME
    quiet = np.zeros(5 * 16000, np.float32)
    soundfile.write(path, np.concatenate([quiet, tone(10), quiet]), 16000)
    return path


def test_a_file_becomes_a_result_by_keyboard_alone(running, news, page):
    page.goto(running.url)
    page.locator("input[value=diagnose]:not([disabled])").wait_for(timeout=WAIT)
    assert page.locator("input[value=transcribe]").is_disabled()
    page.locator("#file").set_input_files(str(news))
    page.locator("input[value=diagnose]").focus()
    page.keyboard.press("Enter")
    page.locator(f"#result-title:text-is('{NAME}')").wait_for(timeout=WAIT)
    assert page.locator("#content tr").count() > 1
    assert "sinal_teste" in page.locator("#content").inner_text()
    assert page.locator("#content img, #jobs img").count() == 0
    lane = page.locator(".track button").first
    lane.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.locator("#player").evaluate("player => player.currentTime") > 0
    with page.expect_download() as download:
        page.get_by_text("Download JSON").press("Enter")
    assert download.value.suggested_filename.endswith(".wav.json")
    assert serious(page) == []
    page.get_by_label(f"Remove {NAME}").press("Enter")
    page.locator("#none").wait_for(timeout=WAIT)
    assert page.errors == []
    assert {address for address in page.asked if not address.startswith((running.url, "blob:", "data:"))} == set()


def test_a_phone_in_the_dark_shows_everything(running, news, browser, screenshots):
    done = running.finished(running.submit(news).json()["id"])
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page.goto(running.url)
    page.get_by_label(f"Show {done['name']}").click(timeout=WAIT)
    page.locator("#content table").wait_for(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert serious(page) == []
    page.screenshot(path=screenshots / "service-phone-dark.png", full_page=True)
    page.close()


def test_what_cannot_be_used_is_said_on_the_page(running, page, tmp_path):
    (tmp_path / "notes.wav").write_text("no sound")
    page.goto(running.url)
    page.locator("input[value=diagnose]:not([disabled])").wait_for(timeout=WAIT)
    page.locator("#file").set_input_files(str(tmp_path / "notes.wav"))
    page.locator("#send").press("Enter")
    page.locator("#status.bad").wait_for(timeout=WAIT)
    assert "cannot be opened as audio or video" in page.locator("#status").inner_text()

"""axe finds nothing serious on the pages, in light and dark mode, on a screen and on a phone."""

import pytest

from horuslib.review.reports import history, report
from horuslib.review.reports.scan_report import write_scan_report
from tests.browser.accessibility import serious
from tests.evaluated import write_evaluation
from tests.review.reports.test_report import executed, page
from tests.scanned import make_scan

__all__ = ["executed", "page"]
SETTINGS = [
    {"color_scheme": "light", "viewport": {"width": 1300, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 390, "height": 900}},
]


def check(opened, path):
    for settings in SETTINGS:
        tab, _, _ = opened(path, **settings)
        tab.evaluate("document.querySelectorAll('details').forEach((x) => { x.open = true; })")
        assert serious(tab) == [], settings


@pytest.mark.slow
def test_a_notebooks_page(opened, page):
    check(opened, page)


@pytest.mark.slow
def test_the_first_page_of_a_task_and_of_all(opened, horus, root, screenshots):
    for wrong in (3, 5):
        write_evaluation(horus, None, wrong=wrong)
        history.keep(horus)
    first = report.write_task_index(horus)
    assert "Since the previous run" in first.read_text("utf-8")
    check(opened, first)
    check(opened, report.write_index())
    opened(first)[0].screenshot(path=screenshots / "task_page.png", full_page=True)


@pytest.mark.slow
def test_a_scans_page_and_its_open_event(opened, horus, tmp_path):
    made, _ = write_scan_report(make_scan(horus, tmp_path, 120, longest_s=300))
    check(opened, made)
    tab, _, _ = opened(made)
    tab.locator("#event-list button", has_text="show").first.click()
    assert serious(tab) == []


def test_a_serious_violation_is_detected(opened, tmp_path):
    (tmp_path / "bad.html").write_text("<html><body><img src='data:,'><p style='color:#eee'>pale</p></body></html>")
    tab, _, _ = opened(tmp_path / "bad.html")
    rules = " ".join(serious(tab))
    assert all(rule in rules for rule in ("image-alt", "color-contrast", "html-has-lang"))


@pytest.fixture(autouse=True)
def _needs_axe():
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

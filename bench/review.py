"""Response times and page sizes in review: the panel on 20 000 segments, sound cards, the page of a scan."""

import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bench.report import Skip
from horuslib.core.paths import PROJECT
from horuslib.review.cards import sound_card
from horuslib.review.reports.scan_report import write_scan_report
from horuslib.tasks import load_task

TITLE = "review: the panel, its sliders, sound cards, the page of a scan"
CHROMIUM = Path("/usr/bin/chromium")
RECORDINGS, VIDEOS, MOVES = 2860, 1000, 20
"""2860 recordings of seven segments are 20 020 segments."""

_MOVE = """async (value) => {
    const panel = document.querySelector(".horus-panel"), slider = panel.querySelector("#hp-eco_reverb");
    const began = performance.now();
    const seen = new Promise((done) => {
        const watch = new MutationObserver(() => { watch.disconnect(); done(); });
        watch.observe(panel.querySelector(".hp-matrix"), { childList: true });
    });
    slider.value = String(value);
    slider.dispatchEvent(new Event("input"));
    await seen;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}"""


def run() -> tuple[pd.DataFrame, dict]:
    """One row per measurement, with its required limit."""
    if not CHROMIUM.exists():
        raise Skip(f"{CHROMIUM} is not installed")
    task, load_before = load_task("horus"), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_cards(), *_scan_page(task, Path(folder)), *_panel(task, Path(folder))]
    table = pd.DataFrame(rows, columns=["what", "figure", "unit", "must be"])
    return table, {"segments": 7 * RECORDINGS, "videos": VIDEOS, "moves": MOVES, "load_before": load_before}


def _cards() -> list[tuple]:
    rng = np.random.default_rng(20)
    sound = rng.standard_normal(5 * 16000).astype(np.float32) * 0.1
    p = dict.fromkeys(load_task("horus").labels, 1 / 6)
    began = time.perf_counter()
    many = [
        sound_card.card(sound, 16000, title=f"noise {i}", true_label="normal", predicted="normal", probabilities=p)
        for i in range(100)
    ]
    seconds = time.perf_counter() - began
    largest = max(len(card) - len(sound_card.style()) for card in many)
    return [
        ("card of 5 s of noise", largest / 1e3, "kB", "at most 60"),
        ("100 such cards", len(sound_card.cards(many)) / 1e6, "MB", "at most 10"),
        ("rendering a card", 10 * seconds, "ms", ""),
    ]


def _scan_page(task, folder: Path) -> list[tuple]:
    from playwright.sync_api import sync_playwright

    from tests.scanned import make_scan

    scan = make_scan(task, folder / "scan", VIDEOS, longest_s=600)
    began = time.perf_counter()
    page, _ = write_scan_report(scan)
    wrote = time.perf_counter() - began
    with sync_playwright() as playwright:
        tab = _browser(playwright).new_page()
        began = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("#event-list tbody tr")
        shown = time.perf_counter() - began
        sorted_ms = tab.evaluate("""async () => {
            const began = performance.now();
            document.querySelector("#video-list [data-sort=name]").click();
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            return performance.now() - began;
        }""")
    return [
        ("page of a scan of 1000 videos", page.stat().st_size / 1e6, "MB", "at most 12"),
        ("writing the page", wrote, "s", ""),
        ("displaying the page", shown, "s", "at most 2"),
        ("sorting the page", sorted_ms, "ms", "at most 200"),
    ]


def _panel(task, folder: Path) -> list[tuple]:
    from playwright.sync_api import sync_playwright

    from tests.browser.servers import jupyterlab, kernel_peak_bytes
    from tests.browser.test_panel import run_all
    from tests.reviewed import make_reviewed

    make_reviewed(task, folder / "root", recordings=RECORDINGS, unlabelled=3)
    (folder / "notebooks").mkdir()
    shutil.copy(PROJECT / "notebooks" / "07_review.ipynb", folder / "notebooks")
    with (
        sync_playwright() as playwright,
        jupyterlab(folder / "notebooks", folder / "root", folder / "jupyter") as address,
    ):
        tab = _browser(playwright).new_page(viewport={"width": 1500, "height": 1250})
        ready = run_all(tab, address("07_review.ipynb"))
        first = tab.evaluate(_MOVE, 0.3)
        moves = [tab.evaluate(_MOVE, round(0.31 + 0.01 * i, 2)) for i in range(MOVES)]
        peak = kernel_peak_bytes(folder / "jupyter")
    return [
        ("run all cells until the panel is usable, in a new kernel", ready, "s", "at most 8"),
        ("first move of a slider, until it is shown", first, "ms", "at most 200"),
        ("further moves, median", float(np.median(moves)), "ms", "at most 200"),
        ("further moves, slowest", max(moves), "ms", ""),
        ("peak memory of the kernel", peak / 1e9, "GB", "at most 1.5"),
    ]


def _browser(playwright):
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])

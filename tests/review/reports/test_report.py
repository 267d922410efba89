import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from horuslib.core.paths import Paths
from horuslib.review.cards import sound_card
from horuslib.review.reports import plots, report
from tests.conftest import syllables

WAIT = 60_000


def shown(html):
    return new_output("display_data", {"text/html": html, "text/plain": "shown"})


@pytest.fixture
def executed(rng, tmp_path):
    """A small notebook as papermill writes it."""
    fig, ax = plots.figure()
    ax.plot([0, 1])
    card = sound_card.card(syllables(rng, 2, level_dbfs=-40), 16000, title="eco", true_label="eco_reverb")
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Widget"}
    cells = [
        new_markdown_cell("# 02 · What is it?\n\nTwo sentences with $5 and `code`."),
        new_code_cell('task = "horus"', metadata={"tags": ["parameters"]}),
        new_code_cell("x = 1 < 2", outputs=[new_output("stream", name="stderr", text="W0000 oneDNN noise")]),
        new_markdown_cell("## How many & which?"),
        new_code_cell("t", outputs=[shown(pd.DataFrame({"label": ["<i>", "b"]}).to_html())]),
        new_code_cell("p", outputs=[shown(plots.figure_html(fig, "a rising line"))]),
        new_markdown_cell("### Listen"),
        new_code_cell("c", outputs=[shown(card), new_output("stream", name="stdout", text="printed <so>")]),
        new_code_cell("w", outputs=[new_output("display_data", widget)]),
        new_code_cell("j", outputs=[new_output("display_data", {"application/javascript": "fetch('http://x.test')"})]),
    ]
    path = tmp_path / "02_explore.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def page(executed, horus, root):
    return report.notebook_to_html(executed, Paths().reports("horus") / "02_explore.html", task=horus)


class Links(HTMLParser):
    """Resources and links of a page."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.led, self.ids, self.scripts = [], [], set(), 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        self.scripts += tag == "script"
        if tag == "a":
            self.led.append(attrs["href"])
        else:
            self.fetched += [attrs[k] for k in ("src", "href", "data", "poster") if k in attrs]


def test_a_page_loads_nothing_from_the_network(page):
    text = page.read_text("utf-8")
    links = Links(text)
    assert len(links.fetched) >= 3 and all(source.startswith("data:") for source in links.fetched)
    assert links.scripts == 0
    assert not re.search(r"url\(\s*['\"]?(?!data:)|@import|fetch\(", text)


def test_links_lead_to_pages_and_headings_that_exist(page):
    links = Links(page.read_text("utf-8"))
    outside = {link for link in links.led if not link.startswith("#")}
    assert outside == {"../index.html", "index.html", "02_explore.html"}
    assert {link[1:] for link in links.led if link.startswith("#")} <= links.ids


def test_a_later_page_is_linked_from_the_earlier_ones(page, executed, horus):
    report.notebook_to_html(executed, page.with_name("03_augment.html"), task=horus)
    assert "03_augment.html" not in Links(page.read_text("utf-8")).led
    before = page.read_text("utf-8")
    report.link_pages(horus)
    assert Links(page.read_text("utf-8")).led.count("03_augment.html") == 2, "in the navigation bar and at the end"
    assert Links(page.read_text("utf-8")).fetched == Links(before).fetched
    page.with_name("03_augment.html").unlink()
    report.link_pages(horus)
    assert page.read_text("utf-8") == before


def test_scrolling_works_by_keyboard_and_an_empty_cell_is_no_header(page):
    text = page.read_text("utf-8")
    assert '<table border="1" class="dataframe" tabindex="0">' in text and "<th></th>" not in text
    assert '<pre tabindex="0">printed &lt;so&gt;' in text


def test_a_figure_may_be_wider_than_a_phone(opened, page):
    tab, _, _ = opened(page, viewport={"width": 390, "height": 700})
    frame, image = tab.locator(".wide"), tab.get_by_alt_text("a rising line")
    assert image.bounding_box()["width"] > 1.5 * frame.bounding_box()["width"]
    assert tab.evaluate("document.documentElement.scrollWidth") == 390, "the figure scrolls, not the page"
    tab.set_viewport_size({"width": 1300, "height": 700})
    assert image.bounding_box()["width"] <= frame.bounding_box()["width"]


def test_the_title_and_the_contents_come_from_the_headings(page):
    text = page.read_text("utf-8")
    assert "<title>02 · What is it? · horus</title>" in text
    contents = re.search(r'<nav class="contents".*?</nav>', text, re.DOTALL)[0]
    assert re.findall(r'class="level(\d)"', contents) == ["2", "3"]
    assert ">How many &amp; which?</a>" in contents


def test_code_is_folded_and_library_messages_are_removed(page):
    text = page.read_text("utf-8")
    assert "oneDNN" not in text and "Widget" not in text
    folded = re.findall(r'<details class="code"><summary>(\w+)', text)
    assert folded == ["Parameters", "Code", "Code", "Code", "Code", "Code", "Code"]
    assert "<details open" not in text.split("<main")[1]
    assert "printed &lt;so&gt;" in text and "&lt;i&gt;" in text and 'alt="a rising line"' in text


def test_a_page_without_a_task_has_no_links_to_others(executed, tmp_path):
    text = report.notebook_to_html(executed, tmp_path / "x.html").read_text("utf-8")
    assert "../index.html" not in text and "<title>02 · What is it?</title>" in text


def test_the_index_lists_the_tasks_that_have_a_page(horus, heimdall, root):
    report.write_task_index(horus)
    report.write_task_index(heimdall)
    text = report.write_index().read_text("utf-8")
    assert horus.title in text and heimdall.title in text
    assert {"horus/index.html", "heimdall/index.html"} <= set(Links(text).led)
    assert text.count("<b>Not evaluated yet</b>") == 2
    assert "Not evaluated yet" in (Paths().reports("horus") / "index.html").read_text("utf-8")


def test_the_task_page_lists_the_existing_notebooks(page, horus):
    text = report.write_task_index(horus).read_text("utf-8")
    main = text.split("<main")[1]
    assert '<a href="02_explore.html">02 · What is it?</a>' in main and "03_augment.html" not in main


def test_the_browser_makes_no_request_and_logs_no_error(opened, page, screenshots):
    tab, requests, console = opened(page)
    assert tab.title() == "02 · What is it? · horus"
    assert not tab.get_by_text("x = 1 < 2").is_visible()
    tab.screenshot(path=screenshots / "notebook_page.png", full_page=True)
    assert requests == [] and console == []


def test_a_page_fits_a_phone(opened, page):
    tab, _, _ = opened(page, viewport={"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_the_sound_plays_the_cursor_moves_and_raising_makes_it_louder(opened, page):
    tab, _, console = opened(page)
    tab.evaluate("document.querySelector('audio').play()")
    tab.wait_for_function("document.querySelector('audio').currentTime > 0.3", timeout=WAIT)
    moved = tab.evaluate("document.querySelector('.cursor').getAttribute('transform')")
    assert float(re.search(r"translate\(([\d.]+)", moved)[1]) > 10
    tab.get_by_label(re.compile("raise to")).check()
    gain = tab.evaluate("document.querySelector('audio').horusGain.gain.value")
    assert 3 < gain < 20
    tab.get_by_label(re.compile("raise to")).uncheck()
    assert tab.evaluate("document.querySelector('audio').horusGain.gain.value") == 1
    assert console == []


def test_dark_mode(opened, page):
    for scheme, dark in (("light", False), ("dark", True)):
        tab, _, _ = opened(page, color_scheme=scheme)
        for place in ("main", ".horus-card"):
            colour = tab.evaluate(f"getComputedStyle(document.querySelector('{place}')).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", colour)[:3])) < 200) == dark

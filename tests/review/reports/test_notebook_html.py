import re

import nbformat
import pandas as pd
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output

from horuslib.review.reports.notebook_html import clean_html, headings, join_output


def rows(html):
    """(tag, class, text) of every cell, row by row."""
    cells = r"<(t[dh])([^>]*)>(.*?)</t[dh]>"
    return [re.findall(cells, row, re.DOTALL) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]


def test_text_is_left_aligned_and_numbers_right_aligned():
    frame = pd.DataFrame({"file": ["a.mp4", "1"], "n": [1, 20], "share": ["3 %", "–"], "x": [-0.5, float("nan")]})
    shown = rows(clean_html(frame.to_html(index=False)))
    assert [["text" in attributes for _, attributes, _ in row] for row in shown] == [[True, False, False, False]] * 3


def test_the_index_name_moves_into_the_corner_of_a_single_header_row():
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["eco", "normal"], name="label"))
    for html in (frame.to_html(), frame.style.to_html()):
        shown = rows(clean_html(html))
        assert len(shown) == 3 and [text for _, _, text in shown[0]] == ["label", "n"]


def test_two_header_levels_keep_two_rows():
    columns = pd.MultiIndex.from_product([["out of fold", "holdout"], ["f1", "support"]])
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=columns, index=pd.Index(["eco"], name="label"))
    shown = rows(clean_html(frame.style.to_html()))
    assert len(shown) == 3 and [text for _, _, text in shown[1]] == ["label", "f1", "support", "f1", "support"]


def test_an_empty_corner_is_no_header_and_scrolling_works_by_keyboard():
    shown = clean_html(pd.DataFrame({"n": [1]}).to_html() + "<pre>printed</pre>")
    page = BeautifulSoup(shown, "html.parser")
    assert all(heading.get_text() for heading in page.find_all("th"))
    assert page.table["tabindex"] == page.pre["tabindex"] == "0"
    bars = '<table class="bars"><tr><th scope="row"></th></tr></table>'
    assert clean_html(bars) == bars, "a card's bars are unchanged"


def test_lines_printed_one_by_one_are_joined_into_one_output():
    noise = "WARNING:tensorflow:5 out of the last 5 calls to <function> triggered retracing.\n"
    printed = [new_output("stream", name="stdout", text=text) for text in ("one\n", noise, "two\n")]
    data = new_output("display_data", {"text/plain": "x"})
    cell = new_code_cell("c", outputs=[*printed, data, new_output("stream", name="stdout", text=noise)])
    (joined,) = join_output(nbformat.from_dict(new_notebook(cells=[cell]))).cells
    assert [x.get("text", "x") for x in joined.outputs] == ["one\ntwo\n", "x"]


def test_headings_come_with_their_level_anchor_and_text():
    body = (
        '<h1 id="a">Is <code>x</code> &lt; y &amp; z?<a class="anchor-link" href="#a">¶</a></h1><p>No.</p>'
        '<div><h3 id="b">B</h3></div><h2>no anchor</h2><h4 id="c">C</h4>'
    )
    assert headings(body) == [
        {"level": 1, "id": "a", "text": "Is x < y & z?"},
        {"level": 3, "id": "b", "text": "B"},
    ]

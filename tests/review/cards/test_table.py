import re

import pandas as pd

from horuslib.core import artifacts
from horuslib.evaluation import operating_point
from horuslib.review.cards import table
from tests.conftest import noise
from tests.evaluated import predictions


def test_a_card_states_which_class_stayed_under_its_threshold(horus, root, rng):
    step = artifacts.begin("01_ingest", horus)
    step.path("audio").mkdir()
    step.write_array("audio/r", noise(rng, 8))
    step.finish()
    given = predictions(horus, [("normal", {"ruido_hiss": 0.7}, 0.1), ("normal", {}, 0.1)])
    rows = operating_point.at_thresholds(given, {"ruido_hiss": 0.9}, horus)
    shown = table.cards(rows, artifacts.read("01_ingest", horus), {"r": "a.mp4"}, horus)
    first, second = shown.split("<article")[1:]
    assert "ruido_hiss stayed under its threshold" in first and "stayed under" not in second
    assert "a.mp4" in first and "labelled <b>normal</b>" in first


def test_cards_of_one_recording_link_to_each_other_in_time(horus, root, rng):
    step = artifacts.begin("01_ingest", horus)
    for name in ("r", "q"):
        step.path(f"audio/{name}")
        step.write_array(f"audio/{name}", noise(rng, 12))
    step.finish()
    rows = predictions(horus, [("normal", {}, 0.1)] * 3).iloc[[2, 0, 1]]
    other = rows.iloc[:1].assign(recording_id="q", segment_id="q-0")
    names = {"r": "a.mp4", "q": "b.mp4"}
    shown = table.cards(pd.concat([rows, other], ignore_index=True), artifacts.read("01_ingest", horus), names, horus)
    links = [re.findall(r'href="#(s-[^"]+)"', card) for card in shown.split("<article")[1:]]
    assert links == [["s-r-1"], ["s-r-1"], ["s-r-0", "s-r-2"], []]


def test_a_listing_escapes_and_rounds():
    shown = table.listing(pd.DataFrame({"<b>": ["<script>"], "x": [1.234]})).to_html()
    assert "&lt;script&gt;" in shown and "&lt;b&gt;" in shown and "<script" not in shown
    assert ">1.2<" in shown

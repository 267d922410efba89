import re

import numpy as np
import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.review.cards import table
from tests.conftest import noise


def predictions(task, rows):
    """rows: (label, {label: probability}, rms); the rest of the probability goes to normal."""
    made = []
    for i, (label, p, rms) in enumerate(rows):
        full = dict.fromkeys(task.labels, 0.0) | p
        full["normal"] += 1 - sum(full.values())
        place = {"segment_id": f"r-{i}", "recording_id": "r", "start_s": 2.5 * i, "end_s": 2.5 * i + 5}
        made.append({**place, "label": label, "rms": rms, "peak": 4 * rms} | {f"p_{k}": v for k, v in full.items()})
    return pd.DataFrame(made)


def test_raising_a_threshold_turns_an_alarm_into_normal(horus):
    given = predictions(horus, [("normal", {"ruido_hiss": 0.7}, 0.1)])
    assert table.at_thresholds(given, {"ruido_hiss": 0.6}, horus).verdict.tolist() == ["ruido_hiss"]
    assert table.at_thresholds(given, {"ruido_hiss": 0.8}, horus).verdict.tolist() == ["normal"]


def test_the_most_confident_error_is_first_and_the_most_confident_hit_last(horus):
    given = predictions(
        horus,
        [
            ("normal", {}, 0.1),
            ("normal", {"ruido_hiss": 0.7}, 0.1),
            ("eco_reverb", {"eco_reverb": 0.8}, 0.1),
            ("normal", {"ruido_hiss": 0.9}, 0.1),
        ],
    )
    evaluated = table.at_thresholds(given, dict.fromkeys(horus.faults, 0.6), horus)
    assert evaluated.segment_id.tolist() == ["r-3", "r-1", "r-2", "r-0"]
    assert evaluated.wrong.tolist() == [True, True, False, False]
    np.testing.assert_allclose(evaluated.doubt, [0.9, 0.7, 0.2, 0.0], atol=1e-9)


def test_false_negatives_and_false_positives_per_class(horus):
    given = predictions(
        horus, [("eco_reverb", {}, 0.1), ("eco_reverb", {"eco_reverb": 0.9}, 0.1), ("normal", {"ruido_hiss": 0.9}, 0.1)]
    )
    limits = dict.fromkeys(horus.faults, 0.6)
    found = table.per_class(table.at_thresholds(given, limits, horus), limits, horus)
    assert found.loc["eco_reverb", ["missed", "falsely_named", "recall"]].tolist() == [1, 0, 0.5]
    assert found.loc["ruido_hiss", "falsely_named"] == 1
    assert found.loc["eco_reverb", "threshold"] == 0.6 and np.isnan(found.loc["normal", "threshold"])


def test_adjacent_segments_with_the_same_verdict_are_one_alarm(horus):
    hiss, eco = {"ruido_hiss": 0.9}, {"eco_reverb": 0.9}
    given = predictions(horus, [("normal", p, 0.1) for p in (hiss, hiss, {}, hiss, eco)])
    alarms, hours = table.false_alarms(table.at_thresholds(given, {}, horus), horus)
    assert alarms == 3
    assert hours == pytest.approx(15 / 3600)


def test_a_card_states_which_class_stayed_under_its_threshold(horus, root, rng):
    step = artifacts.begin("01_ingest", horus)
    step.path("audio").mkdir()
    step.write_array("audio/r", noise(rng, 8))
    step.finish()
    given = predictions(horus, [("normal", {"ruido_hiss": 0.7}, 0.1), ("normal", {}, 0.1)])
    rows = table.at_thresholds(given, {"ruido_hiss": 0.9}, horus)
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

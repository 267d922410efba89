"""The panel without a browser: what it lists and writes, and that its numbers equal those of the static page."""

import re

import numpy as np
import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.evaluation import metrics, operating_point
from horuslib.review.panel import widgets
from horuslib.review.panel.ledger import Ledger
from horuslib.review.panel.state import load_panel_state
from horuslib.review.panel.tuning import Tuning
from tests.reviewed import make_reviewed


@pytest.fixture
def panel(horus, root):
    make_reviewed(horus, root)
    return widgets.panel(horus)


@pytest.fixture
def panel_of_none(horus, tmp_path_factory, monkeypatch):
    """The same panel without known-good programme."""
    other = tmp_path_factory.mktemp("other")
    monkeypatch.setenv("HORUS_ROOT", str(other))
    make_reviewed(horus, other)
    return widgets.panel(horus)


def ask(panel, do, **what):
    panel._handle_custom_msg({"do": do, **what}, [])


def listed(panel):
    return [(row["source"], row["start"]) for row in panel.listing["rows"]]


def test_the_numbers_are_those_of_the_static_page(panel, horus):
    evaluation = artifacts.read("06_evaluate", horus)
    for thresholds in (evaluation.json("thresholds"), dict.fromkeys(horus.faults, 0.9)):
        for label, value in thresholds.items():
            ask(panel, "threshold", label=label, value=value)
        evaluated = operating_point.at_thresholds(evaluation.table("predictions"), thresholds, horus)
        np.testing.assert_array_equal(
            panel.numbers["matrix"], metrics.confusion(evaluated.label, evaluated.verdict, horus.labels)
        )
        alarms, hours = operating_point.false_alarms(evaluated, horus)
        assert (panel.numbers["alarms"], panel.numbers["normal_hours"]) == (alarms, pytest.approx(hours))
        classes = operating_point.per_class(evaluated, thresholds, horus)
        for label in horus.labels:
            assert panel.numbers["classes"][label]["recall"] == pytest.approx(classes.recall[label])


def test_the_list_begins_with_the_most_confident_errors(panel):
    assert panel.filters["errors"] is True
    assert all(row["wrong"] for row in panel.listing["rows"])
    ask(panel, "select", errors=False)
    everything = panel.listing["total"]
    assert everything == 6 * 7, "the labelled segments"
    ask(panel, "select", part="unlabelled")
    assert panel.listing["total"] == 2 * 7
    assert all(row["label"] == "" for row in panel.listing["rows"])


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"label": "eco_reverb"}, lambda row: row["label"] == "eco_reverb"),
        ({"verdict": "normal"}, lambda row: row["verdict"] == "normal"),
        ({"source": "VIDEO_03"}, lambda row: row["source"] == "video_03.mp4"),
        ({"fold": "1"}, lambda row: row["fold"] == "1"),
        ({"low": 0.5, "high": 0.9}, lambda row: 0.5 <= row["confidence"] <= 0.9),
        ({"suspicious": True}, lambda row: "loudness" in row["suspicion"]),
    ],
)
def test_a_filter_lists_exactly_the_matching_segments(panel, filters, holds):
    ask(panel, "select", errors=False)
    expected = sum(map(holds, panel.listing["rows"]))
    ask(panel, "select", **filters)
    assert panel.listing["total"] == expected > 0
    assert all(map(holds, panel.listing["rows"]))


def test_a_list_is_sorted_both_ways(panel):
    ask(panel, "select", errors=False, sort="confidence", descending=False)
    rising = [row["confidence"] for row in panel.listing["rows"]]
    assert rising == sorted(rising)
    ask(panel, "select", sort="source", descending=False)
    assert listed(panel) == sorted(listed(panel))


def test_a_relabelled_segment_keeps_its_place_and_is_written(panel, horus, root):
    ask(panel, "move", by=1)
    before, at = listed(panel), panel.listing["at"]
    ask(panel, "relabel", label="sinal_teste")
    assert (listed(panel), panel.listing["at"]) == (before, at)
    assert panel.listing["rows"][at]["label"] == "sinal_teste"
    assert "labelled <b>sinal_teste</b>" in panel.card
    ((_, correction),) = Ledger(horus).corrections()
    assert (correction.start_s, correction.label) == (before[at][1], "sinal_teste")

    again = widgets.panel(horus)
    ask(again, "select", part="corrected", errors=False)
    assert listed(again) == [before[at]]
    assert again.listing["rows"][0]["label"] == "sinal_teste"


def test_quarantine_excludes_a_segment_from_the_metrics_and_undo_restores_it(panel, horus):
    counted = np.sum(panel.numbers["matrix"])
    label = panel.listing["rows"][0]["label"]
    ask(panel, "quarantine")
    assert np.sum(panel.numbers["matrix"]) == counted - 1
    assert panel.listing["rows"][0]["label"] == "quarantined"
    ask(panel, "undo")
    assert np.sum(panel.numbers["matrix"]) == counted
    assert panel.listing["rows"][0]["label"] == label
    assert panel.status.startswith("Undone")
    ask(panel, "undo")
    assert panel.status == "There is no correction to undo."


def test_an_undo_that_takes_effect_only_in_the_next_run_is_reported(panel, horus, root):
    row = panel.listing["rows"][0]
    panel_state = panel._items
    sha256 = panel_state.rows.sha256[panel_state.rows.source == row["source"]].iloc[0]
    Ledger(horus).correct(sha256, row["start"], row["start"] + 5, row["label"], old_label="normal")
    ask(panel, "undo")
    assert panel.status == (
        f"Undone: {row['source']}, {row['start']:.1f} s, {row['label']}. "
        "The last run was trained on it; the next make all removes it."
    )
    Ledger(horus).correct(sha256, 200.0, 205.0, None)
    ask(panel, "undo")
    assert "200.0 s, quarantined. The last run was trained on it" in panel.status, "its segment no longer exists"


def test_a_link_of_the_card_opens_the_segment_beside_it(panel):
    ask(panel, "select", errors=False, sort="source", descending=False)
    ask(panel, "turn_to", at=1)
    before, after = re.findall(r'href="#s-([^"]+)"', panel.card)
    ask(panel, "segment", segment_id=after)
    assert panel.listing["at"] == 2
    ask(panel, "select", label="sinal_teste")
    ask(panel, "segment", segment_id=before)
    assert (panel.filters["source"], panel.filters["label"], panel.listing["at"]) == ("video_00.mp4", "", 0)
    assert re.findall(r'href="#s-([^"]+)"', panel.card) == [panel._items.rows.segment_id[1]], (
        "the first has none before"
    )


def test_labelling_an_unlabelled_segment_opens_the_next(panel):
    ask(panel, "select", part="unlabelled", errors=False)
    first, second = listed(panel)[:2]
    assert "unlabelled" not in panel.setup["folds"]
    doubts = 1 - np.sort(panel._tuning._p[~pd.notna(panel._items.labels)].max(axis=1))
    assert panel._tuning.doubt[panel._found] == pytest.approx(doubts), "least certain first"
    ask(panel, "relabel", label="normal")
    assert listed(panel)[:2] == [first, second]
    assert panel.listing["at"] == 1
    assert panel.listing["rows"][0]["label"] == "normal"


@pytest.fixture
def with_alarms(horus, root):
    make_reviewed(horus, root, alarms=3)
    return widgets.panel(horus)


def test_alarms_on_known_good_programme_are_listed_the_surest_first(with_alarms, panel_of_none):
    ask(with_alarms, "select", part="known_good", sort="confidence", errors=False)
    assert with_alarms.setup["parts"]["known_good"].endswith("(3)") and "known_good" not in with_alarms.setup["folds"]
    assert listed(with_alarms) == [("radio/hour.wav", 24.0), ("radio/hour.wav", 12.0), ("radio/hour.wav", 0.0)]
    assert "reported" in with_alarms.card or "eco_reverb" in with_alarms.card
    assert "12.0" in with_alarms.card or "24.0" in with_alarms.card
    assert with_alarms.numbers["matrix"] == panel_of_none.numbers["matrix"], "no metric counts them"
    assert with_alarms.numbers["normal_hours"] == panel_of_none.numbers["normal_hours"]


def test_an_alarm_is_confirmed_as_normal_or_as_a_fault(with_alarms, horus, root):
    ask(with_alarms, "select", part="known_good", sort="confidence", errors=False)
    ask(with_alarms, "relabel", label="normal")
    assert with_alarms.listing["at"] == 1, "the next one is open"
    ask(with_alarms, "relabel", label="eco_reverb")
    ask(with_alarms, "quarantine")
    said = [(c.start_s, c.end_s, c.label) for _, c in Ledger(horus).corrections()]
    assert said == [(24.0, 31.5, "normal"), (12.0, 19.5, "eco_reverb"), (0.0, 7.5, None)]
    ask(with_alarms, "undo")
    assert [c.label for _, c in Ledger(horus).corrections()] == ["normal", "eco_reverb"]


def test_a_cell_of_the_matrix_lists_its_segments_and_plays(panel, horus):
    row, column = np.argwhere(np.array(panel.numbers["matrix"]) > 0)[1]
    ask(panel, "cell", label=horus.labels[row], verdict=horus.labels[column])
    assert panel.listing["total"] == panel.numbers["matrix"][row][column]
    assert (panel.played, panel.listing["at"]) == (1, 0)


def test_the_moves_of_a_drag_are_undone_together(panel):
    ask(panel, "threshold", label="eco_reverb", value=0.8)
    for value, settled in ((0.81, False), (0.85, False), (0.9, True)):
        ask(panel, "threshold", label="eco_reverb", value=value, settled=settled)
    ask(panel, "undo_threshold")
    assert panel.numbers["thresholds"]["eco_reverb"] == 0.8
    assert panel.status == "Undone. Not as saved: eco_reverb."
    ask(panel, "undo_threshold")
    assert panel.numbers["thresholds"] == panel.numbers["saved"]
    assert panel.status == "Undone: all are as saved."


def test_only_the_affected_segments_are_listed(panel):
    ask(panel, "select", errors=False, affected=True)
    assert panel.listing["total"] == 0
    for label in panel.setup["faults"]:
        ask(panel, "threshold", label=label, value=0.97)
    assert panel.listing["total"] == panel.numbers["affected"] > 0
    assert all(row["verdict"] == "normal" for row in panel.listing["rows"])


def test_saved_thresholds_are_kept_when_the_panel_is_opened_again(panel, horus, root):
    ask(panel, "threshold", label="eco_reverb", value=0.77)
    assert widgets.panel(horus).numbers["thresholds"]["eco_reverb"] == 0.5
    ask(panel, "save")
    assert "Set by hand for the whole decision, not for the network alone: eco_reverb." in panel.status
    assert "AUDIO_THRESH_ECO_REVERB=0.65" in panel.status, "Horus gets evaluation's thresholds of the network alone"
    assert Ledger(horus).threshold_overrides() == {"eco_reverb": 0.77}, (
        "unmoved thresholds are still chosen by evaluation"
    )
    assert widgets.panel(horus).numbers["thresholds"]["eco_reverb"] == 0.77
    assert panel.numbers["affected"] == 0
    ask(panel, "save")
    assert panel.status == "No threshold was moved since the last save."


def test_best_f1_is_as_good_as_any_threshold(horus, root):
    make_reviewed(horus, root)
    panel_state = load_panel_state(horus)
    tuning = Tuning(panel_state, panel_state.thresholds)
    best = tuning.suggest("f1")
    for label, curve in tuning.curves().items():
        at = round(best[label] * 100)
        assert curve["f1"][at] == pytest.approx(np.nanmax(curve["f1"]))
    assert tuning.suggest("task") == dict.fromkeys(horus.faults, 0.6)


@pytest.mark.slow
def test_the_budget_limits_alarms_where_the_best_f1_would_not(horus, root):
    make_reviewed(horus, root, recordings=122, unlabelled=2, seed=25, sound_s=1)
    panel_state = load_panel_state(horus)
    tuning = Tuning(panel_state, panel_state.thresholds)
    allowed = horus.decision.false_alarms_per_hour * panel_state.normal_hours
    tuning.move(tuning.suggest("f1"))
    by_f1 = tuning.numbers()
    tuning.move(tuning.suggest("budget"))
    by_budget = tuning.numbers()
    assert by_budget["alarms"] <= allowed < by_f1["alarms"]
    assert by_budget["macro_f1"] > 0.5, "and not by detecting nothing"


@pytest.mark.slow
def test_the_budget_holds_on_augmented_predictions_as_in_evaluation(horus, root):
    columns = [f"p_{label}" for label in horus.labels]
    predictions = pd.DataFrame(
        [{**dict.fromkeys(columns, 0.0), "p_eco_reverb": 0.94, "p_normal": 0.06, "label": "normal"}]
    )
    suggested = {}
    for name, varied in (("none", None), ("one", predictions)):
        panel_state = load_panel_state(
            horus, Ledger(horus, make_reviewed(horus, root / name, recordings=26, varied=varied))
        )
        panel_state.rows.loc[panel_state.rows.label == "normal", columns] = [float(x == "p_normal") for x in columns]
        echoes = panel_state.rows.index[panel_state.rows.label == "eco_reverb"]
        for rows, p in ((echoes[::2], 0.9), (echoes[1::2], 0.97)):
            panel_state.rows.loc[rows, columns] = [{"p_eco_reverb": p, "p_normal": 1 - p}.get(x, 0.0) for x in columns]
        suggested[name] = Tuning(panel_state, panel_state.thresholds).suggest("budget")
    assert suggested["none"].pop("eco_reverb") < 0.94 < suggested["one"].pop("eco_reverb")
    assert suggested["none"] == suggested["one"]


def test_a_curve_passes_through_the_counted_values(horus, root):
    make_reviewed(horus, root)
    panel_state = load_panel_state(horus)
    curve = Tuning(panel_state, panel_state.thresholds).curves()["eco_reverb"]
    rows = panel_state.rows[panel_state.counted]
    p = rows[[f"p_{label}" for label in horus.labels]]
    named = (p.idxmax(axis=1) == "p_eco_reverb") & (p.p_eco_reverb >= 0.7)
    true = rows.label == "eco_reverb"
    assert curve["precision"][70] == pytest.approx((named & true).sum() / named.sum())
    assert curve["recall"][70] == pytest.approx((named & true).sum() / true.sum())


@pytest.mark.slow
def test_a_slider_over_20_000_segments_is_followed(horus, root):
    make_reviewed(horus, root, recordings=2860, unlabelled=3, sound_s=1)
    panel = widgets.panel(horus)
    assert len(panel._items) - np.sum(panel._items.counted) + np.sum(panel.numbers["matrix"]) > 20_000
    named = []
    for value in (0.6, 0.7, 0.8):
        ask(panel, "threshold", label="eco_reverb", value=value, settled=False)
        named.append(np.array(panel.numbers["matrix"])[:, horus.labels.index("eco_reverb")].sum())
    assert named[0] > named[1] > named[2] > 0

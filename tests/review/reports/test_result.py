import re

import pytest

from horuslib.core.paths import Paths
from horuslib.review.panel.ledger import Ledger
from horuslib.review.reports import history, result
from horuslib.tasks import load_task
from tests.evaluated import SHA, write_evaluation


@pytest.fixture
def paths(tmp_path):
    return Paths(root=tmp_path)


def shown(task, paths):
    """The text of the page, without figures and markup."""
    page = result.task_page(task, paths, [])
    return " ".join(re.sub(r"<[^>]*>", " ", re.sub(r'src="data:[^"]*"', "", page)).split()), page


def test_the_page_shows_the_result_and_the_data_behind_it(paths, horus, monkeypatch):
    monkeypatch.setattr(result, "is_generated", lambda recordings, paths: True)
    write_evaluation(horus, paths)
    page = result.task_page(horus, paths, [])
    assert "A demonstration" in page and "all generated sound" in page
    assert "57 of 60 segments are classified correctly out of fold" in page
    assert "eco_reverb classified as normal: 3 of " in page
    assert page.count("0.61") == len(horus.faults)
    assert "95 % upper bound 1.5" in page


def test_the_page_shows_where_false_alarms_come_from_and_what_fewer_cost(paths, horus):
    rate = {
        "count": 3,
        "hours": 2.0,
        "per_hour": 1.5,
        "low": 0.3,
        "high": 4.4,
        "sources": 2,
        "by_type": {"eco_reverb": 3},
    }
    row = {"count": 3, "hours": 1.0, "per_hour": 3.0}
    write_evaluation(horus, paths, known_good=rate)
    assert "where false alarms come from" not in shown(horus, paths)[0], "an evaluation of an earlier version"
    more = {"not_judged": ["volume_baixo"], "worst": [row | {"name": "<radio>"}], "by_kind": [row | {"name": "music"}]}
    cost = {"eco_reverb": {"segments": 8, "before": 0.75, "after": 0.5}}
    write_evaluation(horus, paths, known_good=rate | more | {"recall": cost})
    words, page = shown(horus, paths)
    assert "volume_baixo is not evaluated there" in words and "<radio>" not in page
    assert "&lt;radio&gt; 3 1.00 3.0" in words and "music 3 1.00 3.0" in words and "eco_reverb 0.75 0.50" in words


def test_a_task_without_normal_sound_has_no_figures_of_it(paths, horus):
    sirens = load_task("sirens")
    for task, present in ((sirens, False), (horus, True)):
        write_evaluation(task, paths)
        words, _ = shown(task, paths)
        assert "macro-F1 out of fold" in words
        assert ("of normal sound evaluated" in words) == ("false alarms per hour of normal" in words) == present


def test_a_first_run_has_no_comparison(paths, horus):
    write_evaluation(horus, paths)
    history.keep(horus, paths)
    words, _ = shown(horus, paths)
    assert "Since the previous run" not in words and " was 0" not in words


def test_a_second_run_is_compared_with_the_first(paths, horus):
    write_evaluation(horus, paths, f1=0.7, rate=3.0)
    history.keep(horus, paths)
    ledger = Ledger(horus, paths, "ana")
    ledger.correct(SHA, 0, 5, "normal")
    ledger.correct("cd" * 32, 0, 5, "normal")
    ledger.save_thresholds({"eco_reverb": 0.5}, {})
    write_evaluation(horus, paths, wrong=5, thresholds=0.5, relabelled=[20, 21], f1=0.95, rate=0.5)
    history.keep(horus, paths)
    words, page = shown(horus, paths)
    assert "Since the previous run" in words.split("macro-F1")[0], "it is above the metrics, on the first screen"
    assert "Not ready → Fit for use." in words
    assert "2 errors are gone (2 by a corrected label), 2 errors are new." in words
    assert "1 correction more." in words, "one of them is of another recording"
    assert "The threshold of eco_reverb was set to 0.50 by hand." in words
    assert "0.95 was 0.70 macro-F1 out of fold" in words and "0.5 was 3.0 false alarms per hour" in words
    row = re.search(r"eco_reverb</th>(.*?)</tr>", page, re.DOTALL)[1]
    cells = " ".join(re.sub(r"<[^>]*>", " ", row).split())
    assert cells == "0.70 → 0.95 ▲ 0.70 → 0.95 ▲ 0.70 → 0.95 ▲ 0.61 → 0.50 ▼"


def test_a_decline_is_reported_too(paths, horus):
    write_evaluation(horus, paths, f1=0.95, rate=0.5)
    history.keep(horus, paths)
    write_evaluation(horus, paths, wrong=6, f1=0.9, rate=0.5)
    history.keep(horus, paths)
    words, page = shown(horus, paths)
    assert "Still: Fit for use. 0 errors are gone, 3 errors are new." in words
    assert "0.95 → <b>0.90</b> ▼" in page

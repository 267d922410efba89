import re

import pytest

from horuslib.cli import main
from horuslib.evaluation.compare import Evaluated, compare
from horuslib.review.cards.sound_card import template
from horuslib.review.reports.comparison import content
from tests.evaluation.test_compare import evaluated


@pytest.fixture
def shown(horus, heimdall):
    five = evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss"), ("a", 40.0, 50.0, "volume_baixo")])
    three = evaluated(heimdall, [("a", 11.0, 30.0, "ruido_hiss"), ("b", 1.0, 20.0, "sinal_teste")])
    return content(compare(five, three), five, three)


def test_the_sentence_counts_what_both_know(shown):
    assert shown["word"] == (
        "Of 2 faults that both tasks know, horus finds 1 and heimdall finds 2. Median time to detection on the 1 that "
        "both find: horus 5.0 s, heimdall 4.0 s."
    )
    assert shown["recordings"] == 2


def test_each_class_says_who_finds_more(shown):
    rows = {row["label"]: row for row in shown["labels"]}
    assert rows["sinal_teste"]["better"] == "heimdall" and rows["ruido_hiss"]["better"] == ""
    assert rows["volume_baixo"]["found"] == ["1", "not known"] and rows["volume_baixo"]["better"] == ""
    assert rows["ruido_hiss"]["delays"] == ["5.0", "4.0"] and rows["sinal_teste"]["delays"] == ["–", "–"]


def test_what_one_alone_finds_is_listed_with_its_place(shown):
    assert [(side["task"], side["count"]) for side in shown["alone"]] == [("horus", 0), ("heimdall", 1)]
    (tone,) = shown["alone"][1]["faults"]
    assert tone == {"path": "b.mp4", "label": "sinal_teste", "start_s": "0.0", "end_s": "20.0"}


def test_the_page_tells_what_differs(shown):
    text = re.sub(r"<[^>]+>|\s+", " ", template("compare.html.j2").render(**shown))
    for words in (
        "5 s, 2.5 s",
        "3 s, 1 s",
        "22050 Hz",
        "RMS under 0.008, peak under 0.15",
        "0.0 in 0.50 h (95 %: under –)",
    ):
        assert words in text


def test_a_task_that_was_not_evaluated_is_said_in_a_sentence(root, capsys):
    assert main(["compare"]) == 2
    assert "of task horus has not run yet: run `make all TASK=horus` first." in capsys.readouterr().err


def test_tasks_that_share_no_recording_are_said_in_a_sentence(horus, heimdall, monkeypatch, root, capsys):
    sides = {
        "horus": evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss")], recordings=("a",)),
        "heimdall": evaluated(heimdall, [("b", 1.0, 20.0, "sinal_teste")], recordings=("b",)),
    }
    monkeypatch.setattr(Evaluated, "read", lambda task, paths=None: sides[task.name])
    assert main(["compare"]) == 2
    assert "were evaluated on different recordings: run `make compare` on one folder." in capsys.readouterr().err
    assert not (root / "reports").exists()


def test_the_page_stands_with_the_others(horus, heimdall, monkeypatch, root, capsys):
    sides = {
        "horus": evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss")]),
        "heimdall": evaluated(heimdall, [("b", 1.0, 20.0, "sinal_teste")]),
    }
    monkeypatch.setattr(Evaluated, "read", lambda task, paths=None: sides[task.name])
    assert main(["compare"]) == 0
    assert "Found by heimdall alone: 1" in (root / "reports/compare/index.html").read_text()
    assert 'href="compare/index.html"' in (root / "reports/index.html").read_text()

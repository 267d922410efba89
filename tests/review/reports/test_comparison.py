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


def test_the_sentence_counts_faults_of_shared_classes(shown):
    assert shown["word"] == (
        "Of 2 faults of classes that both tasks have, horus finds 1 and heimdall finds 2. Median time to detection on "
        "the 1 detected by both: horus 7.5 s, heimdall 4.0 s."
    )
    assert shown["recordings"] == 2


def test_each_class_names_the_task_that_finds_more(shown):
    rows = {row["label"]: row for row in shown["labels"]}
    assert rows["sinal_teste"]["better"] == "heimdall" and rows["ruido_hiss"]["better"] == ""
    assert rows["volume_baixo"]["found"] == ["1", "not a class"] and rows["volume_baixo"]["better"] == ""
    assert rows["ruido_hiss"]["delays"] == ["7.5", "4.0"] and rows["sinal_teste"]["delays"] == ["–", "–"]


def test_faults_found_by_one_task_only_are_listed_with_their_times(shown):
    assert [(side["task"], side["count"]) for side in shown["alone"]] == [("horus", 0), ("heimdall", 1)]
    (tone,) = shown["alone"][1]["faults"]
    assert tone == {"path": "b.mp4", "label": "sinal_teste", "start_s": "0.0", "end_s": "20.0"}


def test_a_task_without_a_silence_rule_is_shown(horus, heimdall):
    without = horus.model_copy(update={"decision": horus.decision.model_copy(update={"silence": None})})
    sides = [evaluated(task, [("a", 10.0, 30.0, "ruido_hiss")]) for task in (without, heimdall)]
    facts = {name: values for name, *values in content(compare(*sides), *sides)["facts"]}
    assert facts["silence rule, before the model"] == ["none", "RMS under 0.008, peak under 0.15"]


def test_the_page_shows_the_differences(shown):
    text = re.sub(r"<[^>]+>|\s+", " ", template("compare.html.j2").render(**shown))
    for words in (
        "5 s, 2.5 s",
        "3 s, 1 s",
        "22050 Hz",
        "RMS under 0.008, peak under 0.15",
        "0.0 in 0.50 h (95 %: under –)",
    ):
        assert words in text


def test_a_task_that_was_not_evaluated_is_a_clear_error(root, capsys):
    assert main(["compare"]) == 2
    assert "of task horus has not run yet: run `make all TASK=horus` first." in capsys.readouterr().err


def test_tasks_that_share_no_recording_are_a_clear_error(horus, heimdall, monkeypatch, root, capsys):
    sides = {
        "horus": evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss")], recordings=("a",)),
        "heimdall": evaluated(heimdall, [("b", 1.0, 20.0, "sinal_teste")], recordings=("b",)),
    }
    monkeypatch.setattr(Evaluated, "read", lambda task, paths=None: sides[task.name])
    assert main(["compare"]) == 2
    assert "were evaluated on different recordings: run `make compare` on one folder." in capsys.readouterr().err
    assert not (root / "reports").exists()


def test_the_page_is_in_the_index_of_reports(horus, heimdall, monkeypatch, root, capsys):
    sides = {
        "horus": evaluated(horus, [("a", 10.0, 30.0, "ruido_hiss")]),
        "heimdall": evaluated(heimdall, [("b", 1.0, 20.0, "sinal_teste")]),
    }
    monkeypatch.setattr(Evaluated, "read", lambda task, paths=None: sides[task.name])
    assert main(["compare"]) == 0
    assert "Found only by heimdall: 1" in (root / "reports/compare/index.html").read_text()
    assert 'href="compare/index.html"' in (root / "reports/index.html").read_text()

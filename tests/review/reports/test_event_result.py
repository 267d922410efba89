"""The first page of a task on events: its verdict follows the interval of the macro-F1, a record is kept per result."""

import json

import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.core.workbooks import SPECTRAL
from horuslib.review.reports.event_result import headline, keep, task_page
from horuslib.tasks import load_events_task


@pytest.fixture
def task():
    return load_events_task("spectral")


def evaluated(task, paths, interval, generated=False):
    score = {"events": 4, "accuracy": 0.75, "accuracy_interval": [0.3, 0.95], "macro_f1": 0.7, "ece": 0.1,
             "macro_f1_interval": interval}  # fmt: skip
    step = artifacts.begin(SPECTRAL["evaluate"], task, {}, paths=paths)
    step.write_json("metrics", {"default": score, "generated": generated})
    names = ["all", *(f"without {m}" for m in ("video", "audio", "sensors")),
             *(f"{m} alone" for m in ("video", "audio", "sensors")), "2 s apart"]  # fmt: skip
    uses = {"macro_f1": 0.5, "ambient": 0.5, "macro_f1_answered": 0.6, "answered": 0.4}
    step.write_table("uses", pd.DataFrame({"condition": names, **uses}))
    said = [task.labels[k] for k in (0, 1, 2, 2)]
    step.write_table("verdicts", pd.DataFrame({"label": [task.labels[k] for k in (0, 1, 2, 3)], "predicted": said}))
    step.finish()


@pytest.mark.parametrize(
    ("interval", "generated", "word"),
    [
        ([0.8, 0.9], False, "Fit for use"),
        ([0.7, 0.9], False, "Promising, not proven"),
        ([0.5, 0.79], False, "Not ready"),
        ([0.9, 1.0], True, "A demonstration"),
    ],
)
def test_the_verdict_follows_the_interval_and_generated_events_prove_nothing(root, task, interval, generated, word):
    evaluated(task, Paths(), interval, generated)
    page = task_page(task, Paths(), [{"href": "01.html", "title": "a <b>"}])
    assert f'<p class="word">{word}</p>' in page and "a &lt;b&gt;" in page
    assert "3 of 4 events are classified correctly out of fold" in page
    assert headline(task, Paths())[0].startswith("Accuracy 0.75")


def test_without_an_evaluation_the_page_says_so_and_nothing_is_kept(root, task):
    assert "Not evaluated yet" in task_page(task, Paths(), []) and headline(task, Paths()) == []
    assert keep(task, Paths()) is None


def test_a_result_is_kept_once(root, task):
    evaluated(task, Paths(), [0.7, 0.9])
    first = keep(task, Paths())
    assert first.name == "0001.json" and json.loads(first.read_text("utf-8"))["default"]["macro_f1"] == 0.7
    assert keep(task, Paths()) is None
    evaluated(task, Paths(), [0.6, 0.9])
    assert keep(task, Paths()).name == "0002.json"

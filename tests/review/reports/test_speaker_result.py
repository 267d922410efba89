"""The first page of a task on speakers: before anything ran, scored, and not scored."""

import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.paths import Paths
from horuslib.core.workbooks import SPEAKERS
from horuslib.review.reports.speaker_result import headline, keep, task_page
from horuslib.speakers.ladder import CHOSEN
from horuslib.tasks import load_speakers_task

PARTS = {"miss": 0.02, "false_alarm": 0.03, "confusion": 0.05, "exact": 0.5, "within_one": 1.0}


@pytest.fixture
def diarized(root):
    def write(ladder):
        step = artifacts.begin(SPEAKERS["diarization"], load_speakers_task("speakers"), {})
        step.write_table("ladder", pd.DataFrame(ladder))
        names = {"recording": ["<a>.wav", "b.wav"], "found": [2, 3], "speech_s": [4.0, 5.0], "variety": ["pt-BR", "pt"]}
        names |= {"least": [2, 2], "most": [2, 4]}
        step.write_table("recordings", pd.DataFrame(names))
        step.finish()
        return load_speakers_task("speakers"), Paths()

    return write


def test_before_anything_ran_the_page_says_so(root):
    task, paths = load_speakers_task("speakers"), Paths()
    assert "Not diarized yet" in task_page(task, paths, [])
    assert headline(task, paths) == []
    assert keep(task, paths) is None


def test_the_error_rate_of_the_tasks_settings_is_shown_and_kept_once(diarized):
    task, paths = diarized([{"rung": "first", "der": 0.4, **PARTS}, {"rung": CHOSEN, "der": 0.1, **PARTS}])
    page = task_page(task, paths, [{"href": "x.html", "title": "01"}])
    assert "DER 10.0 % over 2 recordings" in page
    assert "<td>3</td><td>2 to 4</td>" in page
    assert "&lt;a&gt;.wav" in page and "<a>" not in page
    assert headline(task, paths) == ["DER 10.0 % over 2 recordings."]
    assert keep(task, paths).name == "0001.json"
    assert keep(task, paths) is None
    diarized([{"rung": "first", "der": 0.4, **PARTS}, {"rung": CHOSEN, "der": 0.2, **PARTS}])
    assert keep(task, paths).name == "0002.json"


def test_without_reference_turns_nothing_is_scored(diarized):
    task, paths = diarized([{"rung": CHOSEN}])
    assert "2 recordings diarized, not scored" in task_page(task, paths, [])

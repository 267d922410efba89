"""Findings in words: what the tables say, and nothing else."""

import html
from types import SimpleNamespace

import numpy as np
import pandas as pd

from horuslib.review.sentences import speakers as sentences
from horuslib.speakers.backends.mfcc import Mfcc
from horuslib.speakers.corpus.statistics import VoiceStatistics
from horuslib.speakers.corpus.varieties import Varieties
from horuslib.speakers.diarize import Diarization
from horuslib.speakers.enrolment import RECOGNISED
from horuslib.speakers.ladder import CHOSEN


def test_what_cannot_be_used_is_listed():
    table = pd.DataFrame(
        {
            "recording": ["a", "b"], "usable": [True, False], "duration_s": [60.0, 5], "speech_s": [30.0, 0],
            "speakers": [2, None], "message": ["", "b: nobody speaks"],
        }
    )  # fmt: skip
    said = sentences.came(table)
    assert said.startswith("1 recording of 2 can be used: 1.0 minutes, 0.5 of them speech.")
    assert "nobody speaks" in said


def test_leakage_names_people():
    none, pair = pd.DataFrame(columns=["person"]), pd.DataFrame({"a": ["x"]})
    assert sentences.leakage(none, none) == (
        "No two recordings share sound. No named person speaks in more than one recording."
    )
    assert "1 person in more than one recording (Ana)" in sentences.leakage(pair, pd.DataFrame({"person": ["Ana"]}))


def test_the_ladder_in_a_sentence():
    rows = {"miss": 0.02, "false_alarm": 0.03, "confusion": 0.05, "exact": 0.5, "within_one": 1.0}
    table = pd.DataFrame([{"rung": r, "der": d, **rows} for r, d in (("first", 0.4), (CHOSEN, 0.1), ("told", 0.08))])
    said = sentences.climbed(table)
    assert "from 40.0 % on the first rung to 10.0 % as the task says" in said
    assert "exact in 50 %" in said
    assert "nothing can be scored" in sentences.climbed(pd.DataFrame({"rung": [CHOSEN]}))


def test_variances_are_shares_and_too_few_speakers_are_said():
    within, between = np.diag([1.0, 3.0]), np.diag([3.0, 1.0])
    found = VoiceStatistics({}, {}, within, 3 * between, np.zeros((2, 2)), {"speakers": 3, "minutes": 4.0})
    said = sentences.variances(found)
    assert said.startswith("Of the variance of window features, 0.30 lies within speakers and 0.70 between them, by 3 ")
    assert "4.0 minutes. 2 typical voices. The statistics are of 3 speakers and 4 minutes, where 10" in said


def test_what_statistics_change():
    table = pd.DataFrame({"use": ["none", "whitening"], "der": [0.2, 0.15], "change": [0, -0.05]})
    assert sentences.worth(table).endswith("whitening -5.0. The best is whitening.")


def test_a_refusal_is_no_number():
    said = sentences.varieties(Varieties(pd.DataFrame(), "1 variety is declared."))
    assert html.unescape(said) == "No number: 1 variety is declared."


def test_corrections_in_force():
    assert sentences.corrected(0, []).startswith("No corrections are in force.")
    assert sentences.corrected(1, ["a finds nobody"]).endswith("- a finds nobody")


def test_who_was_recognised():
    one = Diarization("b.wav", [], 1.0, 1.0, {}, ("S01 is recognised as Ana (cosine 0.80).",))
    assert sentences.recognised({"b.wav": one}, Mfcc()).startswith("The backend `mfcc` cannot compare")
    network = SimpleNamespace(name="net", same=0.7)
    assert "S01 is recognised as Ana" in sentences.recognised({"b.wav": one}, network)
    assert sentences.recognised({}, network).startswith("Nobody")


def test_what_a_recording_a_person_or_a_backend_is_called_is_escaped(shows, hostile):
    recordings = {"usable": [False], "duration_s": [1.0], "speech_s": [0.0], "speakers": [None], "message": ["none"]}
    table = pd.DataFrame({"recording": ["a"], **recordings})
    none = pd.DataFrame(columns=["person"])
    shows(lambda text: sentences.came(table.assign(recording=f"a{text}")), hostile)
    shows(lambda text: sentences.came(table.assign(message=f"a{text}")), hostile)
    shows(lambda text: sentences.leakage(none, pd.DataFrame({"person": [f"a{text}"]})), hostile)
    shows(lambda text: sentences.varieties(Varieties(pd.DataFrame(), text)), hostile)
    shows(lambda text: sentences.corrected(1, [f"a{text}"]), hostile)
    shows(lambda text: sentences.recognised({}, SimpleNamespace(name=text, same=None)), hostile)
    noted = SimpleNamespace(notes=[f"{RECOGNISED} in b"])
    shows(lambda text: sentences.recognised({f"a{text}": noted}, SimpleNamespace(name="x", same=0.5)), hostile)
    uses = pd.DataFrame({"use": ["none", "x"], "change": [0.0, -0.05]})
    shows(lambda text: sentences.worth(uses.assign(use=["none", text])), hostile)
    lacks = SimpleNamespace(shares=(0.3, 0.7), provenance={"speakers": 3, "minutes": 4.0}, typical=[], lacks="x")
    shows(lambda text: sentences.variances(SimpleNamespace(**{**vars(lacks), "lacks": text})), hostile)


def test_networks_that_are_absent_are_named_with_what_installs_them():
    assert sentences.embeddings({"a": "", "b": "`pip install b`"}) == "Embeddings by a stand on the ladder."
    said = sentences.embeddings({"a": "`pip install a`", "b": "`pip install b`"})
    assert "the ladder has no embedding: `pip install a`, `pip install b` adds one." in said


def test_what_a_page_leaves_out_is_said():
    assert sentences.shown_first(12, 8) == 12
    assert sentences.others(12, 8, "timelines_shown") == ""
    assert sentences.shown_first(21, 8) == 8
    said = sentences.others(21, 8, "timelines_shown")
    assert said.startswith("13 other recordings of 21 not shown: `make review TASK=speakers` opens all of them")
    assert "`timelines_shown`" in said

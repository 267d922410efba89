"""The diarization error rate, on turns whose score is known by hand."""

import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.score import as_text, read_folder, score, score_paths
from horuslib.speech.rttm import write_rttm
from horuslib.speech.turns import Turn
from tests.speakers.conftest import needs_metrics

pytestmark = needs_metrics
TRUTH = [Turn(0, 10, "a"), Turn(10, 20, "b")]


def at(scored, collar_s=0.0):
    return scored.total[scored.total.collar_s == collar_s].iloc[0]


def test_names_do_not_matter():
    found = at(score({"x": TRUTH}, {"x": [Turn(0, 10, "2"), Turn(10, 20, "1")]}))
    assert (found.der, found.exact) == (0, 1)


def test_the_parts_are_those_of_the_definition():
    found = [Turn(1, 10, "p"), Turn(10, 15, "q"), Turn(15, 20, "p"), Turn(20, 22, "q")]
    total = at(score({"x": TRUTH}, {"x": found}))
    assert (total.miss, total.confusion, total.false_alarm) == pytest.approx((1 / 20, 5 / 20, 2 / 20))
    assert total.der == pytest.approx(8 / 20)


def test_overlap_counts_twice():
    total = at(score({"x": [Turn(0, 10, "a"), Turn(5, 10, "b")]}, {"x": [Turn(0, 10, "p")]}))
    assert total.reference_s == 15
    assert total.miss == pytest.approx(5 / 15)


def test_the_collar_lies_on_either_side():
    found = {"x": [Turn(0, 10.2, "p"), Turn(10.2, 20, "q")]}
    scored = score({"x": TRUTH}, found)
    assert at(scored).der == pytest.approx(0.2 / 20)
    assert at(scored, 0.25).der == 0
    assert at(score({"x": TRUTH}, {"x": [Turn(0, 10.4, "p"), Turn(10.4, 20, "q")]}), 0.25).der > 0


def test_recordings_weigh_by_their_speech_and_numbers_are_counted():
    scored = score({"x": TRUTH, "y": [Turn(0, 5, "a")]}, {"x": [Turn(0, 20, "p")], "y": []})
    total = at(scored)
    assert total.der == pytest.approx((10 + 5) / 25)
    assert (total.exact, total.within_one) == (0, 1)


def test_files_and_folders_are_compared_by_name(tmp_path):
    for side in ("ref", "hyp"):
        for name in ("x", "y"):
            write_rttm(tmp_path / side / f"{name}.rttm", name, TRUTH)
    assert at(score_paths(tmp_path / "ref", tmp_path / "hyp")).der == 0
    write_rttm(tmp_path / "other.rttm", "other", TRUTH)
    text = as_text(score_paths(tmp_path / "ref" / "x.rttm", tmp_path / "other.rttm"))
    assert "collar 0.25 s on either side, overlapping speech scored" in text
    assert "exact in 100 %" in text


def test_a_recording_without_a_partner_is_named(tmp_path):
    with pytest.raises(UserError, match="no reference for z"):
        score({"x": TRUTH}, {"x": TRUTH, "z": TRUTH})
    with pytest.raises(UserError, match="holds z, which is not scored"):
        score({"x": TRUTH, "z": TRUTH}, {"x": TRUTH})
    with pytest.raises(UserError, match="There is no file or folder"):
        score_paths(tmp_path / "nothing", tmp_path)
    with pytest.raises(UserError, match="holds no turns"):
        score_paths(tmp_path, tmp_path)


def test_two_recordings_of_one_name_are_not_merged(tmp_path):
    for folder in ("mon", "tue"):
        write_rttm(tmp_path / folder / "call.rttm", "call", [Turn(0, 1, "A")])
    with pytest.raises(UserError, match=r"mon/call.rttm and .*tue/call.rttm both hold turns of call"):
        read_folder(tmp_path)

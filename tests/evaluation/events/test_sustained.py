"""What lasts is accepted far below the threshold, at a level that no known-good programme stays over."""

import numpy as np
import pandas as pd
import pytest

from horuslib.evaluation.decide import decide
from horuslib.evaluation.events.sustained import LEAST, accept, choose_shares, levels, segments_of
from tests.evaluated import heard_of, with_rule

THRESHOLDS = {"eco_reverb": 0.9}
AN_HOUR = 1450
"""Segments."""


def archive(task, *runs, p=0.3):
    """More than an hour of programme in one recording, with runs of so many segments at a probability of echo."""
    values = np.zeros(AN_HOUR)
    for number, length in enumerate(runs):
        values[100 * number + 10 : 100 * number + 10 + length] = p
    return heard_of(task, values)


def verdicts(task, rows, share, thresholds=None):
    thresholds = thresholds or THRESHOLDS
    p = rows[[f"p_{label}" for label in task.labels]].to_numpy(float)
    found = decide(p, rows.rms, rows.peak, task, thresholds).assign(start_s=rows.start_s, end_s=rows.end_s)
    accept(found, task, thresholds, {"eco_reverb": share})
    return found


def share_of(p, threshold=0.9):
    return p / (1 - p) * (1 - threshold) / threshold


def test_a_run_is_as_long_as_the_rule_says(horus):
    assert segments_of("eco_reverb", horus) == 15, "14 hops of 2.5 s and a segment of 5 s are 40 s"
    assert segments_of("ruido_hiss", horus) == 0


def test_weak_evidence_is_enough_where_it_lasts(horus):
    found = verdicts(horus, heard_of(horus, [0.0] * 5 + [0.2] * 15 + [0.0] * 5), share_of(0.1))
    assert np.flatnonzero(found.label == "eco_reverb").tolist() == list(range(5, 20))
    assert found.confidence[5:20].tolist() == pytest.approx([0.9] * 15), "as that of a segment at the threshold"
    assert found.confidence[0] == 1.0 and found.p_eco_reverb[7] == 0.2


@pytest.mark.parametrize(
    "values",
    [[0.2] * 14, [0.2] * 10 + [0.05] + [0.2] * 14, [0.09] * 40],
    ids=["too short", "one segment under the level", "under the level"],
)
def test_it_is_not_where_it_does_not_last(horus, values):
    found = verdicts(horus, heard_of(horus, [0.0] * 3 + values + [0.0] * 3), share_of(0.1))
    assert set(found.label) == {"normal"}


def test_segments_over_the_threshold_belong_to_the_run(horus):
    found = verdicts(horus, heard_of(horus, [0.2] * 7 + [0.95, 0.97] + [0.2] * 6), share_of(0.1))
    assert set(found.label) == {"eco_reverb"}
    assert found.confidence[7:9].tolist() == pytest.approx([0.95, 0.97])


def test_another_fault_or_silence_ends_a_run(horus):
    rows = heard_of(horus, [0.2] * 20)
    hiss = rows.assign(
        p_ruido_hiss=np.where(rows.index == 10, 0.99, 0), p_normal=np.where(rows.index == 10, 0.0, rows.p_normal)
    )
    assert "eco_reverb" not in set(verdicts(horus, hiss, share_of(0.1)).label)
    silent = rows.assign(rms=np.where(rows.index == 10, 0.0, 0.1), peak=np.where(rows.index == 10, 0.0, 0.3))
    assert "eco_reverb" not in set(verdicts(horus, silent, share_of(0.1)).label)


def test_the_level_moves_with_the_threshold(horus):
    share = share_of(0.1)
    assert levels({"eco_reverb": share}, THRESHOLDS, horus)["eco_reverb"] == pytest.approx(0.1)
    assert levels({"eco_reverb": share}, {"eco_reverb": 0.99}, horus)["eco_reverb"] == pytest.approx(0.55, abs=0.01)
    assert levels({"eco_reverb": share}, {"eco_reverb": 1.0}, horus)["eco_reverb"] > 0.999
    rows = heard_of(horus, [0.2] * 20)
    assert set(verdicts(horus, rows, share, {"eco_reverb": 0.99}).label) == {"normal"}


def test_no_known_good_programme_becomes_an_alarm(horus):
    heard = archive(horus, 30, 14)
    shares = choose_shares(heard, THRESHOLDS, horus)
    (level,) = levels(shares, THRESHOLDS, horus).values()
    assert 0.3 < level < 0.45
    assert set(verdicts(horus, heard, shares["eco_reverb"]).label) == {"normal"}


def test_what_lasts_too_short_or_is_an_alarm_already_says_nothing(horus):
    (level,) = levels(choose_shares(archive(horus, 14, 14), THRESHOLDS, horus), THRESHOLDS, horus).values()
    assert level == pytest.approx(LEAST)
    alarm = archive(horus, 15, p=0.6)
    alarm.loc[12:13, ["p_eco_reverb", "p_normal"]] = [0.95, 0.05]
    (level,) = levels(choose_shares(alarm, THRESHOLDS, horus), THRESHOLDS, horus).values()
    assert level == pytest.approx(LEAST)
    apart = pd.concat([heard_of(horus, [0.3] * 8, x) for x in "bc"] + [archive(horus)])
    (level,) = levels(choose_shares(apart, THRESHOLDS, horus), THRESHOLDS, horus).values()
    assert level == pytest.approx(LEAST), "runs of two recordings are two"


def test_without_hours_of_programme_or_a_level_under_the_threshold_there_is_none(horus):
    assert choose_shares(archive(horus)[:1000], THRESHOLDS, horus) == {}
    assert choose_shares(archive(horus)[:0], THRESHOLDS, horus) == {}
    assert choose_shares(archive(horus, 20, p=0.88), THRESHOLDS, horus) == {}
    assert choose_shares(archive(horus), THRESHOLDS, with_rule(horus, "eco_reverb", sustained_s=0.0)) == {}

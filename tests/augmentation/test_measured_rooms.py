"""Rooms are measured where a recording and its echo version both exist, and used in their own fold only."""

import json

import numpy as np
import pandas as pd
import pytest

from horuslib.acoustics.rooms import convolve, echo_response
from horuslib.audio.levels import c50_db
from horuslib.augmentation.measured_rooms import AddOwnRoom, MeasuredRooms, common_moments, find_measured_rooms
from horuslib.augmentation.plan import plan_variations, render
from horuslib.augmentation.room_recovery import recover
from horuslib.augmentation.transforms import draw, replay
from tests.conftest import noise, syllables

RATE = 16000


class Ingest:
    """An ingest step in memory: sounds by id, and tables."""

    def __init__(self, sounds, **tables):
        self.sounds, self.tables = sounds, tables

    def array(self, name):
        return self.sounds[name.removeprefix("audio/")]

    def table(self, name):
        return self.tables[name]


def speech(rng, seconds=12.0):
    return (syllables(rng, seconds) + 0.05 * noise(rng, seconds)).astype(np.float32)


@pytest.fixture
def ingest(rng):
    """`dry` is normal; `wet` is delayed by 0.5 s, with an echo of 202 ms from 2 to 10 s; `lone` has no dry version."""
    dry, other = speech(rng), speech(rng)
    late = np.concatenate([np.zeros(8000, np.float32), dry])[: len(dry)]
    wet = late.copy()
    wet[32000:160000] = convolve(late, echo_response(RATE, 0.202, -5.2, 2))[32000:160000]
    lone = convolve(other, echo_response(RATE, 0.5, -3.0))
    sounds = {"dry": dry, "wet": 0.5 * wet, "lone": lone}
    intervals = [
        ("dry", 0.0, 12.0, "normal"),
        ("wet", 0.0, 1.0, "normal"),
        ("wet", 2.0, 10.0, "eco_reverb"),
        ("lone", 0.0, 12.0, "eco_reverb"),
    ]
    segments = [("dry", 1, "train"), ("wet", 1, "train"), ("lone", 0, "train")]
    return Ingest(
        sounds,
        intervals=pd.DataFrame(intervals, columns=["recording_id", "start_s", "end_s", "label"]),
        segments=pd.DataFrame(segments, columns=["recording_id", "fold", "split"]),
        pairs=pd.DataFrame([("dry", "wet", 0.5, 12.0, 90.0)], columns=["a", "b", "offset_s", "common_s", "score"]),
    )


def test_common_moments_have_echo_in_one_and_are_dry_in_the_other(ingest, horus):
    (common,) = common_moments(ingest.table("intervals"), ingest.table("pairs"), horus)
    assert (common.recording_id, common.dry_id, common.offset_s) == ("wet", "dry", -0.5)
    assert (common.start_s, common.end_s) == pytest.approx((2.1, 9.9))


@pytest.mark.slow
def test_the_echo_between_two_recordings_is_estimated(ingest, horus):
    own = find_measured_rooms(ingest, horus)
    (row,) = own.table.to_dict("records")
    assert (row["recording_id"], row["dry_id"], row["fold"], row["response"]) == ("wet", "dry", 1, 0)
    assert row["echo_delay_s"] == pytest.approx(0.202, abs=0.001)
    assert row["echo_gain_db"] == pytest.approx(-5.2, abs=0.3)
    assert row["agreement"] > 0.9
    assert own.of_fold(1) == (0,) and own.of_fold(0) == ()


def test_holdout_recordings_are_not_used(ingest, horus):
    ingest.tables["segments"]["split"] = ["train", "holdout", "train"]
    own = find_measured_rooms(ingest, horus)
    assert len(own.table) == 0 and own.responses.shape[0] == 0


@pytest.mark.slow
def test_estimates_of_low_agreement_are_not_used(ingest, horus, rng):
    ingest.sounds["wet"] = speech(rng)
    own = find_measured_rooms(ingest, horus)
    assert own.table["response"].tolist() == [-1] and own.of_fold(1) == ()


def test_a_measured_room_is_applied_unchanged(rng):
    """The response of the transform to a click is the measured response, with the direct sound aligned."""
    response = np.pad(echo_response(RATE, 0.3, -6.0), (32, 500))
    step = draw(AddOwnRoom(response[None]), rng, np.zeros(RATE, np.float32), RATE)
    step["parameters"]["running"] = False
    step = json.loads(json.dumps(step))
    click = np.zeros(2 * RATE, np.float32)
    click[100] = 1
    made = replay(step, {"AddOwnRoom": lambda: AddOwnRoom(response[None])}, click, RATE)
    assert made.shape == click.shape
    assert np.argmax(made) == 100
    assert made[4900] / made[100] == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    assert step["parameters"]["c50_db"] == pytest.approx(c50_db(response, RATE))


@pytest.mark.slow
def test_measured_rooms_are_used_in_their_fold_only(horus, rng):
    """Echoes of fold 1 use the response in part, those of other folds never; planned variations can be rendered."""
    levels = {"rms_dbfs": -23.0, "peak_dbfs": -6.0, "lufs": -23.0, "modulation_db": 15.0}
    names = [f"r{i}" for i in range(60)]
    segments = pd.DataFrame(
        {"segment_id": names, "recording_id": names, "group_id": names, "label": "normal", "split": "train"}
        | {"fold": [i % 2 for i in range(60)]}
    ).assign(**levels)
    table = pd.DataFrame([{"response": 0, "fold": 1}, {"response": -1, "fold": 0}])
    own = MeasuredRooms(table, np.pad(echo_response(RATE, 0.2, -3.0), (32, 100))[None])
    only_echo = horus.model_copy(update={"augmentation": horus.augmentation.model_copy(update={"balance_cap": 100.0})})
    plan = plan_variations(segments, only_echo, rng, own)
    uses = plan[plan["transforms"].str.contains("AddOwnRoom")]
    assert len(uses) > 3 and set(uses["fold"]) == {1} and set(uses["label"]) == {"eco_reverb"}
    assert len(plan[(plan["label"] == "eco_reverb") & (plan["fold"] == 1)]) > len(uses), "generated ones too"
    sound = syllables(rng)
    assert not np.allclose(render(uses.iloc[0], sound, RATE, horus, own.responses), sound)
    with pytest.raises(KeyError, match="AddOwnRoom"):
        render(uses.iloc[0], sound, RATE, horus)


@pytest.mark.slow
def test_known_responses_are_recovered_from_the_users_sound(ingest, horus, rng):
    recovered = recover(ingest, horus, rng)
    assert set(recovered["recording_id"]) == {"dry"} and len(recovered) == 4
    assert (recovered["error_db"] < -10).all() and (recovered["agreement"] > 0.8).all()
    assert recovered["found"].to_numpy() == pytest.approx(recovered["known"].to_numpy(), rel=0.4)
    empty = Ingest({}, **ingest.tables | {"intervals": ingest.table("intervals").iloc[:0]})
    assert len(recover(empty, horus, rng)) == 0

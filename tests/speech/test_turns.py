"""Turns are joined, named and counted."""

from horuslib.speech.turns import Turn, joined, named, seconds_by_speaker, speakers_of


def test_turns_that_touch_are_one_and_those_of_others_are_not():
    turns = [Turn(0, 1, "a", 0.5), Turn(1, 4, "a", 0.9), Turn(2, 3, "b"), Turn(4.2, 5, "a", 0.1)]
    assert joined(turns) == [Turn(0, 4, "a", 0.8), Turn(2, 3, "b"), Turn(4.2, 5, "a", 0.1)]
    assert [t.end_s for t in joined(turns, pause_s=0.3) if t.speaker == "a"] == [5]


def test_channels_of_a_call_are_not_joined():
    assert len(joined([Turn(0, 1, "a", channel=1), Turn(1, 2, "a", channel=2)])) == 2


def test_a_turn_inside_another_of_the_same_speaker_does_not_shorten_it():
    assert joined([Turn(0, 5, "a"), Turn(1, 2, "a")]) == [Turn(0, 5, "a")]


def test_names_follow_the_order_in_which_people_first_speak():
    turns = [Turn(0, 1, "9"), Turn(1, 2, "2"), Turn(2, 3, "9")]
    assert speakers_of(named(turns)) == ["S01", "S02"]
    assert [t.speaker for t in named(turns, ["Ana", "Rui"])] == ["Ana", "Rui", "Ana"]


def test_overlap_counts_for_each():
    assert seconds_by_speaker([Turn(0, 2, "a"), Turn(1, 3, "b"), Turn(4, 5, "a")]) == {"a": 3, "b": 2}

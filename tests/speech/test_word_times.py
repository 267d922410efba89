"""Word times end up inside speech, in order, and of a length that a word can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horuslib.speech.word_times import LONGEST_WORD_S, within_speech

SPEECH = [(1.0, 2.0), (5.0, 6.5)]


@pytest.mark.parametrize(
    ("word", "moved"),
    [
        ((1.2, 1.6), (1.2, 1.6)),
        ((0.2, 1.4), (1.0, 1.4)),
        ((1.8, 4.0), (1.8, 2.0)),
        ((4.0, 5.4), (5.0, 5.4)),
        ((2.5, 3.0), (1.98, 2.0)),
        ((4.0, 4.5), (5.0, 5.02)),
    ],
)
def test_a_word_is_cut_to_speech_or_moved_there(word, moved):
    assert within_speech([word], SPEECH) == [moved]


def test_a_word_longer_than_any_is_shortened():
    ((start_s, end_s),) = within_speech([(0.0, 4.0)], [(0.0, 10.0)])
    assert (start_s, end_s) == (0.0, LONGEST_WORD_S)


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0, 4)), max_size=20))
def test_times_stay_in_order_and_inside_speech(drawn):
    words = sorted((start_s, start_s + length_s) for start_s, length_s in drawn)
    moved = within_speech(words, SPEECH)
    starts = [start_s for start_s, _ in moved]
    assert starts == sorted(starts)
    for start_s, end_s in moved:
        assert 0 < end_s - start_s <= LONGEST_WORD_S + 1e-9
        assert any(low - 0.03 <= start_s and end_s <= high + 0.03 for low, high in SPEECH)

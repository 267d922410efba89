"""Words go to speakers by overlap."""

from horuslib.speech.speakers import with_speakers
from horuslib.speech.turns import Turn
from tests.speech.conftest import transcript_of, words_of

ONE = transcript_of(words_of("um dois três quatro cinco seis", each_s=0.5))


def said(transcript):
    return [(segment.speaker, segment.text) for segment in transcript.segments]


def test_a_segment_is_split_where_the_speaker_changes():
    found = with_speakers(ONE, [Turn(0.0, 1.6, "A"), Turn(1.6, 3.0, "B")])
    assert said(found) == [("A", "um dois três"), ("B", "quatro cinco seis")]
    assert found.text == ONE.text


def test_of_overlapping_turns_the_longer_overlap_counts():
    found = with_speakers(ONE, [Turn(0.0, 3.0, "A"), Turn(0.9, 1.5, "B")])
    assert {word.text: word.speaker for word in found.words}["dois"] == "A"
    divided = [Turn(1.0, 1.14, "B"), Turn(1.15, 1.35, "A"), Turn(1.36, 1.5, "B")]
    assert with_speakers(ONE, divided).words[2].speaker == "B"


def test_a_word_between_turns_goes_to_the_near_one_or_to_nobody():
    found = with_speakers(ONE, [Turn(0.0, 1.4, "A"), Turn(2.9, 3.0, "B")])
    assert [word.speaker for word in found.words] == ["A", "A", "A", "A", None, "B"]


def test_without_turns_nobody_speaks():
    assert {word.speaker for word in with_speakers(ONE, []).words} == {None}

"""Words become segments of the length of a subtitle."""

from horuslib.speech.lines import LONGEST_S, MOST_CHARACTERS, segments_of
from tests.speech.conftest import words_of


def test_a_sentence_and_a_pause_end_a_segment():
    words = [*words_of("Esta frase termina aqui."), *words_of("Esta continua", 1.7), *words_of("depois", 4.0)]
    assert [s.text for s in segments_of(words)] == ["Esta frase termina aqui.", "Esta continua", "depois"]


def test_no_segment_is_longer_than_a_subtitle():
    for each_s in (0.2, 1.0):
        segments = segments_of(words_of("palavra " * 60, each_s=each_s))
        assert all(s.end_s - s.start_s <= LONGEST_S and len(s.text) <= MOST_CHARACTERS for s in segments)
        assert sum(len(s.words) for s in segments) == 60


def test_a_short_sentence_stays_with_the_next():
    assert len(segments_of(words_of("Sim. Vamos embora.", each_s=0.3))) == 1

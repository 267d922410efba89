"""The voices of a recording are those who speak alone, where they speak."""

import pytest

from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.collect import collect, collect_all
from horuslib.speakers.corpus.statistics import FEATURES
from tests.speakers.conftest import needs_voices


@needs_voices
def test_windows_belong_to_who_speaks_alone(talk):
    path, _, turns = talk
    found = collect(Entry(path, "talk.wav", turns))
    assert set(found.seconds) == {"talk.wav#A", "talk.wav#B"}
    assert found.rows.shape == (len(found.speakers), FEATURES)
    for person, name in (("talk.wav#A", "A"), ("talk.wav#B", "B")):
        assert found.seconds[person] == pytest.approx(sum(t.seconds for t in turns if t.speaker == name), rel=0.35)
    for person, seconds in found.seconds.items():
        assert found.frame_counts[person] == pytest.approx(100 * seconds, rel=0.02)
        assert found.frames[person].shape == (4, 20)


@needs_voices
def test_who_speaks_throughout_may_be_declared(monologue):
    assert set(collect(Entry(monologue[0], "m.wav", speaker="Ana")).seconds) == {"Ana"}


@needs_voices
def test_what_cannot_be_used_is_named(talk, tmp_path):
    (tmp_path / "x.wav").write_bytes(b"")
    entries = [
        Entry(talk[0], "talk.wav", talk[2]),
        Entry(talk[0], "u.wav"),
        Entry(tmp_path / "x.wav", "x.wav", speaker="A"),
    ]
    collected, left_out = collect_all(entries)
    assert [one.entry.name for one in collected] == ["talk.wav"]
    assert "u.wav: nothing says who speaks" in left_out[0]
    assert "x.wav is empty" in left_out[1]

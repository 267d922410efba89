"""The inventory has a row for everything, and finds what is not independent."""

import numpy as np

from horuslib.audio.encode import write_wav
from horuslib.datasets.groups import group_recordings
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.corpus.inventory import inventory, shared_content, shared_people
from horuslib.speech.turns import Turn
from tests.conftest import tone
from tests.speakers.conftest import needs_voices


@needs_voices
def test_a_row_per_recording_whatever_it_is(talk, tmp_path):
    write_wav(tmp_path / "tone.wav", tone(4), 16000)
    table = inventory([Entry(talk[0], "talk.wav", talk[2], variety="pt-BR"), Entry(tmp_path / "tone.wav", "tone.wav")])
    assert table.usable.tolist() == [True, False]
    assert table.speakers.tolist()[0] == 2
    assert table.variety.tolist() == ["pt-BR", "unknown"]
    assert "nobody speaks" in table.message[1]


@needs_voices
def test_the_same_sound_and_the_same_people_are_found(talk, monologue, tmp_path):
    write_wav(tmp_path / "copy.wav", 0.3 * talk[1], 16000)
    turns = [Turn(0, 5, "Ana"), Turn(5, 9, "S01")]
    entries = [
        Entry(talk[0], "a", turns),
        Entry(tmp_path / "copy.wav", "b", turns),
        Entry(monologue[0], "c", turns[1:]),
    ]
    pairs = shared_content(entries, [True] * 3)
    assert list(zip(pairs.a, pairs.b, strict=True)) == [("a", "b")]
    people = shared_people(entries)
    assert people.person.tolist() == ["Ana"]
    assert people.recordings.tolist() == [2]
    assert len(shared_content(entries[:1], [True])) == 0


def test_sound_to_compare_lies_on_disk(tmp_path, monkeypatch):
    given = {}

    def seen(audio, rate_hz):
        given.update(audio)
        return group_recordings(audio, rate_hz)

    monkeypatch.setattr("horuslib.speakers.corpus.inventory.group_recordings", seen)
    entries = [Entry(write_wav(tmp_path / f"{n}.wav", tone(2, hz), 16000), n) for n, hz in (("a", 500), ("b", 700))]
    assert len(shared_content(entries, [True, True])) == 0
    assert [type(samples) for samples in given.values()] == [np.memmap, np.memmap]

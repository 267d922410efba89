"""The demo conversations are small, whole and reproducible, and those that ship are the generator's."""

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.corpus.catalogue import read_catalogue
from horuslib.speakers.demo import PEOPLE, RECORDINGS, voice_of, write_demo
from horuslib.speech.turns import speakers_of
from tests.conftest import PROJECT
from tests.speakers.conftest import needs_voices

FOLDER = PROJECT / "data" / "demo_speakers"


def test_what_ships_is_small_and_whole():
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 4e6
    entries = read_catalogue(FOLDER)
    assert {entry.path.stem for entry in entries} == set(RECORDINGS)
    for entry in entries:
        assert set(speakers_of(entry.turns)) == set(RECORDINGS[entry.path.stem][0])
        assert entry.variety in ("pt-BR", "pt-PT")


def test_a_person_has_one_voice_and_people_differ():
    assert voice_of("Ana") == voice_of("Ana")
    assert len({voice_of(person) for person in PEOPLE}) == len(PEOPLE)


@needs_voices
@pytest.mark.slow
def test_the_generator_writes_the_turns_that_ship(tmp_path):
    write_demo(tmp_path)
    for name in RECORDINGS:
        ours, theirs = ((folder / f"{name}.rttm").read_text("utf-8") for folder in (tmp_path, FOLDER))
        assert len(ours.splitlines()) == len(theirs.splitlines())
        starts = [np.array([float(line.split()[3]) for line in text.splitlines()]) for text in (ours, theirs)]
        np.testing.assert_allclose(*starts, atol=0.5)  # versions of espeak-ng differ a little


def test_other_recordings_are_not_mixed_in(tmp_path):
    (tmp_path / "mine.webm").write_bytes(b"")
    with pytest.raises(UserError, match="mine: name an empty one"):
        write_demo(tmp_path)

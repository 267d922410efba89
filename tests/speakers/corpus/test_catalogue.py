"""What is declared of recordings, and what is said where that contradicts itself."""

import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.corpus.catalogue import Entry, declared_varieties, read_catalogue
from horuslib.speech.rttm import write_rttm
from horuslib.speech.turns import Turn


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "sub/b.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_nothing_is_inferred(folder):
    a, b = read_catalogue(folder)
    assert (a.name, b.name) == ("a.wav", "sub/b.flac")
    assert (a.speaker, a.turns, a.variety, a.corpus) == (None, None, "unknown", "unknown")


def test_tables_and_turns_are_read(folder):
    (folder / "speakers.csv").write_text("recording,variety,speaker,corpus\nsub/b.flac,pt-PT,Rui,radio\n", "utf-8")
    write_rttm(folder / "a.rttm", "a", [Turn(0, 1, "S01")])
    a, b = read_catalogue(folder)
    assert a.turns == [Turn(0, 1, "S01")]
    assert (b.speaker, b.variety, b.corpus) == ("Rui", "pt-PT", "radio")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("recording,variety\nc.wav,pt-BR\n", "names 'c.wav', which is not in"),
        ("recording,accent\na.wav,pt-BR\n", "has the columns recording, accent: it may have"),
        ("variety\npt-BR\n", "has the columns variety"),
        ("recording,speaker\na.wav,Ana\nsub/b.flac,Rui\na.wav,Eva\n", "lists a.wav twice, again in line 4"),
        ("recording,variety\na.wav,klingon\n", r"line 2: The variety 'klingon' is none of pt-BR, pt-PT, pt-AO, pt-MZ"),
        ("recording,speaker\na.wav,João\n".encode("latin-1"), "is not in UTF-8: save it"),
    ],
)
def test_a_table_that_does_not_fit_is_said(folder, table, said):
    (folder / "speakers.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(UserError, match=said):
        read_catalogue(folder)


def test_a_variety_is_written_as_the_task_writes_it(folder):
    (folder / "speakers.csv").write_text("recording,variety\na.wav,pt-br\nsub/b.flac,PT_pt\n", "utf-8")
    assert [entry.variety for entry in read_catalogue(folder)] == ["pt-BR", "pt-PT"]
    with pytest.raises(UserError, match=r"'pt-br' is none of es-ES, unknown"):
        read_catalogue(folder, ["es-ES"])


def test_varieties_are_those_of_the_folder_given_then_those_beside_the_recording(folder):
    (folder / "sub" / "speakers.csv").write_text("recording,variety\nb.flac,pt-AO\n", "utf-8")
    paths = [folder / "a.wav", folder / "sub" / "b.flac"]
    assert declared_varieties(paths) == {paths[1]: "pt-AO"}
    (folder / "speakers.csv").write_text("recording,variety\na.wav,unknown\nsub/b.flac,pt-MZ\n", "utf-8")
    assert declared_varieties(paths[1:]) == {paths[1]: "pt-AO"}
    assert declared_varieties(paths, [folder]) == {paths[1]: "pt-MZ"}


def test_an_rttm_of_another_recording_is_said(folder):
    write_rttm(folder / "a.rttm", "other", [Turn(0, 1, "S01")])
    with pytest.raises(UserError, match=r"a.rttm speaks of other, but it lies beside a.wav"):
        read_catalogue(folder)


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(UserError, match="holds no video or sound file"):
        read_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("name", "local"), [("S01", True), ("speaker_2", True), ("B", True), ("7", True), ("Ana", False)]
)
def test_numbers_are_of_one_recording_and_names_of_a_person(folder, name, local):
    a, b = (Entry(folder / n, n) for n in ("a.wav", "b.wav"))
    assert (a.person(name) != b.person(name)) == local

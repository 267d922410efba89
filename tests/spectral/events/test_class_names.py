"""Class names as files spell them."""

import unicodedata

import pytest

from horuslib.spectral.events.class_names import recognise, repaired

CLASSES = ["Ruído_Ambiente", "Interferência_Eletrônica", "Anomalia_Correlacionada", "Forma_Humanoide_Potencial"]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    "spelled",
    [
        lambda s: s,
        lambda s: unicodedata.normalize("NFD", s),
        lambda s: s.encode().decode("cp1252", "replace").replace("\ufffd", "\xad"),
        lambda s: s.encode().decode("latin-1"),
        lambda s: s.encode().decode("latin-1").encode().decode("latin-1"),
        lambda s: s.upper().replace("_", " "),
        lambda s: f"  {s.lower().replace('_', '-')} ",
        lambda s: unicodedata.normalize("NFD", s).encode("ascii", "ignore").decode(),
    ],
)
def test_every_spelling_means_its_class(name, spelled):
    assert recognise(spelled(name), CLASSES) == name


@pytest.mark.parametrize("name", ["", "Ruído", "Fantasma", "anomalia correlacionada 2"])
def test_other_names_mean_none(name):
    assert recognise(name, CLASSES) is None


def test_wrongly_decoded_words_are_repaired_and_others_left_alone():
    assert repaired("nÃ£o") == "não"
    assert repaired("São Paulo") == "São Paulo"

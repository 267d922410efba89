"""Events made on the spot, whose onsets are known."""

import pytest

from horuslib.spectral.generator.folder import write_events
from horuslib.spectral.generator.scenario import ROLES

CLASSES = ["Ruído_Ambiente", "Interferência_Eletrônica", "Anomalia_Correlacionada", "Forma_Humanoide_Potencial"]


@pytest.fixture(scope="session")
def classes():
    return CLASSES


@pytest.fixture(scope="session")
def made_events(tmp_path_factory):
    """(folder, truth) of eight generated events, two of each class."""
    folder = tmp_path_factory.mktemp("events")
    return folder, write_events(folder, 8, dict(zip(ROLES, CLASSES, strict=True)), 5.0, seed=3)

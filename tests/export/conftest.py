import pytest

from tests.packages import write_toy_package


@pytest.fixture(scope="session")
def export(tmp_path_factory, horus):
    return write_toy_package(tmp_path_factory.mktemp("package") / "export", horus)

import pytest

from tests.packages import write_toy_package


@pytest.fixture(scope="session")
def package(tmp_path_factory, horus):
    return write_toy_package(tmp_path_factory.mktemp("package") / "export", horus)


@pytest.fixture(scope="session")
def detector(package):
    from horuslib.inference.detector import Detector

    return Detector.load(package, environment={}, dotenv=package / "absent.env")

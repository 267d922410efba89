import pytest


@pytest.fixture(scope="session")
def package(export):
    return export


@pytest.fixture(scope="session")
def detector(package):
    from horuslib.inference.detector import Detector

    return Detector.load(package, environment={}, dotenv=package / "absent.env")

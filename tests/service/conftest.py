import numpy as np
import pytest
import soundfile

from tests.conftest import tone

for package in ("fastapi", "uvicorn", "python_multipart", "prometheus_client", "httpx"):
    pytest.importorskip(package, reason=f"{package} is not installed: the service is not tested (extra `service`)")


@pytest.fixture(scope="session")
def running(tmp_path_factory, export):
    """A server that diagnoses; shared by tests that leave it as it is."""
    from tests.service.server import server

    with server(tmp_path_factory.mktemp("service") / "data", PACKAGE_DIR=str(export), MAX_SECONDS="600") as found:
        yield found


@pytest.fixture(scope="session")
def beep(tmp_path_factory):
    """Ten seconds of a line-up tone, which the toy package detects."""
    path = tmp_path_factory.mktemp("sound") / "beep.wav"
    soundfile.write(path, tone(10), 16000)
    return path


@pytest.fixture(scope="session")
def long_silence(tmp_path_factory):
    """Ten minutes and a second in a small file."""
    path = tmp_path_factory.mktemp("sound") / "long.flac"
    soundfile.write(path, np.zeros(601 * 8000, np.float32), 8000)
    return path

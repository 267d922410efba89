"""What every test may use: the tasks, a root of its own, sound made on the spot, and videos."""

import logging
import os
import signal
import threading
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from horuslib.core.log import ROOT

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A busy machine is no failure: no example has a deadline.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)

hypothesis.settings.load_profile("any machine")
PROJECT = Path(__file__).resolve().parent.parent
SLOW_FIXTURES = {"browser", "focused", "running"}
"""They start a browser, a training or a server."""


def _heed_signals() -> None:
    """Heed signals that whoever runs the tests ignores, as `nohup` and the background of a shell do."""
    if threading.current_thread() is threading.main_thread():
        for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, usual)


_heed_signals()


def slow_but(kinds, few):
    """Parameters of a test: all kinds, of which only a few are fast."""
    return [pytest.param(kind, marks=() if kind in few else pytest.mark.slow) for kind in kinds]


def pytest_collection_modifyitems(items):
    """A test that asks for a slow fixture is slow."""
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def horus():
    from horuslib.tasks import load_task

    return load_task("horus")


@pytest.fixture(scope="session")
def heimdall():
    from horuslib.tasks import load_task

    return load_task("heimdall")


@pytest.fixture(scope="session")
def export(tmp_path_factory, horus):
    """An exported package of the task horus, whose model is set by hand; tests copy it before they change it."""
    from tests.packages import write_toy_package

    return write_toy_package(tmp_path_factory.mktemp("package") / "export", horus)


@pytest.fixture(scope="session")
def whisper_folder(tmp_path_factory):
    """The folder of a real speech model; the test is skipped where its wheels are not installed."""
    from tests.whisper import joined_model

    return joined_model(tmp_path_factory.mktemp("speech") / "whisper-base")


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A root of its own: artifacts, reports and labels of this test go there."""
    monkeypatch.setenv("HORUS_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _restored_log():
    """Commands choose what the log shows (`core.log.show_log`): a test's choice ends with it."""
    logger, progress = logging.getLogger(ROOT), logging.getLogger(f"{ROOT}.core.progress")
    handlers, propagate, levels = logger.handlers[:], logger.propagate, (logger.level, progress.level)
    yield
    logger.handlers[:], logger.propagate = handlers, propagate
    logger.setLevel(levels[0])
    progress.setLevel(levels[1])


def write_tree(folder, files):
    """Write text files below a folder, by path, with the folders they need; returns the folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    return folder


@pytest.fixture(scope="session")
def screenshots():
    """Where pictures of what was tested are kept; git does not see them."""
    folder = PROJECT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def videos():
    """The videos of the demo corpus."""
    from horuslib.audio.media import find_media

    return find_media(PROJECT / "data" / "demo")


def tone(seconds=5.0, sample_rate_hz=16000, frequency_hz=1000.0, level_dbfs=-20.0):
    """A sine whose RMS is `level_dbfs`."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    return (np.sqrt(2) * 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def noise(rng, seconds=5.0, sample_rate_hz=16000, level_dbfs=-20.0):
    """White noise whose RMS is `level_dbfs`."""
    x = rng.standard_normal(round(seconds * sample_rate_hz))
    return (x / np.sqrt(np.mean(x**2)) * 10 ** (level_dbfs / 20)).astype(np.float32)


def syllables(rng, seconds=5.0, sample_rate_hz=16000, level_dbfs=-20.0):
    """Speech-like sound: bursts of a harmonic voice, four a second, with silence between."""
    n = round(seconds * sample_rate_hz)
    t = np.arange(n) / sample_rate_hz
    pitch = 120 * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * t + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate_hz
    x = sum(np.sin(k * phase) / k for k in range(1, 20))
    gate = (np.sin(2 * np.pi * 4 * t + rng.uniform(0, 6)) > 0) * (rng.random(n // 4000 + 1) > 0.25).repeat(4000)[:n]
    x = x * np.convolve(gate, np.hanning(400) / 200, "same")
    return (x / np.sqrt(np.mean(x**2)) * 10 ** (level_dbfs / 20)).astype(np.float32)

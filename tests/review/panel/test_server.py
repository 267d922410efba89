"""A server ends with this process's signals, whatever it and its children make of being asked to."""

import os
import signal
import sys
from pathlib import Path

import pytest

from horuslib.review.panel import server
from horuslib.review.panel.server import serving

CHILD = "import time; time.sleep(60)"
PARENT = f"""
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], start_new_session=True)
open(sys.argv[1], "w").write(f"{{child.pid}}\\n")
time.sleep(60)
"""


def is_running(pid):
    """Whether a process exists and is more than an entry that nobody has collected."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_server_that_will_not_and_its_child_in_another_session(number, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "_ENDS_WITHIN_S", 0.1)
    before, written = signal.getsignal(number), tmp_path / "pid"
    with serving([sys.executable, "-c", PARENT, str(written)]) as running:
        while not (written.exists() and written.read_text().endswith("\n")):
            assert running.runs()
        child = int(written.read_text())
        os.kill(os.getpid(), number)
        assert running.wait() == -number
        os.kill(os.getpid(), number)  # impatience does not interrupt the end
    assert not is_running(child)
    assert signal.getsignal(number) is before


def test_a_server_that_ends_by_itself_gives_its_status():
    with serving([sys.executable, "-c", "raise SystemExit(3)"]) as running:
        assert running.wait() == 3
    assert not running.runs()


@pytest.mark.slow
def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with serving([sys.executable, "-c", "import time; time.sleep(0.5)"]) as running:
            os.kill(os.getpid(), signal.SIGHUP)
            assert running.wait() == 0
    finally:
        signal.signal(signal.SIGHUP, before)

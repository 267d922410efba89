"""A real server for tests: `horus serve` in a process of its own, over a folder of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.browser.servers import free_port

PATIENCE_S = 90
CLEARED = ("MODEL_DIR", "TOKENS", "MODEL_IDLE_SECONDS", "AUTO_UNLOAD_MODELS", "HORUS_ROOT")


class Server:
    """A running server and a client of it."""

    def __init__(self, data, environment=(), port=None):
        self.data, self.port = Path(data), port or free_port()
        given = {k: v for k, v in os.environ.items() if k not in CLEARED}
        given |= {"DATA_DIR": str(data), "WORKERS": "2", "CPU_THREADS": "2", **dict(environment)}
        self.log = self.data.parent / f"{self.data.name}.log"
        command = [sys.executable, "-m", "horuslib.cli", "-v", "serve", "--port", str(self.port)]
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(command, env=given, stdout=output, stderr=output)
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE_S)
        try:
            until(self._answers, "the server answers")
        except BaseException:
            self.stop(signal.SIGKILL)
            raise

    def _answers(self):
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        try:
            return self.client.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def submit(self, sound, task="diagnose", name=None, **fields):
        with open(sound, "rb") as f:
            return self.client.post(
                "/v1/jobs", files={"file": (name or Path(sound).name, f)}, data={"task": task, **fields}
            )

    def job(self, job_id):
        return self.client.get(f"/v1/jobs/{job_id}").json()

    def finished(self, job_id):
        """The job once it has ended."""
        return until(lambda: (j := self.job(job_id))["state"] not in ("queued", "running") and j, f"{job_id} ends")

    def workers(self, kind=None):
        """Process ids of workers that hold a model."""
        found = re.findall(r'horus_rss_bytes\{pid="(\d+)",process="(\w+)"\}', self.client.get("/metrics").text)
        return [int(pid) for pid, name in found if (name == kind if kind else name != "probe")]

    def stop(self, sig=signal.SIGTERM):
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.process.wait(PATIENCE_S)


@contextmanager
def server(data, **environment):
    running = Server(data, environment)
    try:
        yield running
    finally:
        running.stop(signal.SIGKILL)


def until(found, what):
    """Wait for a true value, with patience for a busy machine."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < deadline, f"in {PATIENCE_S} s it did not happen that {what}"
        time.sleep(0.05)
    return value


def alive(pid):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

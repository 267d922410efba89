"""Worker processes as the server sees them: started, given one job at a time, killed, and what memory they use."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROBE = "probe"
"""The kind of the worker that looks at uploads; it loads no model, and takes no place of those that do."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LONGEST_LINE = 2**20


class WorkerDied(Exception):
    """A worker ended in the middle of a job; the message says how."""


class NotTaken(Exception):
    """A worker ended, being idle, at the moment it was given a job: nothing has happened to the job."""


class WorkerProcess:
    """One worker with one model.

    Parameters
    ----------
    kind : of its jobs; with `model` it says which jobs it can take.
    """

    def __init__(self, kind: str, model: str, process: asyncio.subprocess.Process):
        self.kind, self.model = kind, model
        self.busy = False
        self.idle_since_s = time.monotonic()
        self._process = process

    @classmethod
    async def start(cls, kind: str, model: str) -> "WorkerProcess":
        """A fresh interpreter, as by the start method spawn: nothing of the server's memory is copied."""
        command = [sys.executable, "-m", "horuslib.service.workers.worker", kind, model]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=_LONGEST_LINE)
        return cls(kind, model, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ended(self) -> None:
        """Wait until the process has ended."""
        await self._process.wait()

    async def do(self, request: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
        """The worker's last message on a job: `event` done or failed.

        Raises
        ------
        NotTaken, WorkerDied
            When the process ends before or after it has taken the job.
        """
        taken, entry, answers = False, self._process.stdin, self._process.stdout
        assert entry is not None and answers is not None, "both are pipes"
        try:
            entry.write(json.dumps(request).encode() + b"\n")
            await entry.drain()
            while line := await answers.readline():
                message = json.loads(line)
                if message["event"] == "progress":
                    progress(message["share"])
                elif message["event"] == "taken":
                    taken = True
                else:
                    self.idle_since_s = time.monotonic()
                    return message
        except (BrokenPipeError, ConnectionResetError):
            pass
        status = await self._process.wait()
        if not taken and status == 0:
            raise NotTaken
        raise WorkerDied(signal.Signals(-status).name if status < 0 else f"exit status {status}")

    async def kill(self) -> None:
        """End the process at once, also in the middle of a job."""
        if self.alive:
            self._process.kill()
        await self._process.wait()

    def rss_bytes(self) -> int:
        return rss_bytes(self.pid)


def rss_bytes(pid: int | str = "self") -> int:
    """Resident memory of a process; 0 when it has ended, or where there is no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0

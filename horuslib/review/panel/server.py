"""A server in a process of its own that ends, with all that it started, when this process is asked to end."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ENDS_WITHIN_S = 10.0
"""After that it is killed."""
_LOOK_EVERY_S = 0.2


class Server:
    """A running server, and the signals that asked this process to end meanwhile."""

    def __init__(self, process: subprocess.Popen[bytes], signals: Sequence[int]) -> None:
        self._process, self._signals = process, signals

    def runs(self) -> bool:
        """False once it has ended, or this process is asked to end."""
        return not self._signals and self._process.poll() is None

    def wait(self) -> int:
        """Wait until it runs no more; its exit status, or minus the signal, as `subprocess` has it."""
        while self.runs():
            time.sleep(_LOOK_EVERY_S)
        return -self._signals[0] if self._signals else self._process.wait()


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a server; at the end it is stopped, and what it leaves running is killed.

    The server has a session of its own: a signal from the terminal reaches this process alone, which stops the server
    in order. To be called in the main thread.
    """
    with _noted_signals() as signals:
        process = subprocess.Popen(command, env=environment, start_new_session=True)
        try:
            yield Server(process, signals)
        finally:
            _stop(process)


@contextmanager
def _noted_signals() -> Iterator[list[int]]:
    """The signals to end that have come so far; meanwhile they do nothing else, and ignored ones stay ignored."""
    came: list[int] = []
    heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in heeded}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(process: subprocess.Popen[bytes]) -> None:
    started = _descendants(process.pid)
    process.terminate()
    try:
        process.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for handle in started:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [], _ENDS_WITHIN_S)
        os.close(handle)


def _descendants(pid: int) -> list[int]:
    """Handles (pidfd) of the processes that a process started, and those they did; none outside Linux."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread or process that has ended
            for child in map(int, children.read_text("ascii").split()):
                found += [os.pidfd_open(child), *_descendants(child)]
    return found

"""A worker process, `python -m horuslib.service.workers.worker KIND MODEL`: takes jobs as JSON lines from its input.

It loads its model with the first job and answers with JSON lines: `taken`, `progress`, then `done` or `failed`. It ends
by itself when it has been idle for MODEL_IDLE_SECONDS (unless AUTO_UNLOAD_MODELS is false), as memory that a model used
returns to the system only with its process; and at once when the server that started it ends.
"""

import ctypes
import json
import math
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

_NICE = 5
"""The web process answers first."""
_PR_SET_PDEATHSIG = 1
_EVERY_SHARE = 0.01


def main(kind: str, model: str) -> None:
    """Serve jobs until idle for too long."""
    _end_with_the_server()
    answers = _own_standard_output()
    requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()
    # Imported now that the process ends with its server, since these take most of a second.
    from horuslib.service.settings import Settings
    from horuslib.service.workers.processes import PROBE
    from horuslib.service.workers.work import Work

    settings = Settings.read()
    if kind != PROBE:
        os.nice(_NICE)
    work = Work(Path(model), settings)
    while (request := _next(requests, settings.idle_s)) is not None:
        _say(answers, event="taken")
        _do(work, request, answers)
        if settings.idle_s == 0:
            break
    os._exit(0)  # not through the interpreter's end, which the thread that waits for requests would abort


def _next(requests: "SimpleQueue[dict[str, Any]]", idle_s: float) -> dict[str, Any] | None:
    """The next request; None when none came in time. With 0 the worker waits a minute for its first."""
    try:
        return requests.get(timeout=None if math.isinf(idle_s) else idle_s or 60.0)
    except Empty:
        return None


def _do(work: Any, request: dict[str, Any], answers: BinaryIO) -> None:
    from horuslib.core.errors import UserError
    from horuslib.service.jobs import JobRequest
    from horuslib.service.workers.processes import PROBE
    from horuslib.service.workers.work import write_result

    task, folder, said = request["task"], Path(request["folder"]), 0.0

    def progress(seconds: float) -> None:
        nonlocal said
        share = min(1.0, seconds / request["seconds"]) if request.get("seconds") else 0.0
        if share - said >= _EVERY_SHARE:
            said = share
            _say(answers, event="progress", share=share)

    try:
        asked = JobRequest.model_validate(request["request"])
        result = work.do(task, Path(request["sound"]), request["name"], asked, progress)
        if task != PROBE:
            write_result(folder, result)
        _say(answers, event="done", **(result if task == PROBE else {}))
    except UserError as e:
        _say(answers, event="failed", message=str(e))
    except Exception as e:  # a job's own trouble must not end the jobs that follow
        _say(answers, event="failed", message=f"{type(e).__name__}: {e}")


def _say(answers: BinaryIO, **message: Any) -> None:
    with suppress(BrokenPipeError):  # the server has ended; so will this process
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()


def _receive(requests: "SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)  # the server closed the pipe, or ended


def _own_standard_output() -> BinaryIO:
    """The pipe to the server; whatever libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _end_with_the_server() -> None:
    """Have the kernel (Linux) end this process with its parent; elsewhere the closed pipe does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the server
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:3])

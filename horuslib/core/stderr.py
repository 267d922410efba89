"""Standard error of libraries: greetings and warnings that their C++ side writes past Python's own streams."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

_ONE_AT_A_TIME = RLock()
"""Reentrant: a redirection may stand within another of the same thread."""


@contextmanager
def stderr_to(path: Path | str = os.devnull) -> Iterator[None]:
    """Send all that this process, and what it starts meanwhile, writes to its standard error into a file."""
    with _ONE_AT_A_TIME, open(path, "wb") as elsewhere:
        sys.stderr.flush()
        own = os.dup(2)
        try:
            os.dup2(elsewhere.fileno(), 2)
            yield
        finally:
            os.dup2(own, 2)
            os.close(own)

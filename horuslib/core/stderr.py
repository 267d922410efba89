"""What libraries say on the side: greetings and warnings that their C++ side writes past Python's own streams."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

_ONE_AT_A_TIME = Lock()


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

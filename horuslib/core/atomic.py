"""Atomic writes: a file is written beside its place under a hidden name of its own, then renamed over it.

The name holds host and process, so that writers over a network file system never collide, and what a killed one left
can be distinguished from what another is writing.
"""

import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HOST = re.sub(r"[^A-Za-z0-9]", "-", socket.gethostname())[:40]
_NAME = re.compile(r"\.(?P<host>[A-Za-z0-9-]*)\.(?P<pid>\d+)\.[0-9a-f]{8}\.partial")
_DEAD_AFTER_S = 24 * 3600
"""Nobody writes one file for so long; of another host's processes no more is known."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, in a folder that is made; what is there at the end takes the place of `path`.

    On an error nothing of it is left, and `path` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{_HOST}.{os.getpid()}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        to_the_disk(partial)
        os.replace(partial, path)
        to_the_disk(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def to_the_disk(path: Path) -> None:
    """Have a file's content, or a folder's names, on the disk first: a power cut leaves the old file or the new."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def all_to_the_disk(folder: Path) -> None:
    """Have a folder with all that it holds on the disk: what is in a folder before its names, the folder last."""
    for within, _, names in os.walk(folder, topdown=False):
        for name in names:
            if not os.path.islink(os.path.join(within, name)):
                to_the_disk(Path(within, name))
        to_the_disk(Path(within))


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder; what others are writing there stays."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            left = _NAME.fullmatch(entry.name)
            if left and _is_dead(entry, left["host"], int(left["pid"])):
                with suppress(OSError):
                    os.unlink(entry.path)


def _is_dead(entry: os.DirEntry[str], host: str, pid: int) -> bool:
    if host == _HOST:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
    with suppress(OSError):
        return time.time() - entry.stat().st_mtime > _DEAD_AFTER_S
    return False

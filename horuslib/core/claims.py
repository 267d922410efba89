"""Who is doing which file, where several scans write into one folder.

A claim is a lock on a file of its own, which the system releases when its process ends, however it ends. Where a file
system has no locks, every scan does every file, which costs time and nothing else.
"""

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path

FOLDER = ".claims"


class Claims:
    """The claims of one scan on the files of an output folder."""

    def __init__(self, folder: Path):
        self._folder = folder / FOLDER
        self._held: dict[str, int] = {}

    def take(self, name: str) -> bool:
        """Claim a file; False when another scan has it in hand."""
        path = self._path(name)
        try:
            path.parent.mkdir(exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            os.close(descriptor)
            return True
        self._held[name] = descriptor
        return True

    def release(self, name: str) -> None:
        """Give a file free."""
        descriptor = self._held.pop(name, None)
        if descriptor is not None:
            with suppress(OSError):
                self._path(name).unlink()
            os.close(descriptor)

    def release_all(self) -> None:
        """Give everything free; the folder goes with the last scan."""
        for name in list(self._held):
            self.release(name)
        with suppress(OSError):
            self._folder.rmdir()

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode()).hexdigest()[:24]

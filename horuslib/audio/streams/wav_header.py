"""WAV files whose header says less than they hold: a recorder never came to write the final length."""

import struct
from pathlib import Path

_FORMS = (b"RIFF", b"RF64")
_LEAST_BYTES = 4096
"""Less after the data is padding."""


def understates(path: Path) -> bool:
    """Whether a WAV file goes on after its data chunk with something that is no chunk.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF); EBU Tech 3306 (RF64).
    """
    size_bytes = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] not in _FORMS or head[8:] != b"WAVE":
            return False
        at, long_data = 12, 0
        while True:
            file.seek(at)
            name, length = _chunk(file.read(8))
            if not name:
                return False
            if name == b"ds64":
                long_data = struct.unpack("<8xQ", file.read(16))[0]
            if name == b"data":
                length = long_data if length == 0xFFFFFFFF else length
                break
            at += 8 + length + length % 2
        end = at + 8 + length + length % 2
        if not length > 0 or size_bytes - end < _LEAST_BYTES:
            return False  # an absent length is read to the end in any case
        file.seek(end)
        name, length = _chunk(file.read(8))
        return not name.isalnum() or end + 8 + length > size_bytes + 1


def _chunk(header: bytes) -> tuple[bytes, int]:
    """Name and length of a chunk; no name at the end of the file."""
    return struct.unpack("<4sI", header) if len(header) == 8 else (b"", 0)

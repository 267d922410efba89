"""An MPEG transport stream as bytes, cut where the programme moves to other PIDs or codecs.

FFmpeg fixes its list of streams when it opens an input; what comes later under another PID is lost to it. Here the
tables (PAT, PMT) are read beside it: where a followed PID leaves them or changes its type, the bytes end, and the rest
is opened anew, with the last PAT before it. Source: ISO/IEC 13818-1, sections 2.4.3 and 2.4.4.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

PACKET_SIZES = (188, 192, 204)
"""Plain, with a time code before it (M2TS), with a checksum after it."""
READ_BYTES = 2**18
_SYNC, _PACKET, _NULL_PID = 0x47, 188, 0x1FFF
_PROBED = 5
"""Packets in a row with a sync byte that make a transport stream."""
_PROBED_BYTES = PACKET_SIZES[-1] * (_PROBED + 1)
Tables = dict[int, dict[int, int]]
"""PID of each PMT -> stream type of each PID in it."""


class TransportStream:
    """A file-like object (`read`) over bytes of any kind; only of a transport stream are tables read.

    Parameters
    ----------
    read : gives up to so many bytes, or none at the end.

    Example
    -------
    >>> stream = TransportStream(open("a.ts", "rb").read)           # doctest: +SKIP
    >>> container = av.open(stream)                                 # doctest: +SKIP
    >>> stream.follow({s.id for s in container.streams})            # doctest: +SKIP
    >>> while stream.next_part():                                   # doctest: +SKIP
    ...     container = av.open(stream)
    """

    def __init__(self, read: Callable[[int], bytes]):
        self._read = read
        self._waiting, self._ready = b"", b""
        """Bytes without a whole packet yet, and bytes to be given."""
        self._rest: bytes | None = None
        """What follows a cut; None where there is none."""
        self._size: int | None = None
        """Of a packet; 0 where this is no transport stream, None before that is known."""
        self._pat, self._pmts, self._tables = b"", set[int](), Tables()
        self._sections: dict[int, bytes] = {}
        self._followed: dict[int, int] | None = None
        self._first: dict[int, int] = {}
        self._scrambled = self._seen = 0
        self._ended = False

    def follow(self, pids: Iterable[int]) -> None:
        """Cut where one of these PIDs leaves the tables; of none at all, where the tables change.

        Before the first call, it cuts at any change.
        """
        listed = self._listed()
        self._followed = {pid: listed[pid] for pid in pids if pid in listed}

    def is_transport_stream(self) -> bool:
        """Whether packets were found at the beginning, which waits for the first bytes."""
        while self._size is None and self._read_on(READ_BYTES):
            pass
        return bool(self._size)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end and at a cut."""
        while not self._ready and self._rest is None and self._read_on(max(size, READ_BYTES)):
            pass
        given, self._ready = self._ready[:size], self._ready[size:]
        return given

    def next_part(self) -> bool:
        """Whether bytes follow a cut; `read` then gives them."""
        if self._rest is None:
            return False
        self._waiting, self._rest, self._ready = self._rest, None, b""
        self._followed, self._first = None, self._listed()
        self._take(b"")
        return True

    @property
    def scrambled(self) -> bool:
        """Whether most packets so far are scrambled."""
        return self._scrambled > self._seen / 2

    def _read_on(self, size: int) -> bool:
        got = b"" if self._ended else self._read(size)
        self._ended = not got  # a live source is not waited for again
        self._take(got)
        return bool(got)

    def _take(self, got: bytes) -> None:
        """Move whole packets from what waits to what is ready, up to a cut."""
        self._waiting += got
        if self._size is None and (len(self._waiting) >= _PROBED_BYTES or not got):
            found = find_packets(self._waiting)
            self._size = found[0] if found else 0
        while self._size and self._rest is None and len(self._waiting) >= _PROBED_BYTES:
            whole = self._packets(self._size) * self._size
            self._pass(whole or (0 if self._rest else self._misplaced(self._size)))
        if self._size == 0 or (not got and self._rest is None):
            self._pass(len(self._waiting))

    def _pass(self, length: int) -> None:
        self._ready += self._waiting[:length]
        self._waiting = self._waiting[length:]

    def _misplaced(self, size: int) -> int:
        """How many bytes are none of a packet: some are missing, damaged or too many."""
        found = find_packets(self._waiting[1:])
        if found and found[0] == size:
            return max(1, 1 + found[1] - _before(size))
        return len(self._waiting) - size * _PROBED

    def _packets(self, size: int) -> int:
        """Read the tables in the packets that wait, and cut where the programme moves.

        Returns
        -------
        How many packets there are until a cut, or until a sync byte is missing.
        """
        rows = np.frombuffer(self._waiting, np.uint8)[: len(self._waiting) // size * size].reshape(-1, size)
        rows = rows[:, _before(size) :][:, :_PACKET]
        bad = np.flatnonzero(rows[:, 0] != _SYNC)
        rows = rows[: bad[0]] if len(bad) else rows
        pids = ((rows[:, 1] & 0x1F).astype(np.uint16) << 8) | rows[:, 2]
        self._seen += int((pids != _NULL_PID).sum())
        self._scrambled += int(((rows[:, 3] >= 0x80) & (pids != _NULL_PID)).sum())
        k = self._first_move(rows, pids)
        if k < len(rows):
            self._rest = self._last_pat(size) + self._waiting[k * size :]
            self._waiting = self._waiting[: k * size]
        return k

    def _first_move(self, rows: np.ndarray, pids: np.ndarray, first: int = 0) -> int:
        """Position of the first packet, from `first` on, that says that the programme moves; their number otherwise."""
        known = self._pmts
        for k in (first + np.flatnonzero(np.isin(pids[first:], [0, *known]))).tolist():
            if self._is_news(int(pids[k]), rows[k].tobytes()) and self._moves():
                return k
            if self._pmts is not known:
                return self._first_move(rows, pids, k + 1)
        return len(rows)

    def _is_news(self, pid: int, packet: bytes) -> bool:
        """Keep the table that a packet holds; whether it is a PMT that differs from the one before it."""
        section = _section(packet)
        if section is None or self._sections.get(pid) == section or _crc(section):
            return False
        self._sections[pid] = section
        if pid:
            self._tables[pid] = _streams(section)
            return True
        self._pat, self._pmts = packet, _pmt_pids(section)
        self._tables = {p: t for p, t in self._tables.items() if p in self._pmts}
        self._sections = {p: s for p, s in self._sections.items() if p in {0, *self._pmts}}
        return False

    def _listed(self) -> dict[int, int]:
        return {pid: kind for streams in self._tables.values() for pid, kind in streams.items()}

    def _moves(self) -> bool:
        """Whether a followed PID has gone from the tables, once all of them are known."""
        if self._pmts - set(self._tables):
            return False
        listed = self._listed()
        if self._followed is None:
            self._first = self._first or listed
            return listed != self._first
        if not self._followed:
            return bool(listed)
        return any(listed.get(pid) != kind for pid, kind in self._followed.items())

    def _last_pat(self, size: int) -> bytes:
        before = _before(size)
        return bytes(before) + self._pat + bytes(size - before - _PACKET) if self._pat else b""


def _before(size: int) -> int:
    """Bytes of a packet before its sync byte."""
    return 4 if size == PACKET_SIZES[1] else 0


def find_packets(data: bytes) -> tuple[int, int] | None:
    """Size of a packet and place of its sync byte; None where `data` is no transport stream."""
    for size in PACKET_SIZES:
        for first in range(min(size, max(0, len(data) - size * (_PROBED - 1)))):
            if data[first] == _SYNC and all(data[first + size * k] == _SYNC for k in range(_PROBED)):
                return size, first
    return None


def is_transport_stream(path: Path) -> bool:
    """Whether a file begins as a transport stream does."""
    with open(path, "rb") as file:
        return find_packets(file.read(_PROBED_BYTES)) is not None


def _section(packet: bytes) -> bytes | None:
    """The section that begins in a packet and ends in it, without pointer and stuffing; None where there is none."""
    if packet[0] != _SYNC or not packet[1] & 0x40:
        return None
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if at >= _PACKET:
        return None
    at += 1 + packet[at]
    if at + 3 > _PACKET:
        return None
    length = 3 + ((packet[at + 1] & 0x0F) << 8 | packet[at + 2])
    section = packet[at : at + length]
    return section if len(section) == length else None


def _pmt_pids(section: bytes) -> set[int]:
    entries = range(8, len(section) - 7, 4)
    return {
        (section[k + 2] & 0x1F) << 8 | section[k + 3] for k in entries if section[k] << 8 | section[k + 1]
    }  # program 0 names the network's own table


def _streams(section: bytes) -> dict[int, int]:
    if section[0] != 2 or len(section) < 16:
        return {}
    k, streams = 12 + ((section[10] & 0x0F) << 8 | section[11]), {}
    while k + 5 <= len(section) - 4:
        streams[(section[k + 1] & 0x1F) << 8 | section[k + 2]] = section[k]
        k += 5 + ((section[k + 3] & 0x0F) << 8 | section[k + 4])
    return streams


def _crc(section: bytes) -> int:
    """CRC-32 of ISO/IEC 13818-1 annex A: 0 of a section with its own at the end."""
    crc = 0xFFFFFFFF
    for byte in section:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1
            crc &= 0xFFFFFFFF
    return crc

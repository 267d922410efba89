"""Bytes of a live source that are read here rather than by FFmpeg, because they may have to be cut: a pipe, a file that
grows, a UDP address. A reader gives up to so many bytes, and none when nothing came for as long as is allowed."""

import errno
import os
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import parse_qs, urlsplit

Reader = Callable[[int], bytes]
_DATAGRAM, _HELD = 65536, 20000
_SOCKET_BYTES = 8 * 2**20
_POLL_S, _PATIENCE_S = 0.1, 5.0
_KNOWN_OPTIONS = {"localaddr", "reuse", "pkt_size", "fifo_size", "buffer_size", "overrun_nonfatal", "timeout"}


def pipe_reader(descriptor: int, patience_s: float) -> Reader:
    """Reads a pipe."""

    def read(size: int) -> bytes:
        ready = select.select([descriptor], [], [], patience_s)[0]
        return os.read(descriptor, size) if ready else b""

    return read


def file_reader(path: Path, patience_s: float) -> Reader:
    """Reads a file while it is being written."""
    file = open(path, "rb")  # noqa: SIM115 - closed with the last reference to the reader

    def read(size: int) -> bytes:
        until = time.monotonic() + patience_s
        while not (got := file.read(size)) and time.monotonic() < until:
            time.sleep(_POLL_S)
        return got

    return read


class Datagrams:
    """What arrives at a UDP address; a thread receives, so that nothing is lost while sound is classified.

    Parameters
    ----------
    address : `udp://HOST:PORT`, as FFmpeg has it; a multicast HOST is joined.

    Raises
    ------
    OSError
        When the address is none or taken, or cannot be joined.
    """

    def __init__(self, address: str, patience_s: float):
        self._patience_s = patience_s
        self._received: Queue[bytes] = Queue(_HELD)
        self._socket, self._closed = _bound(address), False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened to: of an address with port 0, the one that was free."""
        return self._socket.getsockname()[1]

    def read(self, size: int) -> bytes:
        """All that waits, about `size` bytes at most."""
        got: list[bytes] = []
        with suppress(Empty):
            got.append(self._received.get(timeout=self._patience_s))
            while len(got) * len(got[0]) < size:
                got.append(self._received.get_nowait())
        return b"".join(got)

    def close(self) -> None:
        """Leave the address."""
        self._closed = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join(_PATIENCE_S)  # the address is free when nobody receives any more
        self._socket.close()

    def _receive(self) -> None:
        with suppress(OSError):
            while not self._closed:
                if datagram := self._socket.recv(_DATAGRAM):  # an empty one tells nothing
                    self._received.put(datagram)


def is_datagram_source(source: str) -> bool:
    """Whether `Datagrams` can receive a source: `udp://HOST:PORT` with no option that only FFmpeg knows."""
    parts = urlsplit(source)
    return parts.scheme == "udp" and ":" in parts.netloc and not set(parse_qs(parts.query)) - _KNOWN_OPTIONS


def _bound(address: str) -> socket.socket:
    """As FFmpeg does it: a host that is no multicast group is not looked at."""
    parts = urlsplit(address)
    try:
        port = parts.port or 0
    except ValueError as e:
        raise OSError(errno.EINVAL, str(e)) from None
    host, options = parts.hostname or "", parse_qs(parts.query)
    first = host.partition(".")[0]
    multicast = first.isdigit() and 224 <= int(first) < 240
    local = options.get("localaddr", [""])[0]
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
    if multicast or "reuse" in options:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host if multicast else local, port))
    if multicast:
        group = socket.inet_aton(host) + socket.inet_aton(local or "0.0.0.0")
        bound.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
    return bound

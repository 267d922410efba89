"""Readers of live bytes: what comes, and nothing when nothing comes."""

import os
import socket
import threading

import pytest

from horuslib.audio.streams.datagrams import Datagrams, file_reader, is_datagram_source, pipe_reader


def test_a_pipe_gives_what_is_there_and_nothing_after_its_patience():
    reading, writing = os.pipe()
    read = pipe_reader(reading, 0.05)
    os.write(writing, b"abc")
    assert read(100) == b"abc" and read(100) == b""
    os.close(writing)
    os.close(reading)


def test_a_file_is_read_while_it_grows(tmp_path):
    path = tmp_path / "a.ts"
    path.write_bytes(b"abc")
    read = file_reader(path, 5.0)
    assert read(100) == b"abc"
    threading.Timer(0.2, lambda: path.open("ab").write(b"def")).start()
    assert read(100) == b"def"


def test_datagrams_arrive_in_their_order():
    received = Datagrams("udp://127.0.0.1:0", 2.0)
    port = received.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for k in range(50):
            sender.sendto(bytes([k]) * 1316, ("127.0.0.1", port))
        content = b""
        while len(content) < 50 * 1316:
            content += received.read(10**6)
    assert content == b"".join(bytes([k]) * 1316 for k in range(50))
    received.close()
    again = Datagrams(f"udp://127.0.0.1:{port}", 0.05)
    assert again.read(100) == b"", "the address is free again"
    again.close()


def test_an_empty_datagram_ends_nothing():
    received = Datagrams("udp://127.0.0.1:0", 2.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for content in (b"", b"after"):
            sender.sendto(content, ("127.0.0.1", received.port))
        assert received.read(100) == b"after"
    received.close()


def test_a_port_that_is_none_is_an_error_of_the_address():
    assert is_datagram_source("udp://127.0.0.1:99999")
    with pytest.raises(OSError, match="0-65535"):
        Datagrams("udp://127.0.0.1:99999", 0.1)


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ("udp://127.0.0.1:5000", True),
        ("udp://@239.0.0.1:5000?localaddr=10.0.0.1&reuse=1", True),
        ("udp://127.0.0.1:5000?sources=10.0.0.2", False),
        ("tcp://127.0.0.1:5000", False),
        ("a.ts", False),
    ],
)
def test_which_sources_are_received_here(source, ours):
    assert is_datagram_source(source) == ours

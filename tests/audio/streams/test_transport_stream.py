"""Bytes of transport streams and of anything else, cut where a programme moves."""

import io

import numpy as np
import pytest

from bench._programmes import programme
from horuslib.audio.streams.transport_stream import TransportStream, find_packets, is_transport_stream

PACKET = 188


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return programme(tmp_path_factory.mktemp("ts") / "first.ts", 3.0).read_bytes()


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    muxer = {"mpegts_start_pid": "768"}
    return programme(tmp_path_factory.mktemp("ts") / "other.ts", 3.0, muxer=muxer).read_bytes()


def parts(content, step=50_000):
    """What is read of each part."""
    stream, found = TransportStream(io.BytesIO(content).read), []
    while True:
        pieces = []
        while piece := stream.read(step):
            pieces.append(piece)
        found.append(b"".join(pieces))
        if not stream.next_part():
            return found


@pytest.mark.parametrize("step", [1000, 50_000, 10**7])
def test_a_stream_is_cut_where_its_pids_change(first, other, step):
    found = parts(first + other, step)
    assert [len(part) % PACKET for part in found] == [0, 0] and len(found) == 2
    assert found[0].startswith(first[: -PACKET * 20]) and found[1].endswith(other[PACKET * 20 :])
    pids = [((found[1][k + 1] & 0x1F) << 8) | found[1][k + 2] for k in (0, PACKET)]
    assert pids[0] == 0 and pids[1] >= 0x1000, "the new part begins with its tables"


def test_one_programme_is_one_part(first):
    assert parts(first) == [first] and parts(first + first) == [first + first]


@pytest.mark.parametrize("content", [b"", b"RIFF", bytes(range(256)) * 400, b"G" * 100])
def test_other_bytes_pass_as_they_are(content):
    assert parts(content) == [content]


def test_packets_are_found_again_after_missing_and_damaged_bytes(first, other):
    broken = bytearray(first[:50_000] + first[50_077:])
    broken[100_000 // PACKET * PACKET] = 0
    found = parts(bytes(broken) + other)
    assert len(found) == 2 and found[1].endswith(other[PACKET * 20 :])


def test_a_damaged_table_is_no_new_programme(first):
    packets = np.frombuffer(first, np.uint8).reshape(-1, PACKET).copy()
    tables = np.flatnonzero((packets[:, 1] & 0x1F).astype(int) << 8 | packets[:, 2] == 0x1000)
    packets[tables[len(tables) // 2], 20] ^= 0xFF
    assert parts(packets.tobytes()) == [packets.tobytes()]


@pytest.mark.parametrize(("before", "after"), [(0, 0), (4, 0), (0, 16)])
def test_packet_sizes(first, other, before, after, tmp_path):
    def dressed(content):
        packets = np.frombuffer(content, np.uint8).reshape(-1, PACKET)
        return np.pad(packets, ((0, 0), (before, after))).tobytes()

    content = dressed(first) + dressed(other)
    assert find_packets(content) == (PACKET + before + after, before)
    assert len(parts(content)) == 2
    (tmp_path / "x").write_bytes(content)
    assert is_transport_stream(tmp_path / "x")

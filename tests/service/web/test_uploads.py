"""Forms as they arrive in pieces: cut anywhere, too large, stalled, on a full disk."""

import asyncio
import errno
import shutil
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horuslib.service.web import uploads
from horuslib.service.web.errors import Refusal

BODY = (
    b'--x\r\ncontent-disposition: form-data; name="task"\r\n\r\ndiagnose\r\n'
    b'--x\r\ncontent-disposition: form-data; name="file"; filename="a \xc3\xa9.wav"\r\n\r\n'
    + bytes(range(256))
    * 8
    + b"\r\n"
    b"--x--\r\n"
)


class Request:
    """A request whose body arrives in these pieces."""

    def __init__(self, pieces, **headers):
        self.headers = {"content-type": "multipart/form-data; boundary=x", **headers}
        self._pieces = pieces

    async def stream(self):
        for piece in self._pieces:
            if piece is None:
                await asyncio.sleep(60)
            yield piece


def received(folder, pieces, limit=10_000, **headers):
    (folder / "upload").unlink(missing_ok=True)
    return asyncio.run(uploads.receive(Request(pieces, **headers), folder / "upload", limit))


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=8))
def test_a_form_is_the_same_wherever_it_is_cut(cuts, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    edges = [0, *sorted(cuts), len(BODY)]
    form = received(folder, [BODY[a:b] for a, b in pairwise(edges)])
    assert (form.name, dict(form.fields)) == ("a é.wav", {"task": ["diagnose"]})
    assert (folder / "upload").read_bytes() == bytes(range(256)) * 8


@pytest.mark.parametrize(("headers", "limit"), [({"content-length": "99999999"}, 10_000), ({}, 100)])
def test_too_much_is_refused_before_it_is_read(headers, limit, tmp_path):
    with pytest.raises(Refusal, match="larger than") as refused:
        received(tmp_path, [BODY[:200], None], limit, **headers)
    assert refused.value.status == 413


def test_a_client_that_stalls_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "_PATIENCE_S", 0.05)
    with pytest.raises(Refusal, match="Nothing arrived") as refused:
        received(tmp_path, [BODY[:100], None])
    assert refused.value.status == 408


def test_a_form_that_ends_early_is_refused(tmp_path):
    with pytest.raises(Refusal, match="ends before"):
        received(tmp_path, [BODY[:-20]])


def test_a_full_disk_is_a_sentence(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda folder: usage._replace(free=2**20))
    with pytest.raises(Refusal, match="disk is full") as refused:
        received(tmp_path, [BODY])
    assert refused.value.status == 507


def test_a_disk_that_fills_while_writing_is_a_sentence(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads._Reader, "_data", full)
    with pytest.raises(Refusal, match="disk is full"):
        received(tmp_path, [BODY])

"""A form with a file, streamed to a private folder: nothing of the file's size is held in memory."""

import asyncio
import errno
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from horuslib.service.jobs import shown_name
from horuslib.service.web.errors import Refusal

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_FILE = "file"
_LONGEST_FIELD = 64 * 1024
_MOST_FIELDS = 50
_PATIENCE_S = 60.0
_RESERVE_BYTES = 32 * 2**20
"""Left free on the disk for the results of what is accepted already."""


@dataclass
class Form:
    """What a client sent."""

    name: str | None = None
    """Of the file, as the client calls it; None when there was none."""
    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


async def receive(request: Request, target: Path, max_bytes: int) -> Form:
    """Write the form's file to `target` while it arrives.

    Raises
    ------
    Refusal
        413 when more than `max_bytes` arrive, 415 when the body is no form, 422 for a form without one file or with a
        field out of bounds, 507 when the disk is full.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Refusal(415, "The body should be multipart/form-data with a field named file.", "Content-Type")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    received = 0
    try:
        _check_room(target.parent, int(declared) if declared.isdigit() else 0)
        with open(target, "xb") as out:
            reader = _Reader(out)
            parser = MultipartParser(options[b"boundary"], cast("MultipartCallbacks", reader.callbacks()))
            async for piece in _pieces(request):
                received += len(piece)
                if received > max_bytes:
                    raise _too_large(max_bytes)
                parser.write(piece)
            parser.finalize()
    except MultipartParseError as e:
        raise Refusal(422, f"The form is damaged ({e}).", _FILE) from None
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _full() from None
        raise
    if not reader.complete:
        raise Refusal(422, "The form ends before its last boundary.", _FILE)
    if reader.form.name is None:
        raise Refusal(422, "The form has no file: send one in the field named file.", _FILE)
    return reader.form


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; 408 when nothing comes for long, so that no place is held by a client that stalls."""
    stream = request.stream()
    try:
        while (piece := await asyncio.wait_for(anext(stream, None), _PATIENCE_S)) is not None:
            yield piece
    except TimeoutError:
        raise Refusal(408, f"Nothing arrived for {_PATIENCE_S:g} s.", _FILE) from None


def _check_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed + _RESERVE_BYTES:
        raise _full()


def _too_large(max_bytes: int) -> Refusal:
    return Refusal(413, f"The upload is larger than {max_bytes / 1e6:g} MB, the most that is accepted.", _FILE)


def _full() -> Refusal:
    return Refusal(507, "The server's disk is full: nothing was kept. Try again later.", retry_after_s=60)


class _Reader:
    """Collects a form's parts as the parser meets them."""

    def __init__(self, out: BinaryIO):
        self.form, self.complete = Form(), False
        self._out, self._files, self._count = out, 0, 0
        self._header, self._value = b"", b""
        self._headers: dict[str, bytes] = {}
        self._field, self._text, self._is_file = "", b"", False

    def callbacks(self) -> dict:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": lambda data, start, end: self._add_header(data[start:end]),
            "on_header_value": lambda data, start, end: self._add_value(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._headers, self._text, self._is_file = {}, b"", False
        self._count += 1
        if self._count > _MOST_FIELDS:
            raise Refusal(422, f"The form has more than {_MOST_FIELDS} fields.", "form")

    def _add_header(self, data: bytes) -> None:
        self._header += data

    def _add_value(self, data: bytes) -> None:
        self._value += data

    def _header_end(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if self._field == _FILE:
            self._files += 1
            self._is_file = True
            if self._files > 1:
                raise Refusal(422, "The form has several files: send one in each request.", _FILE)
            self.form.name = shown_name(options.get(b"filename", b"").decode("utf-8", "replace"))

    def _data(self, data: bytes) -> None:
        if self._is_file:
            self._out.write(data)
            return
        self._text += data
        if len(self._text) > _LONGEST_FIELD:
            raise Refusal(422, f"The parameter {self._field} is longer than {_LONGEST_FIELD} bytes.", self._field)

    def _part_end(self) -> None:
        if not self._is_file:
            self.form.fields[self._field].append(self._text.decode("utf-8", "replace"))

    def _end(self) -> None:
        self.complete = True

"""What a scan is pointed at: files, folders, patterns, and lists of them."""

import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from horuslib.audio.media_files import find_media
from horuslib.core.errors import UserError
from horuslib.core.walk import LeftOut, fits, kind, reason, shown

STANDARD_INPUT = "-"
MISSING = "no such file or folder"
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class Search:
    """How files are searched, and what was met that is not among them.

    Attributes
    ----------
    exclude, follow_links : as in `core.walk.walk`.
    """

    exclude: Sequence[str] = ()
    follow_links: bool = False
    left_out: LeftOut = field(default_factory=LeftOut)


def find_inputs(inputs: Sequence[str | Path], search: Search | None = None) -> list[tuple[Path, str]]:
    """The files to scan, each with its name under the output folder.

    A path that cannot be looked at is named in `search.left_out` and stops no other.

    Parameters
    ----------
    inputs : paths of files; folders, searched with their sub-folders; patterns (`archive/**/*.mp4`); `@list.txt`, a
        text file with one of these on each line, relative to where one stands; `-` for such lines on standard input.
        A file is called by its own name; a file of a folder or pattern keeps its place under the folder, or under the
        part of the pattern that is none; a file of a list keeps the path that the list gives. Bytes of a name that are
        not UTF-8 are written as `\\xNN`.

    Raises
    ------
    UserError
        When no media is found, a list cannot be read, or two files would have one name.

    Example
    -------
    >>> find_inputs(["archive/2026", "live/*.ts", "@night.txt"])        # doctest: +SKIP
    [(PosixPath('archive/2026/01/news.mp4'), '01/news.mp4'), ...]
    """
    search = search or Search()
    found: dict[str, Path] = {}
    for path, name in _expanded(inputs, search):
        known = found.setdefault(name, path)
        if known != path and os.path.realpath(known) != os.path.realpath(path):
            raise UserError(
                f"{shown(known)} and {shown(path)} would both be written as {name}.json: scan them one at a time, or "
                "give the folder that holds both."
            )
    if not found:
        raise UserError(_nothing(inputs, search.left_out))
    return [(path, name) for name, path in found.items()]


def _nothing(inputs: Sequence[str | Path], left_out: LeftOut) -> str:
    if left_out.named:
        path, why = left_out.named[0]
        more = f" Nor can {len(left_out.named) - 1} others." if len(left_out.named) > 1 else ""
        place, _, name = path.rpartition(": ")
        line = f"{place}: " if place else ""
        if why == MISSING:
            return f"{line}There is no file or folder {name}.{more}"
        folder = "The folder " if os.path.isdir(name) else ""
        return f"{line}{folder}{name} cannot be read ({why}).{more}"
    passed_over = left_out.passed_over.total()
    besides = f", only {passed_over} other file{'' if passed_over == 1 else 's'}" if passed_over else ""
    return f"There is no media file in {', '.join(map(shown, inputs))}{besides}."


def _expanded(inputs: Sequence[str | Path], search: Search) -> Iterator[tuple[Path, str]]:
    for given in map(str, inputs):
        if given == STANDARD_INPUT:
            yield from _listed(_standard_input(), "standard input", search)
        elif given.startswith("@") and not Path(given).exists():
            yield from _listed(_lines(Path(given[1:])), given[1:], search)
        else:
            yield from _files(given, search)


def _files(given: str, search: Search, name: str | None = None, where: str = "") -> Iterator[tuple[Path, str]]:
    """The files of one path or pattern; `name` is for a plain file, `where` the line of the list that gives it."""
    path = Path(given)
    try:
        mode = path.stat().st_mode
    except OSError as e:
        if glob.has_magic(given) and not os.path.lexists(path):
            yield from _matches(given, search)
        else:
            why = reason(e) if os.path.lexists(path) else MISSING
            search.left_out.named.append((f"{where}{shown(path)}", why))
        return
    if stat.S_ISDIR(mode):
        yield from _of_folder(path, path, search)
    elif stat.S_ISREG(mode):
        if fits(path.name, given, search.exclude):
            search.left_out.excluded += 1
        else:
            yield path, name or shown(path.name)
    else:
        search.left_out.named.append((f"{where}{shown(path)}", f"{kind(mode)}, which `horus watch` can hear"))


def _matches(pattern: str, search: Search) -> Iterator[tuple[Path, str]]:
    fixed = Path(*_until_magic(Path(pattern).parts))
    for match in sorted(map(Path, glob.glob(pattern, recursive=True))):
        if match.is_dir():
            yield from _of_folder(match, fixed, search)
        else:
            place = shown(match.relative_to(fixed).as_posix())
            yield from ((path, place) for path, _ in _files(str(match), search))


def _of_folder(folder: Path, top: Path, search: Search) -> Iterator[tuple[Path, str]]:
    try:
        os.scandir(folder).close()
    except OSError as e:
        search.left_out.named.append((shown(folder), reason(e)))
        return
    found = find_media(folder, search.left_out, search.exclude, search.follow_links, by_content=True)
    yield from ((file, shown(file.relative_to(top).as_posix())) for file in found)


def _until_magic(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        if glob.has_magic(part):
            return
        yield part


def _listed(lines: Iterable[str], where: str, search: Search) -> Iterator[tuple[Path, str]]:
    """The files of a list; blank lines and lines that start with # are none."""
    for number, line in enumerate(lines, 1):
        given = line.strip()
        if given and not given.startswith("#"):
            yield from _files(given, search, _name_in_list(Path(given)), f"{where}, line {number}: ")


def _name_in_list(path: Path) -> str:
    """The path itself, without a root and without steps upwards."""
    if ".." in path.parts:
        path = Path(os.path.realpath(path))
    return shown(path.relative_to(path.anchor).as_posix())


def _lines(path: Path) -> list[str]:
    try:
        return _text(path.read_bytes()).splitlines()
    except (OSError, ValueError) as e:
        raise UserError(
            f"The list {path} cannot be read ({e}): it should be text with a file or folder on each line."
        ) from None


def _text(content: bytes) -> str:
    """UTF-8, or names as the file system holds them; raises ValueError for what is no text."""
    if b"\0" in content or content.startswith(_BYTE_ORDER_MARKS):
        raise ValueError("not UTF-8 text")
    return content.decode("utf-8-sig", "surrogateescape")


def _standard_input() -> list[str]:
    binary = getattr(sys.stdin, "buffer", None)
    try:
        return (_text(binary.read()) if binary else sys.stdin.read()).splitlines()
    except ValueError:
        raise UserError(
            "Standard input holds no text: `-` reads a list of files. Give the file's path, or hear a stream of sound "
            "with `horus watch -`."
        ) from None

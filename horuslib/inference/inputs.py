"""What a scan is pointed at: files, folders, patterns, and lists of them."""

import glob
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from horuslib.audio.media import find_media
from horuslib.core.errors import UserError

STANDARD_INPUT = "-"


def find_inputs(inputs: Sequence[str | Path]) -> list[tuple[Path, str]]:
    """The files to scan, each with its name under the output folder.

    Parameters
    ----------
    inputs : paths of files; folders, searched with their sub-folders; patterns (`archive/**/*.mp4`); `@list.txt`, a
        text file with one of these on each line, relative to where one stands; `-` for such lines on standard input.
        A file is called by its own name; a file of a folder or pattern keeps its place under the folder, or under the
        part of the pattern that is none; a file of a list keeps the path that the list gives.

    Raises
    ------
    UserError
        When an input does not exist, no media is found, or two files would have one name.

    Example
    -------
    >>> find_inputs(["archive/2026", "live/*.ts", "@night.txt"])        # doctest: +SKIP
    [(PosixPath('archive/2026/01/news.mp4'), '01/news.mp4'), ...]
    """
    found: dict[str, Path] = {}
    for path, name in _expanded(inputs):
        if found.setdefault(name, path).resolve() != path.resolve():
            raise UserError(
                f"{found[name]} and {path} would both be written as {name}.json: scan them one at a time, or give the "
                "folder that holds both."
            )
    if not found:
        raise UserError(f"There is no media file in {', '.join(map(str, inputs))}.")
    return [(path, name) for name, path in found.items()]


def _expanded(inputs: Sequence[str | Path]) -> Iterator[tuple[Path, str]]:
    for given in map(str, inputs):
        if given == STANDARD_INPUT:
            yield from _listed(_standard_input(), "standard input")
        elif given.startswith("@") and not Path(given).exists():
            yield from _listed(_lines(Path(given[1:])), given[1:])
        else:
            yield from _files(given)


def _files(given: str, name: str | None = None) -> Iterator[tuple[Path, str]]:
    """The files of one path or pattern; `name` is for a plain file."""
    path = Path(given)
    if path.is_dir():
        yield from ((file, file.relative_to(path).as_posix()) for file in find_media(path))
    elif path.exists():
        yield path, name or path.name
    elif glob.has_magic(given):
        fixed = Path(*_until_magic(path.parts))
        for match in sorted(map(Path, glob.glob(given, recursive=True))):
            files = find_media(match) if match.is_dir() else [match]
            yield from ((file, file.relative_to(fixed).as_posix()) for file in files)
    else:
        raise UserError(f"There is no file or folder {given}.")


def _until_magic(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        if glob.has_magic(part):
            return
        yield part


def _listed(lines: Iterable[str], where: str) -> Iterator[tuple[Path, str]]:
    """The files of a list; blank lines and lines that start with # are none."""
    for number, line in enumerate(lines, 1):
        given = line.strip()
        if given and not given.startswith("#"):
            try:
                yield from _files(given, _name_in_list(Path(given)))
            except UserError as e:
                raise UserError(f"{where}, line {number}: {e}") from None


def _name_in_list(path: Path) -> str:
    """The path itself, without a root and without steps upwards."""
    if ".." in path.parts:
        path = path.resolve()
    return path.relative_to(path.anchor).as_posix()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(
            f"The list {path} cannot be read ({e}): it should be text with a file or folder on each line."
        ) from None


def _standard_input() -> list[str]:
    try:
        return sys.stdin.read().splitlines()
    except UnicodeDecodeError:
        raise UserError(
            "Standard input holds no text: `-` reads a list of files. Give the file's path, or hear a stream of sound "
            "with `horus watch -`."
        ) from None

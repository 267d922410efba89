"""The files under a folder; what cannot be looked at is named and stops nothing."""

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

_REASONS = {errno.ELOOP: "a link to itself", errno.ENOENT: "a link to nothing"}
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass
class LeftOut:
    """What a search met and did not take."""

    named: list[tuple[str, str]] = field(default_factory=list)
    """(path, why) of what should have been taken."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Files that are not looked for, by suffix."""
    links: list[str] = field(default_factory=list)
    """Links to folders, which were not followed."""
    excluded: int = 0


def shown(path: str | Path) -> str:
    """A path as text; bytes that are not UTF-8 are written as `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def reason(error: OSError) -> str:
    """Why a path cannot be looked at, in words."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def walk(folder: Path, left_out: LeftOut, exclude: Sequence[str] = (), follow_links: bool = False) -> Iterator[Path]:
    """Every regular file under a folder, hidden files and folders left out; in no order.

    Parameters
    ----------
    exclude : patterns of names (`*.tmp`) or of paths under the folder (`old/*`): files and folders to leave out.
    follow_links : whether links to folders are followed; one that leads back to a folder above it never is.

    Raises
    ------
    OSError
        When the folder itself cannot be read.
    """
    about = folder.stat()
    yield from _inside(folder, folder, left_out, exclude, follow_links, ((about.st_dev, about.st_ino),))


def fits(name: str, path: str, patterns: Sequence[str]) -> bool:
    """Whether a name, or the path that leads to it, fits one of the patterns.

    Example
    -------
    >>> fits("a.mp4", "old/a.mp4", ["old/*"]), fits("a.mp4", "new/a.mp4", ["*.ts"])
    (True, False)
    """
    return any(fnmatch(name, pattern.rstrip("/")) or fnmatch(path, pattern.rstrip("/")) for pattern in patterns)


def _inside(
    folder: Path,
    top: Path,
    left_out: LeftOut,
    exclude: Sequence[str],
    follow_links: bool,
    above: tuple[tuple[int, int], ...],
) -> Iterator[Path]:
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = folder / entry.name
            if exclude and fits(entry.name, path.relative_to(top).as_posix(), exclude):
                left_out.excluded += 1
                continue
            if entry.is_file(follow_symlinks=False):  # which the folder tells, without a look at the file
                yield path
                continue
            try:
                about = entry.stat()
            except OSError as e:
                left_out.named.append((shown(path), reason(e)))
                continue
            if stat.S_ISREG(about.st_mode):
                yield path
            elif not stat.S_ISDIR(about.st_mode):
                left_out.named.append((shown(path), kind(about.st_mode)))
            elif entry.is_symlink() and not follow_links:
                left_out.links.append(shown(path))
            else:
                folders.append((path, (about.st_dev, about.st_ino)))
    for path, identity in folders:
        if identity in above:
            left_out.named.append((shown(path), "a link to a folder above it"))
            continue
        try:
            yield from _inside(path, top, left_out, exclude, follow_links, (*above, identity))
        except OSError as e:
            left_out.named.append((shown(path), reason(e)))


def kind(mode: int) -> str:
    """What a path is that is neither file nor folder, from its mode."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")

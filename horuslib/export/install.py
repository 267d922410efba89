"""A package into an installation of Horus, and out again.

Horus looks in two places, either of which may be absent: a folder `model_audio_keras`, which its validator reads, and a
models folder, from which its backend loads `audio_model_finetune.keras`. Every new file is written beside its place
before the first is exchanged, so that a full disk changes nothing; what they replace is kept, with a list, under
`model_backups/DATE`. The list is complete before the first exchange, so `roll_back` mends one that was cut off.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

from horuslib.core.artifacts import write_json
from horuslib.core.errors import UserError
from horuslib.export.bundle import FLAT, MODEL, PACKAGE
from horuslib.export.files.validate_audio_model_for_horus import NoPackage, check_files, package_folder, read_metadata

BACKUPS = "model_backups"
_LIST = "replaced.json"
_DEPTH = 5
"""Folders deep that Horus's two places are looked for."""
_PASSED_BY = {BACKUPS, "node_modules", "site-packages", "__pycache__", "venv"}


def install(package: str | Path, horus: str | Path) -> tuple[Path, list[Path]]:
    """Put a package where Horus looks for it.

    Parameters
    ----------
    package : an exported package, or its folder `model_audio_keras`.
    horus : an installation of Horus, or one of its two places.

    Returns
    -------
    The folder that keeps what was there, and the files that were written.

    Raises
    ------
    UserError
        When the package is damaged, Horus has neither place or several of one kind, another installation is under way,
        or a file cannot be written.
    """
    source, horus = _sound_package(Path(package)), Path(horus).resolve()
    wanted = {path: content for place in find_places(horus) for path, content in _contents(source, place)}
    with _only_one(horus):
        backup = _new_backup(horus)
        made = sorted({p for path in wanted for p in path.parents if not p.exists()})
        try:
            for path, content in wanted.items():
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, f"{path} is a folder where a file should go")
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(content, _beside(path))
                if path.exists():
                    shutil.copymode(path, _beside(path))
            _back_up(backup, horus, list(wanted), made)
        except OSError as e:
            _clear(wanted, made, backup)
            raise UserError(f"Nothing was installed in {horus} ({e.strerror or e}): it is as it was.") from e
        try:
            for path in wanted:
                os.replace(_beside(path), path)
        except OSError as e:
            _roll_back(horus)
            raise UserError(f"Nothing was installed in {horus} ({e.strerror or e}): it is as it was.") from e
    return backup, list(wanted)


def roll_back(horus: str | Path) -> tuple[Path, list[Path]]:
    """Undo the last installation: what it replaced stands again, what was new goes, its backup is used up.

    Returns
    -------
    The backup that was used (it is no more), and the files that are as they were.

    Raises
    ------
    UserError
        When there is no backup, its list is damaged or names what lies outside, another installation is under way, or a
        file cannot be put back (the backup is then kept).
    """
    horus = Path(horus).resolve()
    if not horus.is_dir():
        raise UserError(f"There is no folder {horus}: name the folder of Horus.")
    with _only_one(horus):
        return _roll_back(horus)


@contextmanager
def _only_one(horus: Path) -> Iterator[None]:
    """Hold the folder of Horus, by a lock on the folder itself, which leaves no file there."""
    folder = os.open(horus, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError(f"Another installation is under way in {horus}: wait for it to end.") from None
    finally:
        os.close(folder)


def _roll_back(horus: Path) -> tuple[Path, list[Path]]:
    backups = sorted(path.parent for path in horus.glob(f"{BACKUPS}/*/{_LIST}"))
    if not backups:
        raise UserError(
            f"{horus / BACKUPS} holds no backup: nothing was installed there, or it is rolled back already."
        )
    backup = backups[-1]
    files, folders = _read_list(backup, horus)
    paths = [horus / name for name in files]
    try:
        for name in (name for name, was_there in files.items() if was_there):
            (horus / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(backup / name, _beside(horus / name))
        for name, was_there in files.items():
            if was_there:
                os.replace(_beside(horus / name), horus / name)
            else:
                (horus / name).unlink(missing_ok=True)
    except OSError as e:
        raise UserError(f"{horus} could not be rolled back ({e}): put it right and repeat; {backup} is kept.") from e
    _clear(paths, [horus / name for name in folders], backup)
    return backup, paths


def _read_list(backup: Path, horus: Path) -> tuple[dict[str, bool], list[str]]:
    """The list of a backup: path -> whether there was a file, and the folders that were made. Nothing in it is trusted.

    Raises
    ------
    UserError
        When it is damaged, names something outside of `horus`, or a file that it promises is missing.
    """
    try:
        stored = json.loads((backup / _LIST).read_text("utf-8"))
        files, folders = dict(stored["files"]), list(stored["folders"])
        if not all(isinstance(x, bool) for x in files.values()):
            raise ValueError("a file is marked with something else than true or false")
        for name in (*files, *folders):
            _check_inside(name, horus)
        for name in (name for name, was_there in files.items() if was_there):
            kept = backup / name
            if kept.is_symlink() or not kept.is_file() or not kept.resolve().is_relative_to(backup.resolve()):
                raise ValueError(f"the backup has no file {name}")
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise UserError(
            f"{backup / _LIST} cannot be used ({type(e).__name__}: {e}): nothing was changed. Put the files back from "
            f"{backup} by hand, then remove that folder."
        ) from None
    return files, folders


def _check_inside(name: object, horus: Path) -> None:
    """Raise ValueError unless a path stays in the folder of Horus, links included, and out of its backups."""
    plain = isinstance(name, str) and name and not PurePosixPath(name).is_absolute()
    if not plain or ".." in PurePosixPath(name).parts or PurePosixPath(name).parts[0] == BACKUPS:
        raise ValueError(f"{name!r} is no path in the folder of Horus")
    if not (horus / name).parent.resolve().is_relative_to(horus):
        raise ValueError(f"{name!r} leads out of the folder of Horus")


def find_places(horus: Path) -> list[Path]:
    """Where an installation of Horus wants its model: `model_audio_keras`, the backend's models folder, or both.

    Raises
    ------
    UserError
        When there is neither, or more than one of a kind.
    """
    if not horus.is_dir():
        raise UserError(f"There is no folder {horus}: name the folder of Horus.")
    unreadable: list[OSError] = []
    folders = list(_folders(horus, unreadable))
    packages = [f for f in folders if f.name == PACKAGE]
    others = [f for f in folders if PACKAGE not in (horus.name, *f.relative_to(horus).parts)]
    backends = [f for f in others if (f / MODEL).is_file()]
    backends = backends or [f for f in others if f.name == "models" and not any(f.iterdir())]
    for places in (packages, backends):
        if len(places) > 1:
            raise UserError(
                f"{horus} has several places for a model: {', '.join(map(str, places))}. Name the one to use."
            )
    if not packages and not backends:
        closed = "".join(f"; {e.filename} cannot be read ({e.strerror})" for e in unreadable)
        raise UserError(
            f"{horus} has neither a folder {PACKAGE} nor a models folder with {MODEL} in it{closed}: name the folder "
            f"of Horus, or make an empty folder {PACKAGE} or models where Horus looks for its model."
        )
    return packages + backends


def _folders(horus: Path, unreadable: list[OSError]) -> Iterator[Path]:
    """Those that can be read; a database's own folder, for one, is closed to others and no concern of ours."""
    for name, inside, _ in os.walk(horus, onerror=unreadable.append):
        folder = Path(name)
        deep = len(folder.relative_to(horus).parts)
        inside[:] = [n for n in sorted(inside) if deep < _DEPTH and not n.startswith(".") and n not in _PASSED_BY]
        yield folder


def _contents(source: Path, place: Path) -> Iterator[tuple[Path, Path]]:
    """What belongs into a place: (its path there, the file to copy)."""
    if place.name == PACKAGE:
        yield from ((place / p.relative_to(source), p) for p in sorted(source.rglob("*")) if p.is_file())
    else:
        yield from ((place / name, source / "models" / name) for name in FLAT)


def _sound_package(given: Path) -> Path:
    try:
        source = package_folder(given)
        wrong = [check.check for check in check_files(source, read_metadata(source)) if not check.passed]
    except NoPackage as e:
        raise UserError(str(e)) from None
    if wrong:
        raise UserError(f"{source} is damaged ({', '.join(wrong)}): export it again with `make export`.")
    return source


def _beside(path: Path) -> Path:
    """Where a file waits until all are there."""
    return path.with_name(f".{path.name}.new")


def _new_backup(horus: Path) -> Path:
    """A folder named by the second, that sorts by time and is not there yet."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    names = (stamp, *(f"{stamp}_{k}" for k in range(2, 100)))
    return next(path for path in (horus / BACKUPS / name for name in names) if not path.exists())


def _back_up(backup: Path, horus: Path, paths: list[Path], made: list[Path]) -> None:
    """Copies of the files that stand at `paths`, and, last, the list of all and of the folders made for them."""
    files = {path.relative_to(horus).as_posix(): path.is_file() for path in paths}
    for name in (name for name, is_there in files.items() if is_there):
        (backup / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(horus / name, backup / name)
    write_json(backup / _LIST, {"files": files, "folders": [p.relative_to(horus).as_posix() for p in made]})


def _clear(paths: Iterable[Path], made: list[Path], backup: Path) -> None:
    """Remove what waits beside `paths`, a backup, and the folders `made` that are empty, deepest first."""
    for path in paths:
        _beside(path).unlink(missing_ok=True)
    shutil.rmtree(backup, ignore_errors=True)
    for folder in [*reversed(made), backup.parent]:
        with suppress(OSError):
            folder.rmdir()

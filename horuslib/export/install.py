"""A package into an installation of Horus, and out again.

Horus looks in two places, either of which may be absent: a folder `model_audio_keras`, which its validator reads, and a
models folder, from which its backend loads `audio_model_finetune.keras`. Every new file is written beside its place
before the first is exchanged, so that a full disk changes nothing; what they replace is kept, with a list, under
`model_backups/DATE`. The list is complete before the first exchange, so `roll_back` mends one that was cut off.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from horuslib.core.artifacts import write_bytes, write_json
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
        When the package is damaged, Horus has neither place or several of one kind, or a file cannot be written.
    """
    source, horus = _sound_package(Path(package)), Path(horus).resolve()
    wanted = {path: content for place in find_places(horus) for path, content in _contents(source, place)}
    backup = _new_backup(horus)
    made = sorted({p for path in wanted for p in path.parents if not p.exists()})
    try:
        for path, content in wanted.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{path} is a folder where a file should go")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(content, _beside(path))
        _back_up(backup, horus, list(wanted), made)
    except OSError as e:
        _clear(wanted, made, backup)
        raise UserError(f"Nothing was installed in {horus} ({e.strerror or e}): it is as it was.") from e
    try:
        for path in wanted:
            os.replace(_beside(path), path)
    except OSError as e:
        roll_back(horus)
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
        When there is no backup, or a file cannot be put back (the backup is then kept).
    """
    horus = Path(horus).resolve()
    backups = sorted(path.parent for path in horus.glob(f"{BACKUPS}/*/{_LIST}"))
    if not backups:
        raise UserError(
            f"{horus / BACKUPS} holds no backup: nothing was installed there, or it is rolled back already."
        )
    backup = backups[-1]
    try:
        replaced = json.loads((backup / _LIST).read_text("utf-8"))
        for name, was_there in replaced["files"].items():
            if was_there:
                write_bytes(horus / name, (backup / name).read_bytes())
            else:
                (horus / name).unlink(missing_ok=True)
    except (OSError, ValueError) as e:
        raise UserError(f"{horus} could not be rolled back ({e}): put it right and repeat; {backup} is kept.") from e
    files = [horus / name for name in replaced["files"]]
    _clear(files, [horus / name for name in replaced["folders"]], backup)
    return backup, files


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

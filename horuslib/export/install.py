"""Installs a package into Horus, and rolls installations back.

Horus has two folders for a model, either of which may be absent: `model_audio_keras`, which its validator reads, and a
models folder, from which its backend loads `audio_model_finetune.keras`. All new files are first written next to their
targets and then renamed, so that a full disk changes nothing. The replaced files and a list of all changes are kept in
`model_backups/DATE` (UTC). The list is complete before the first rename, so that `roll_back` can also undo an
interrupted installation.
"""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from horuslib.core.atomic import to_the_disk
from horuslib.core.errors import UserError
from horuslib.export.backups import LIST, back_up, first_link, new_backup, read_list
from horuslib.export.bundle import FLAT, PACKAGE
from horuslib.export.files.validate_audio_model_for_horus import NoPackage, check_files, package_folder, read_metadata
from horuslib.export.model_folders import BACKUPS, find_model_folders

LOCK = ".horus_install.lock"
"""File in the folder of Horus that is locked, and exists, during an installation or rollback."""


def install(package: str | Path, horus: str | Path) -> tuple[Path, list[Path]]:
    """Copy a package into the model folders of a Horus installation.

    New files get the permissions (and, where permitted, the owner) of the files that they replace.

    Parameters
    ----------
    package : an exported package, or its folder `model_audio_keras`.
    horus : the folder of a Horus installation, or one of its two model folders.

    Returns
    -------
    The folder with the backup of the replaced files, and the paths of the installed files.

    Raises
    ------
    UserError
        When the package is damaged, Horus has neither model folder or several of one kind, a target is a link, another
        installation is in progress, or a file cannot be written. Nothing is changed then.
    """
    source, horus = _checked_package(Path(package)), _existing(horus)
    places = find_model_folders(horus)
    with _exclusive(horus):
        wanted = {path: content for place in places for path, content in _contents(source, place)}
        backup = new_backup(horus)
        made = sorted({p for path in wanted for p in path.parents if not p.exists()})
        link = first_link((*wanted, backup), horus)
        if link:
            raise UserError(
                f"Nothing was installed in {horus}: {link} is a link. Put a file or folder there, then repeat."
            )
        try:
            for path, content in wanted.items():
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, f"{path} is a folder where a file should go")
                _stage(content, path)
                if path.exists():
                    shutil.copymode(path, _staged(path))
            back_up(backup, horus, list(wanted), made)
        except BaseException as e:
            _clear(wanted, made, backup)
            if isinstance(e, OSError):
                raise _nothing_installed(horus, e) from e
            raise
        try:
            for path in wanted:
                os.replace(_staged(path), path)
            for folder in {path.parent for path in wanted}:
                to_the_disk(folder)
        except OSError as e:
            _undo(backup, horus)
            raise _nothing_installed(horus, e) from e
    return backup, list(wanted)


def roll_back(horus: str | Path) -> tuple[Path, list[Path]]:
    """Undo the latest installation: restore the files it replaced, delete the files it added, and remove its backup.

    Restored files have their previous content, permissions and modification times.

    Returns
    -------
    The folder of the backup, which is deleted, and the paths of the restored or deleted files.

    Raises
    ------
    UserError
        When there is no backup, its list is damaged or names a path outside of Horus, a file of it is missing, another
        installation is in progress, or a file cannot be restored. The backup is kept then.
    """
    horus = _existing(horus)
    with _exclusive(horus):
        backups = sorted(path.parent for path in horus.glob(f"{BACKUPS}/*/{LIST}"))
        if not backups:
            raise UserError(
                f"{horus / BACKUPS} holds no backup: nothing was installed, or all installations are rolled back."
            )
        return backups[-1], _undo(backups[-1], horus)


@contextmanager
def _exclusive(horus: Path) -> Iterator[None]:
    """Hold the lock of a Horus installation; the lock file is deleted at the end.

    Raises
    ------
    UserError
        When another process holds the lock, or it cannot be acquired.
    """
    lock = FileLock(horus / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(
            f"Another installation or rollback is in progress in {horus}: wait for it to end, then repeat."
        ) from None
    except (OSError, NotImplementedError) as e:  # filelock raises the latter where a file system has no locks
        raise UserError(
            f"{horus} cannot be locked ({e}): nothing was changed. Make sure that you may write to that folder, and "
            f"that {LOCK} in it is no folder or link, then repeat."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # Windows refuses to delete an open file; there, `release` deletes it
            (horus / LOCK).unlink()
        lock.release()


def _undo(backup: Path, horus: Path) -> list[Path]:
    """Restore the files of a backup and delete the backup; returns the paths of the restored or deleted files."""
    files, folders = read_list(backup, horus)
    paths = [horus / name for name in files]
    made = sorted({p for path in paths for p in path.parents if not p.exists()})
    try:
        for name in (name for name, existed in files.items() if existed):
            _stage(backup / name, horus / name)
            shutil.copystat(backup / name, _staged(horus / name))
    except OSError as e:
        _remove(map(_staged, paths), made)
        raise UserError(
            f"{horus} could not be rolled back ({e}): nothing was changed, and {backup} is kept. Remove the cause, "
            "then repeat."
        ) from e
    try:
        for name, existed in files.items():
            if existed:
                os.replace(_staged(horus / name), horus / name)
            else:
                (horus / name).unlink(missing_ok=True)
        (backup / LIST).unlink()  # first, so that a backup that is not fully deleted is not used again
    except OSError as e:
        raise UserError(
            f"{horus} could not be rolled back completely ({e}): {backup} is kept. Remove the cause, then repeat."
        ) from e
    _clear(paths, [horus / name for name in folders], backup)
    return paths


def _existing(horus: str | Path) -> Path:
    """The resolved path of an existing folder."""
    horus = Path(horus).resolve()
    if not horus.is_dir():
        raise UserError(f"There is no folder {horus}: name the folder of Horus.")
    return horus


def _nothing_installed(horus: Path, e: OSError) -> UserError:
    return UserError(f"Nothing was installed in {horus} ({e.strerror or e}): its files are unchanged.")


def _contents(source: Path, place: Path) -> Iterator[tuple[Path, Path]]:
    """The files to install in a model folder: (target, source)."""
    if place.name == PACKAGE:
        yield from ((place / p.relative_to(source), p) for p in sorted(source.rglob("*")) if p.is_file())
    else:
        yield from ((place / name, source / "models" / name) for name in FLAT)


def _checked_package(given: Path) -> Path:
    try:
        source = package_folder(given)
        wrong = [check.check for check in check_files(source, read_metadata(source)) if not check.passed]
    except NoPackage as e:
        raise UserError(str(e)) from None
    wrong += [f"{p.relative_to(source)} is a link" for p in sorted(source.rglob("*")) if p.is_symlink()]
    wrong += [f"models/{name} is missing" for name in FLAT if not (source / "models" / name).is_file()]
    if wrong:
        raise UserError(f"{source} is damaged ({', '.join(wrong)}): export it again with `make export`.")
    return source


def _staged(path: Path) -> Path:
    """The temporary path of a new file, next to its target."""
    return path.with_name(f".{path.name}.new")


def _stage(content: Path, path: Path) -> None:
    """Copy a file to the temporary path of its target, with the owner of the file it replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _staged(path).unlink(missing_ok=True)  # if it is a link, the copy would follow it
    shutil.copyfile(content, _staged(path))
    to_the_disk(_staged(path))
    if path.exists() and hasattr(os, "chown"):
        with suppress(OSError):  # only root may do that
            os.chown(_staged(path), path.stat().st_uid, path.stat().st_gid)


def _clear(paths: Iterable[Path], made: list[Path], backup: Path) -> None:
    """Delete the temporary files of `paths`, a backup, and those folders of `made` that are empty."""
    shutil.rmtree(backup, ignore_errors=True)
    _remove(map(_staged, paths), [backup.parent, *made])


def _remove(files: Iterable[Path], folders: list[Path]) -> None:
    """Delete files, and those folders that are empty, the last one first; what cannot be deleted is left."""
    for path in files:
        with suppress(OSError):
            path.unlink()
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()

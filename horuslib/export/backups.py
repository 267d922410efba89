"""Backups of an installation into Horus: copies of the replaced files, and the list of all changes."""

import json
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from horuslib.core.artifacts import write_json
from horuslib.core.atomic import to_the_disk
from horuslib.core.errors import UserError
from horuslib.export.model_folders import BACKUPS

LIST = "replaced.json"
"""File of a backup: the paths of the installed files, and the folders that were created for them."""


def new_backup(horus: Path) -> Path:
    """A path for a new backup, named by the second; names sort by time."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S")
    names = (stamp, *(f"{stamp}_{k:02}" for k in range(2, 100)))
    return next(path for path in (horus / BACKUPS / name for name in names) if not path.exists())


def back_up(backup: Path, horus: Path, paths: list[Path], made: list[Path]) -> None:
    """Copy the existing files among `paths`, then write the list of all of them and of the folders `made` for them."""
    files = {path.relative_to(horus).as_posix(): path.is_file() for path in paths}
    for name in (name for name, exists in files.items() if exists):
        (backup / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(horus / name, backup / name)
        to_the_disk(backup / name)
    for folder in {path.parent for path in backup.rglob("*")}:
        to_the_disk(folder)
    write_json(backup / LIST, {"files": files, "folders": [p.relative_to(horus).as_posix() for p in made]})


def read_list(backup: Path, horus: Path) -> tuple[dict[str, bool], list[str]]:
    """The validated list of a backup: path -> whether the file existed before, and the folders that were created.

    Raises
    ------
    UserError
        When it is damaged, names a path outside of `horus`, or a file of the backup is missing.
    """
    try:
        stored = json.loads((backup / LIST).read_text("utf-8"))
        files, folders = (stored.get("files"), stored.get("folders")) if isinstance(stored, dict) else (None, None)
        if not isinstance(files, dict) or not all(isinstance(existed, bool) for existed in files.values()):
            raise ValueError("`files` must be an object that maps each path to true or false")
        if not isinstance(folders, list):
            raise ValueError("`folders` must be a list of paths")
        for name in (*files, *folders):
            _check_inside(name, horus)
        kept = [backup / name for name, existed in files.items() if existed]
        link = first_link((backup, *kept, *(horus / name for name in files)), horus)
        if link:
            raise ValueError(f"{link} is a link")
        folder = next((name for name in files if (horus / name).is_dir()), None)
        if folder:
            raise ValueError(f"{folder} is now a folder")
        missing = next((path for path in kept if not path.is_file()), None)
        if missing:
            raise ValueError(f"the backup has no file {missing.relative_to(backup)}")
    except (OSError, ValueError, RecursionError) as e:
        raise UserError(
            f"{backup / LIST} cannot be used ({e}): nothing was changed. Copy the files of {backup} back by hand, "
            "then remove that folder."
        ) from None
    return files, folders


def first_link(paths: Iterable[Path], root: Path) -> Path | None:
    """The first part of any of these paths below `root` that is a symbolic link, if any.

    A link is not followed, as it may lead out of Horus, and not replaced, as a rollback could not restore its target.
    """
    names = (path.relative_to(root).parts for path in paths)
    places = (root.joinpath(*parts[: n + 1]) for parts in names for n in range(len(parts)))
    return next((place for place in places if place.is_symlink()), None)


def _check_inside(name: object, horus: Path) -> None:
    """Raise ValueError unless `name` is a relative path to something in the folder of Horus, outside of its backups."""
    path = Path(name) if isinstance(name, str) and "\0" not in name else Path()
    if not path.parts or path.anchor or ".." in path.parts or path.parts[0] == BACKUPS:
        raise ValueError(f"{name!r} is not a path in the folder of Horus")
    os.fsencode(path)  # a ValueError for what no file can be called
    if not (horus / path).resolve().is_relative_to(horus):
        raise ValueError(f"{name!r} leads out of the folder of Horus")

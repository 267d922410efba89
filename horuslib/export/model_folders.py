"""Finds the folders from which a Horus installation loads its model."""

import os
from collections.abc import Iterator
from pathlib import Path

from horuslib.core.errors import UserError
from horuslib.export.bundle import MODEL, PACKAGE

BACKUPS = "model_backups"
"""Folder of the replaced files, in the folder of Horus."""
_DEPTH = 5
"""Maximum depth, in folders, of the search for Horus's model folders."""
_SKIPPED = {BACKUPS, "node_modules", "site-packages", "__pycache__", "venv"}


def find_model_folders(horus: Path) -> list[Path]:
    """The model folders of a Horus installation: `model_audio_keras`, the backend's models folder, or both.

    Raises
    ------
    UserError
        When there is neither, or more than one of a kind.
    """
    unreadable: list[OSError] = []
    folders = list(_folders(horus, unreadable))
    packages = [f for f in folders if f.name == PACKAGE]
    others = [f for f in folders if PACKAGE not in (horus.name, *f.relative_to(horus).parts)]
    backends = [f for f in others if (f / MODEL).is_file()]
    backends = backends or [f for f in others if f.name == "models" and not any(f.iterdir())]
    for places in (packages, backends):
        if len(places) > 1:
            raise UserError(f"{horus} has several model folders: {', '.join(map(str, places))}. Name the one to use.")
    if not packages and not backends:
        closed = "".join(f"; {e.filename} cannot be read ({e.strerror})" for e in unreadable)
        raise UserError(
            f"{horus} has neither a folder {PACKAGE} nor a models folder with {MODEL} in it{closed}: name the folder "
            f"of Horus, or create an empty folder {PACKAGE} or models from which Horus loads its model."
        )
    return packages + backends


def _folders(horus: Path, unreadable: list[OSError]) -> Iterator[Path]:
    """The readable folders, down to `_DEPTH`. Unreadable ones, such as a database's, are collected, not an error."""
    for name, inside, _ in os.walk(horus, onerror=unreadable.append):
        folder = Path(name)
        deep = len(folder.relative_to(horus).parts)
        inside[:] = [n for n in sorted(inside) if deep < _DEPTH and not n.startswith(".") and n not in _SKIPPED]
        yield folder

"""The folder that a scan writes, and what in it need not be done again.

Each file's diagnosis is one JSON, written whole after its rows in the tables: when the JSON stands there, everything
about the file does. It says which content it is about and which model and settings spoke, so that a later scan can
tell what is done without any register that could be damaged or fought over.
"""

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from horuslib.core.artifacts import sha256_file, write_json
from horuslib.core.atomic import sweep
from horuslib.core.errors import UserError
from horuslib.inference.detector import Detector

WHOLE_UP_TO = 64 * 2**20
"""Bytes. Larger files are known by their size, their time of change and _SAMPLES pieces spread over them: hashing all
of an archive would take as long as scanning it."""
_LONGEST_NAME, _LONGEST_PATH, _KEPT_OF_NAME = 255, 4000, 180
"""Bytes that file systems take as a name and as a path; of a longer name so many are kept."""
_SAMPLES, _SAMPLE_SIZE = 16, 2**16


class Results:
    """The diagnoses of one detector in one folder.

    Parameters
    ----------
    track : the audio track that was asked for, if any: another one's diagnosis is about other sound.

    Raises
    ------
    UserError
        When the folder cannot be made or written to, or holds a scan for other labels.
    """

    def __init__(self, folder: str | Path, detector: Detector, track: int | None = None):
        self.folder, self._track = Path(folder), track
        self._model, self._labels = detector.signature, detector.task.labels
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise UserError(f"The folder {self.folder} cannot be written ({e.strerror}): name another.") from None
        if not os.access(self.folder, os.W_OK):
            raise UserError(f"The folder {self.folder} cannot be written (permission denied): name another.")
        self._check_labels()

    def _check_labels(self) -> None:
        """Refuse a folder whose tables hold other labels: readers take one file's columns for those of the table."""
        if not (self.folder / "segments.parquet").is_dir():
            return
        from horuslib.inference.tables import labels_written

        written = labels_written(self.folder)
        if written is not None and written != self._labels:
            raise UserError(
                f"{self.folder} holds a scan for the labels {', '.join(written)}, and this model has "
                f"{', '.join(self._labels)}: in one table some columns would be lost. Scan into another folder."
            )

    def path(self, name: str) -> Path:
        """Of a file's diagnosis. The suffix is appended (`a.mp4.json`), so that `a.mp4` and `a.wav` stay apart.

        Where the file system takes no name so long, its beginning and a hash of all of it.
        """
        place = self.folder / f"{name}.json"
        long = len(place.name.encode()) > _LONGEST_NAME
        if not long and len(os.fsencode(place.absolute())) <= _LONGEST_PATH:
            return place
        begin = place.stem.encode()[:_KEPT_OF_NAME].decode(errors="ignore")
        short = f"{begin}~{hashlib.sha256(name.encode()).hexdigest()[:12]}.json"
        return place.with_name(short) if long else self.folder / short

    def done(self, path: Path, name: str) -> dict[str, Any] | None:
        """The diagnosis that stands here already, of the same content by the same model with the same settings.

        What could not be read is never done: it may have been the network's fault.
        """
        try:
            stored = json.loads(self.path(name).read_text("utf-8"))
            from horuslib.inference.diagnosis import VERSION

            same = stored["version"] == VERSION and stored["status"] == "ok"
            same = same and stored["model"]["key"] == self._model["key"]
            return stored if same and stored["source"] == self.content(path) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def mark(self, name: str) -> tuple[int, int] | None:
        """Tells the diagnosis that stands here from one that is written later; None where none stands."""
        try:
            with open(self.path(name), "rb") as f:  # a network file system shows a change to who opens, not to stat
                about = os.fstat(f.fileno())
        except OSError:
            return None
        return about.st_ino, about.st_mtime_ns

    def content(self, path: Path) -> dict[str, object]:
        """Which sound a diagnosis of this file is about; raises OSError when the file cannot be read."""
        return fingerprint(path) | ({"track": self._track} if self._track else {})

    def keep(self, diagnosis: dict[str, Any]) -> dict[str, Any]:
        """Write one diagnosis and its rows of the tables, each whole or not at all.

        Raises
        ------
        UserError
            When they cannot be written, for example because the disk is full.
        """
        from horuslib.inference.tables import EVENTS, SEGMENTS, write_tables

        target = self.path(diagnosis["file"])
        try:
            for folder in (target.parent, self.folder / SEGMENTS, self.folder / EVENTS):
                _sweep_once(folder)
            write_tables(self.folder, diagnosis, self._labels)
            write_json(target, diagnosis)
        except OSError as e:
            raise UserError(
                f"{target} cannot be written ({e.strerror}). What is written is whole: scan again into the same folder "
                "and the rest will be done."
            ) from None
        return diagnosis


@lru_cache(maxsize=4096)
def _sweep_once(folder: Path) -> None:
    """A killed scan left what it had in hand where it is done again."""
    sweep(folder)


def fingerprint(path: Path) -> dict[str, object]:
    """What tells one content from another: `size_bytes`, and `key`, a hash of the content (see WHOLE_UP_TO).

    Raises OSError when the file cannot be read.
    """
    about = path.stat()
    if about.st_size <= WHOLE_UP_TO:
        return {"size_bytes": about.st_size, "key": f"sha256:{sha256_file(path)}"}
    digest = hashlib.sha256(str(about.st_mtime_ns).encode())
    with open(path, "rb") as f:
        for k in range(_SAMPLES):
            f.seek((about.st_size - _SAMPLE_SIZE) * k // (_SAMPLES - 1))
            digest.update(f.read(_SAMPLE_SIZE))
    return {"size_bytes": about.st_size, "key": f"sampled:{digest.hexdigest()}"}

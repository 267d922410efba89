"""Jobs on disk: a SQLite table, and a private folder per job for its sound and its result."""

import json
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from horuslib.core.errors import UserError
from horuslib.service.jobs import ENDED, Job, State, is_id

log = logging.getLogger(__name__)
SOUND, RESULT = "upload", "result.json"
_COLUMNS = tuple(f.name for f in fields(Job) if f.name != "progress")
_TABLE = """CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, task TEXT NOT NULL, name TEXT NOT NULL, request TEXT NOT NULL,
    model TEXT NOT NULL, seconds REAL, state TEXT NOT NULL, created_s REAL NOT NULL, started_s REAL, finished_s REAL,
    attempts INTEGER NOT NULL, error TEXT NOT NULL)"""
_LOST = "The server ended and the sound of this job is gone: send it again."
_ENDED_TWICE = "The server ended twice while this job ran; it is not tried again."
MOST_ATTEMPTS = 2


class Store:
    """The jobs of one data folder, which one server uses at a time.

    Raises
    ------
    UserError
        When another server uses the folder, or it cannot be written.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._sounds = folder / "jobs"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sounds.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = FileLock(folder / "server.lock", timeout=0)
            self._lock.acquire()
            self._db = sqlite3.connect(folder / "jobs.sqlite", isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute(_TABLE)
        except Timeout:
            raise UserError(f"Another server uses {folder}: stop it, or set DATA_DIR to another folder.") from None
        except (OSError, sqlite3.Error) as e:
            raise UserError(f"The folder {folder} cannot be used ({e}): set DATA_DIR to another one.") from None
        self.jobs: dict[str, Job] = {job.id: job for job in self._stored()}
        """All jobs by id: the table's content."""
        self._unwritten: set[str] = set()
        self._resume()

    def close(self) -> None:
        self._db.close()
        self._lock.release()

    def job_folder(self, job_id: str) -> Path:
        """The private folder of a job; raises ValueError for what is no id, so that no path is made of it."""
        if not is_id(job_id):
            raise ValueError(f"{job_id!r} is no id of a job")
        return self._sounds / job_id

    def add(self, job: Job) -> None:
        """Keep a new job; raises sqlite3.Error when the disk is full."""
        job.created_s = time.time()
        marks = ", ".join("?" * len(_COLUMNS))
        self._db.execute(f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({marks})", _row(job))
        self.jobs[job.id] = job

    def update(self, job: Job, **changes: Any) -> None:
        """Change fields of a job; the change to a final state sets its time and removes its sound."""
        for name, value in changes.items():
            setattr(job, name, value)
        if job.state in ENDED and job.finished_s is None:
            job.finished_s = time.time()
        self._unwritten.add(job.id)
        self.write_again()
        if job.state in ENDED:
            (self.job_folder(job.id) / SOUND).unlink(missing_ok=True)

    def write_again(self) -> None:
        """Write changes and removals to the table that it did not take before, as the disk was full."""
        marks = ", ".join(f"{name} = ?" for name in _COLUMNS[1:])
        try:
            for job_id in list(self._unwritten):
                if job := self.jobs.get(job_id):
                    self._db.execute(f"UPDATE jobs SET {marks} WHERE id = ?", (*_row(job)[1:], job_id))
                else:
                    self._db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
                self._unwritten.discard(job_id)
        except sqlite3.Error as e:
            log.warning("%d jobs are not written yet: %s", len(self._unwritten), e)

    def remove(self, job: Job) -> None:
        """Forget a job, with its sound and its result."""
        self.jobs.pop(job.id, None)
        self._unwritten.add(job.id)
        self.write_again()
        shutil.rmtree(self.job_folder(job.id), ignore_errors=True)

    def remove_old(self, ttl_s: float) -> None:
        """Forget jobs that ended longer ago than this; of these and all that were removed nothing stays in any file."""
        limit_s = time.time() - ttl_s
        for job in [job for job in self.jobs.values() if job.finished_s is not None and job.finished_s < limit_s]:
            self.remove(job)
        self.write_again()
        with suppress(sqlite3.Error):  # a full disk: the next time
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def of_state(self, state: State) -> list[Job]:
        return [job for job in self.jobs.values() if job.state is state]

    def _stored(self) -> Iterator[Job]:
        self._db.row_factory = sqlite3.Row
        for row in self._db.execute(f"SELECT {', '.join(_COLUMNS)} FROM jobs ORDER BY created_s"):
            values = dict(row)
            yield Job(**{**values, "request": json.loads(values["request"]), "state": State(values["state"])})

    def _resume(self) -> None:
        """After a start: what ran is queued again, what lost its sound is lost, folders of no job are removed."""
        for job in list(self.jobs.values()):
            if job.state in ENDED:
                continue
            if not (self.job_folder(job.id) / SOUND).is_file():
                self.update(job, state=State.LOST, error=_LOST)
            elif job.state is State.RUNNING and job.attempts >= MOST_ATTEMPTS:
                self.update(job, state=State.FAILED, error=_ENDED_TWICE)
            elif job.state is State.RUNNING:
                self.update(job, state=State.QUEUED, started_s=None)
        for folder in self._sounds.iterdir():
            if folder.name not in self.jobs:
                shutil.rmtree(folder, ignore_errors=True)


def _row(job: Job) -> tuple[Any, ...]:
    values = {name: getattr(job, name) for name in _COLUMNS}
    return tuple({**values, "request": json.dumps(job.request), "state": str(job.state)}.values())

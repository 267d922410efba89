"""The service behind its routes: takes uploads, knows jobs, gives results, sweeps what is old."""

import asyncio
import json
import logging
import math
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from starlette.requests import Request

from horuslib.core.errors import UserError
from horuslib.service.jobs import Job, JobRequest, JobView, State, is_id, new_id, view
from horuslib.service.kinds import KINDS
from horuslib.service.schedule import order
from horuslib.service.settings import Settings
from horuslib.service.store import RESULT, SOUND, Store
from horuslib.service.web.errors import Refusal
from horuslib.service.web.uploads import Form, receive
from horuslib.service.workers.pool import Pool

log = logging.getLogger(__name__)
_SWEEP_S = 30.0
_BUSY_RETRY_S = 10


class Service:
    """One running service; made within the event loop, over an open store that it closes at its end."""

    def __init__(self, settings: Settings, store: Store):
        self.settings, self.store = settings, store
        self.pool = Pool(self.store, settings)
        self.draining = False
        self._arriving = 0
        """Uploads in progress: they have a place in the queue."""
        self._tasks = [asyncio.ensure_future(work) for work in (self.pool.run(), self._sweep())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pool.close()
        self.store.close()

    async def drain(self) -> None:
        """Take and start nothing more; wait for what runs, at most DRAIN_SECONDS."""
        self.draining, self.pool.accepting = True, False
        try:
            await asyncio.wait_for(self.pool.wait_until_idle(), self.settings.drain_s)
        except TimeoutError:
            log.warning("jobs are still running; they are queued for the next start")

    async def accept(self, request: Request, owner: str, read: Any) -> Job:
        """Receive an upload and queue its job.

        Parameters
        ----------
        read : makes a JobRequest of the form; may raise Refusal.

        Raises
        ------
        Refusal
            As `uploads.receive`; 429 when the queue is full, 503 while draining, 501 when its model is absent,
            415 when the file is no sound, 413 when it is too long.
        """
        self._check_room()
        job_id = new_id()
        folder = self.store.job_folder(job_id)
        accepted = False
        self._arriving += 1
        try:
            folder.mkdir(mode=0o700)
            form = await receive(request, folder / SOUND, round(self.settings.max_upload_mb * 1e6))
            asked: JobRequest = read(form)
            job = self._job(job_id, owner, form, asked)
            job.seconds = await self._length(folder / SOUND)
            if self.draining:
                raise _draining()
            self.store.add(job)
            accepted = True
        except (sqlite3.Error, OSError) as e:
            raise Refusal(507, f"The server cannot keep the job ({e}): try again later.", retry_after_s=60) from None
        finally:
            self._arriving -= 1
            if not accepted:
                shutil.rmtree(folder, ignore_errors=True)
        self.pool.wake()
        return job

    def job(self, job_id: str, owner: str) -> Job:
        """A client's own job; 404 for any other id, whether it exists or not."""
        job = self.store.jobs.get(job_id) if is_id(job_id) else None
        if job is None or job.owner != owner:
            raise Refusal(404, "There is no such job; jobs are removed some time after they end.", "job_id")
        return job

    def view(self, job: Job) -> JobView:
        place = order(self.store.of_state(State.QUEUED)).index(job) + 1 if job.state is State.QUEUED else None
        return view(job, place, KINDS[job.task].formats)

    def result(self, job: Job) -> dict[str, Any]:
        """The result of a job that is done; 409 for another."""
        if job.state is not State.DONE:
            raise Refusal(409, f"The job is {job.state}{f': {job.error}' if job.error else ''}.", "job_id")
        try:
            return json.loads((self.store.job_folder(job.id) / RESULT).read_bytes())
        except OSError:
            raise Refusal(404, "The result of this job is gone.", "job_id") from None

    def waiting(self) -> int:
        """Jobs that wait, with uploads in progress."""
        return len(self.store.of_state(State.QUEUED)) + self._arriving

    def _check_room(self) -> None:
        if self.draining:
            raise _draining()
        if self.waiting() >= self.settings.max_queue:
            raise Refusal(429, "The queue is full: send the job again later.", retry_after_s=_BUSY_RETRY_S)

    def _job(self, job_id: str, owner: str, form: Form, asked: JobRequest) -> Job:
        kind = KINDS.get(asked.task)
        if kind is None:
            raise Refusal(422, f"The parameter task is {asked.task!r}: it should be one of {', '.join(KINDS)}.", "task")
        packages = self.settings.packages
        if asked.package is not None and asked.package not in packages:
            raise Refusal(
                422,
                f"The parameter package is {asked.package!r}: it should be one of {', '.join(packages)}.",
                "package",
            )
        try:
            model = kind.model(asked, self.settings)
        except UserError as e:
            raise Refusal(501, str(e), "task") from None
        name = form.name or "upload"
        return Job(job_id, owner, asked.task, name, asked.model_dump(mode="json"), str(model), None)

    async def _length(self, sound: Path) -> float | None:
        found = await self.pool.probe(sound)
        if found["event"] != "done":
            raise Refusal(415, f"The file cannot be used: {found['message']}", "file")
        seconds = found["seconds"]
        if seconds is None or not math.isfinite(seconds) or seconds < 0:
            return None
        if seconds > self.settings.max_seconds:
            raise Refusal(
                413, f"The file is {seconds:.0f} s long; at most {self.settings.max_seconds:g} s are accepted.", "file"
            )
        return seconds

    async def _sweep(self) -> None:
        every_s = min(_SWEEP_S, self.settings.job_ttl_s / 2)
        while True:
            await asyncio.sleep(every_s)
            self.store.remove_old(self.settings.job_ttl_s)


def _draining() -> Refusal:
    return Refusal(503, "The server is shutting down: send the job again later.", retry_after_s=_BUSY_RETRY_S)

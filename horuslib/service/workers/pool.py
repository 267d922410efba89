"""The jobs' way through the workers: started when there is a place, watched, retried once, cancelled."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from horuslib.service.jobs import Job, State
from horuslib.service.schedule import next_job
from horuslib.service.settings import Settings
from horuslib.service.store import MOST_ATTEMPTS, SOUND, Store
from horuslib.service.workers.processes import PROBE, NotTaken, WorkerDied, WorkerProcess

log = logging.getLogger(__name__)
PROBES, _PROBE_S = 4, 30.0
"""Uploads that are looked at side by side, and for how long: one that hangs delays no other."""


class Pool:
    """Runs the store's queued jobs in worker processes; all of it in one event loop."""

    def __init__(self, store: Store, settings: Settings):
        self._store, self._settings = store, settings
        self.workers: list[WorkerProcess] = []
        self._of: dict[str, WorkerProcess] = {}
        """Job -> the worker that runs it."""
        self._wake, self._ended = asyncio.Event(), asyncio.Condition()
        self._probing = asyncio.Semaphore(PROBES)
        self._tasks: set[asyncio.Task] = set()
        self.changed: Callable[[Job], None] = lambda job: None
        """Called with a job that has been started, or has ended."""
        self.accepting = True
        """False while the server drains: what runs is finished, nothing is started."""

    def wake(self) -> None:
        """Look at the queue: something has changed."""
        self._wake.set()

    async def run(self) -> None:
        """Start jobs as places become free, until cancelled."""
        while True:
            self._wake.clear()
            while self.accepting and (job := self._next()):
                self._store.update(job, state=State.RUNNING, started_s=time.time(), attempts=job.attempts + 1)
                self.changed(job)
                self._start(self._work(job))
            await self._wake.wait()

    async def probe(self, sound: Path) -> dict[str, Any]:
        """What a file is, by a process of its own: `event` done with `seconds`, or failed with `message`."""
        request = {
            "task": PROBE,
            "folder": str(sound.parent),
            "sound": str(sound),
            "name": "upload",
            "request": {"task": PROBE},
        }
        async with self._probing:
            for _ in range(MOST_ATTEMPTS):
                worker = await self._worker(PROBE, "")
                try:
                    return await asyncio.wait_for(self._do(worker, request, None), _PROBE_S)
                except NotTaken:
                    continue
                except (WorkerDied, TimeoutError):
                    await worker.kill()
                    break
        return {"event": "failed", "message": "upload crashes the decoder, or cannot be opened in time."}

    async def cancel(self, job: Job) -> None:
        """End a job that waits or runs."""
        if job.state in (State.QUEUED, State.RUNNING):
            self._store.update(job, state=State.CANCELLED)
            self.changed(job)
            if worker := self._of.get(job.id):
                await worker.kill()
            await self._has_ended()

    async def wait_for(self, job: Job) -> None:
        """Until a job has ended."""
        async with self._ended:
            await self._ended.wait_for(lambda: job.state not in (State.QUEUED, State.RUNNING))

    async def wait_until_idle(self) -> None:
        """Until no job runs."""
        async with self._ended:
            await self._ended.wait_for(lambda: not self._of and not self._running())

    async def close(self) -> None:
        """End all workers; what ran is queued for the next start, and that try does not count."""
        self.accepting = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._running():
            self._store.update(job, state=State.QUEUED, started_s=None, attempts=job.attempts - 1)
        await asyncio.gather(*(worker.kill() for worker in self.workers))

    def _running(self) -> list[Job]:
        return self._store.of_state(State.RUNNING)

    def _next(self) -> Job | None:
        return next_job(self._store.of_state(State.QUEUED), self._running(), self._settings.workers)

    async def _work(self, job: Job) -> None:
        """One try of a job."""
        folder = self._store.job_folder(job.id)
        request = {
            "task": job.task, "folder": str(folder), "sound": str(folder / SOUND), "name": job.name,
            "request": job.request, "seconds": job.seconds,
        }  # fmt: skip
        deadline_s = min(job.request.get("deadline_s") or self._settings.job_deadline_s, self._settings.job_deadline_s)
        try:
            answer = await asyncio.wait_for(self._try(job, request), deadline_s)
            if answer["event"] == "done":
                self._conclude(job, State.DONE)
            else:
                self._conclude(job, State.FAILED, answer["message"])
        except TimeoutError:
            self._conclude(job, State.FAILED, f"It was not done within its deadline of {deadline_s:g} s.")
        except WorkerDied as e:
            if job.attempts < MOST_ATTEMPTS:
                self._conclude(job, State.QUEUED)
            else:
                self._conclude(job, State.FAILED, f"Its worker process died twice ({e}).")
        except OSError as e:
            self._conclude(job, State.FAILED, f"Its worker process could not be started ({e.strerror}).")
        finally:
            await self._has_ended()

    async def _try(self, job: Job, request: dict[str, Any]) -> dict[str, Any]:
        while True:
            worker = await self._worker(job.task, job.model)
            if job.state is not State.RUNNING:  # cancelled while the worker was started
                worker.busy = False
                return {"event": "failed", "message": ""}
            self._of[job.id] = worker
            try:
                return await self._do(worker, request, job)
            except NotTaken:
                continue
            except asyncio.CancelledError:  # the deadline
                await worker.kill()
                raise
            finally:
                self._of.pop(job.id, None)

    async def _do(self, worker: WorkerProcess, request: dict[str, Any], job: Job | None) -> dict[str, Any]:
        def progress(share: float) -> None:
            if job:
                job.progress = share

        worker.busy = True
        try:
            return await worker.do(request, progress)
        finally:
            worker.busy = False

    def _conclude(self, job: Job, state: State, error: str = "") -> None:
        if job.state is State.RUNNING:  # not cancelled meanwhile
            self._store.update(job, state=state, error=error)
            self.changed(job)

    async def _has_ended(self) -> None:
        self.wake()
        async with self._ended:
            self._ended.notify_all()

    async def _worker(self, kind: str, model: str) -> WorkerProcess:
        """An idle worker with this model, or a new one; another model's idle worker makes room for it."""
        idle = [w for w in self.workers if not w.busy and w.alive]
        fitting = [w for w in idle if (w.kind, w.model) == (kind, model)]
        if fitting:
            fitting[-1].busy = True
            return fitting[-1]
        places = [w for w in self.workers if w.kind != PROBE]
        others = sorted((w for w in idle if w.kind != PROBE), key=lambda w: w.idle_since_s)
        if kind != PROBE and len(places) >= self._settings.workers and others:
            self.workers.remove(others[0])
            await others[0].kill()
        worker = await WorkerProcess.start(kind, model)
        worker.busy = True
        self.workers.append(worker)
        self._start(self._watch(worker))
        return worker

    async def _watch(self, worker: WorkerProcess) -> None:
        await worker.ended()
        log.info("worker %d (%s) has ended", worker.pid, worker.kind)
        with suppress(ValueError):
            self.workers.remove(worker)

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

"""Prometheus: queue, jobs, latency of answers and of jobs, memory, models loaded."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from horuslib.service.jobs import Job, State
from horuslib.service.kinds import NO_MODEL
from horuslib.service.service import Service
from horuslib.service.workers.processes import rss_bytes

_SECONDS = (0.005, 0.025, 0.1, 0.25, 1, 5, 30, 120, 600, 3600)


class Metrics:
    """The measures of one service."""

    def __init__(self, service: Service):
        self._service = service
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self.latency = Histogram(
            "horus_http_seconds", "Seconds until an answer", ["method", "route"], registry=self._registry,
            buckets=_SECONDS,
        )  # fmt: skip
        self._wait = self._of_jobs("horus_job_wait_seconds", "Seconds from a job's arrival to its first try", ["task"])
        self._work = self._of_jobs("horus_job_work_seconds", "Seconds of a job's last try", ["task", "state"])
        service.pool.changed = self._observe

    def _of_jobs(self, name: str, what: str, labels: list[str]) -> Histogram:
        return Histogram(name, what, labels, registry=self._registry, buckets=_SECONDS)

    def _observe(self, job: Job) -> None:
        if job.started_s is None:  # cancelled in the queue
            return
        if job.state is State.RUNNING and job.attempts == 1:
            self._wait.labels(job.task).observe(job.started_s - job.created_s)
        elif job.finished_s is not None:
            self._work.labels(job.task, str(job.state)).observe(job.finished_s - job.started_s)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Called by the registry for each answer."""
        store, workers = self._service.store, self._service.pool.workers
        jobs = GaugeMetricFamily("horus_jobs", "Jobs that are kept, by state", labels=["state"])
        for state in State:
            jobs.add_metric([state], len(store.of_state(state)))
        yield jobs
        yield GaugeMetricFamily("horus_queue", "Jobs that wait, with uploads in progress", self._service.waiting())
        memory = GaugeMetricFamily("horus_rss_bytes", "Resident memory of a process", labels=["process", "pid"])
        memory.add_metric(["web", "self"], rss_bytes())
        busy = GaugeMetricFamily("horus_worker_busy", "1 while a worker has a job", labels=["process", "pid"])
        for worker in workers:
            memory.add_metric([worker.kind, str(worker.pid)], worker.rss_bytes())
            busy.add_metric([worker.kind, str(worker.pid)], int(worker.busy))
        yield memory
        yield busy
        loaded = sum(Path(worker.model) != NO_MODEL for worker in workers)
        yield GaugeMetricFamily("horus_models_loaded", "Workers that hold a model", loaded)

"""What Prometheus is told of jobs and workers."""

from types import SimpleNamespace

import pytest

from horuslib.service.jobs import Job, State
from horuslib.service.kinds import KINDS, NO_MODEL
from horuslib.service.web.metrics import Metrics


def worker(kind, model):
    return SimpleNamespace(kind=kind, model=model, pid=1, busy=False, rss_bytes=lambda: 5)


@pytest.fixture
def service():
    workers = [worker("probe", ""), worker("diarize", str(NO_MODEL)), worker("both", "/models/pt")]
    return SimpleNamespace(
        store=SimpleNamespace(of_state=lambda state: []),
        pool=SimpleNamespace(workers=workers, changed=None),
        waiting=lambda: 0,
    )


def test_a_worker_without_a_model_holds_none(service):
    assert KINDS["diarize"].model(None, None) == NO_MODEL
    assert "\nhorus_models_loaded 1.0" in Metrics(service).text().decode()


def test_jobs_waiting_and_work_are_told_by_kind(service):
    metrics = Metrics(service)
    job = Job("a", "", "diarize", "a.wav", {}, "", 10.0, State.RUNNING, 100.0, 103.0, attempts=1)
    service.pool.changed(job)
    job.attempts = 2
    service.pool.changed(job)
    job.state, job.finished_s = State.DONE, 110.0
    service.pool.changed(job)
    service.pool.changed(Job("b", "", "both", "b.wav", {}, "", 10.0, State.CANCELLED, 100.0, None, 101.0))
    lines = metrics.text().decode().splitlines()
    assert 'horus_job_wait_seconds_sum{task="diarize"} 3.0' in lines
    assert 'horus_job_wait_seconds_count{task="diarize"} 1.0' in lines
    assert 'horus_job_work_seconds_sum{state="done",task="diarize"} 7.0' in lines
    assert not [line for line in lines if line.startswith("horus_job_work") and "both" in line]

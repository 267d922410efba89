"""Real worker processes that die, hang, are cancelled, fall idle; a server that is killed or drained."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
import soundfile

from horuslib.service.workers.pool import PROBES
from tests.conftest import noise
from tests.service.server import Server, alive, server, until

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def environment(export):
    return {"PACKAGE_DIR": str(export), "WORKERS": "1"}


@pytest.fixture
def start(data, environment):
    """Starts a server that the test may end itself; none is left after it."""
    started = []

    def new():
        started.append(Server(data, environment))
        return started[-1]

    yield new
    for found in started:
        found.stop(signal.SIGKILL)


def hold(found, beep, **fields):
    """A job whose worker was stopped before it could finish; returns its id and the worker's process id."""
    job_id = found.submit(beep, **fields).json()["id"]
    (pid,) = until(lambda: found.workers("diagnose"), "a worker starts")
    os.kill(pid, signal.SIGSTOP)
    assert found.job(job_id)["state"] == "running"
    return job_id, pid


def test_a_dead_worker_costs_one_retry_then_the_job_fails_and_says_why(data, environment, beep):
    with server(data, **environment) as found:
        job_id, pid = hold(found, beep)
        other = found.submit(beep).json()["id"]
        os.kill(pid, signal.SIGKILL)
        (second,) = until(lambda: [p for p in found.workers("diagnose") if p != pid], "the job is tried again")
        os.kill(second, signal.SIGKILL)
        job = found.finished(job_id)
        assert (job["state"], job["error"]) == ("failed", "Its worker process died twice (SIGKILL).")
        assert found.finished(other)["state"] == "done"


def test_a_job_whose_worker_dies_once_is_done(data, environment, beep):
    with server(data, **environment) as found:
        job_id, pid = hold(found, beep)
        os.kill(pid, signal.SIGKILL)
        assert found.finished(job_id)["state"] == "done"


def test_a_hanging_job_fails_at_its_deadline_and_the_next_runs(data, environment, beep):
    with server(data, **environment) as found:
        job_id, pid = hold(found, beep, deadline_s="2")
        job = found.finished(job_id)
        assert (job["state"], job["error"]) == ("failed", "It was not done within its deadline of 2 s.")
        assert not alive(pid)
        assert found.finished(found.submit(beep).json()["id"])["state"] == "done"


def test_deleting_a_running_job_ends_its_worker(data, environment, beep):
    with server(data, **environment) as found:
        job_id, pid = hold(found, beep)
        assert found.client.delete(f"/v1/jobs/{job_id}").status_code == 204
        assert not alive(pid)
        assert found.finished(found.submit(beep).json()["id"])["state"] == "done"


def test_a_full_queue_says_when_to_come_again_and_places_are_told(data, environment, beep):
    with server(data, **environment, MAX_QUEUE="2") as found:
        hold(found, beep)
        waiting = [found.submit(beep).json() for _ in range(2)]
        assert [job["place"] for job in waiting] == [1, 2]
        refused = found.submit(beep)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert found.client.get("/health").status_code == 200


def test_a_file_that_hangs_the_probe_delays_no_other(data, environment, beep):
    with server(data, **environment) as found:
        found.submit(beep)
        (pid,) = found.workers("probe")
        os.kill(pid, signal.SIGSTOP)
        with ThreadPoolExecutor() as threads:
            hanging = threads.submit(found.submit, beep)
            busy = f'horus_worker_busy{{pid="{pid}",process="probe"}} 1.0'
            until(lambda: busy in found.client.get("/metrics").text, "the file is probed")
            assert found.submit(beep).status_code == 202
            assert not hanging.done()
            os.kill(pid, signal.SIGCONT)
            assert hanging.result().status_code == 202


def test_probes_side_by_side_are_bounded(data, environment, beep):
    with server(data, **environment) as found, ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: found.submit(beep).status_code, range(20)))
        assert answers == [202] * 20
        assert 0 < len(found.workers("probe")) <= PROBES


def test_an_idle_worker_ends_and_the_next_request_works(data, environment, beep):
    with server(data, **environment, MODEL_IDLE_SECONDS="0.5") as found:
        for _ in range(2):
            assert found.finished(found.submit(beep).json()["id"])["state"] == "done"
            until(lambda: "horus_models_loaded 0.0" in found.client.get("/metrics").text, "the model is unloaded")


def test_a_worker_that_may_not_unload_stays(data, environment, beep):
    with server(data, **environment, AUTO_UNLOAD_MODELS="false", MODEL_IDLE_SECONDS="0") as found:
        for _ in range(2):
            found.finished(found.submit(beep).json()["id"])
        first = found.workers("diagnose")
        found.finished(found.submit(beep).json()["id"])
        assert found.workers("diagnose") == first != []


def test_a_killed_server_loses_no_job_and_leaves_no_process(data, environment, beep, start):
    found = start()
    held, pid = hold(found, beep)
    waiting = found.submit(beep, name="second.wav").json()["id"]
    os.kill(pid, signal.SIGCONT)
    found.stop(signal.SIGKILL)
    until(lambda: not alive(pid), "the worker ends with its server")
    with server(data, **environment) as again:
        assert again.finished(held)["state"] == "done"
        assert again.finished(waiting)["state"] == "done"
        name = again.client.get(f"/v1/jobs/{waiting}/json").json()["file"]
        assert name == again.job(waiting)["name"] == "second.wav"


def test_a_draining_server_refuses_finishes_and_keeps_what_waits(data, environment, beep, rng, tmp_path, start):
    soundfile.write(tmp_path / "noise.wav", noise(rng, 20), 16000)
    found = start()
    held, pid = hold(found, beep)
    waiting = found.submit(tmp_path / "noise.wav").json()["id"]
    found.process.send_signal(signal.SIGTERM)
    refused = until(lambda: (a := found.submit(beep)).status_code == 503 and a, "new jobs are refused")
    assert "retry-after" in refused.headers
    assert found.client.get("/ready").status_code == 503
    os.kill(pid, signal.SIGCONT)
    found.client.close()
    assert found.process.wait(60) is not None
    with server(data, **environment) as again:
        assert again.job(held)["state"] == "done"
        assert again.finished(waiting)["state"] == "done"

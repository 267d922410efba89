"""Locust: clients that send clips and keep the texts. Run by `bench.service`.

The environment names CLIPS (a folder of WAV files with expected.json), JOBS (of each client) and RESULTS (a file that
receives a JSON line per job).
"""

import json
import os
import time
from itertools import count
from pathlib import Path

import gevent
from locust import HttpUser, constant, task
from locust.exception import StopUser

CLIPS, JOBS, RESULTS = Path(os.environ["CLIPS"]), int(os.environ["JOBS"]), Path(os.environ["RESULTS"])
NAMES = sorted(json.loads((CLIPS / "expected.json").read_text("utf-8")))
_numbers = count()
_POLL_S = 2.0
_STRIDE = 13
"""Clients that begin together never send the same clip at the same time."""


class Client(HttpUser):
    """Sends JOBS clips, one after the other."""

    wait_time = constant(0)

    def on_start(self):
        self.number = next(_numbers)

    @task
    def all_jobs(self):
        for k in range(JOBS):
            self.one_job(NAMES[(self.number + _STRIDE * k) % len(NAMES)])
        raise StopUser

    def one_job(self, name):
        record = {"clip": name, "began_s": time.time(), "refused": 0}
        content = (CLIPS / name).read_bytes()
        while True:
            answer = self.client.post("/v1/jobs", files={"file": (name, content)}, data={"task": "transcribe"})
            if answer.status_code != 429:
                break
            record["refused"] += 1
            gevent.sleep(_POLL_S)
        record["status"] = answer.status_code
        if answer.status_code == 202:
            path = f"/v1/jobs/{answer.json()['id']}"
            while (job := self.client.get(path, name="/v1/jobs/ID").json())["state"] in ("queued", "running"):
                gevent.sleep(_POLL_S)
            record["state"], record["error"] = job["state"], job["error"]
            if job["state"] == "done":
                record["text"] = self.client.get(f"{path}/txt", name="/v1/jobs/ID/txt").text
            self.client.delete(path, name="/v1/jobs/ID")
        record["ended_s"] = time.time()
        with open(RESULTS, "a", encoding="utf-8") as f:
            f.write(json.dumps(record) + "\n")

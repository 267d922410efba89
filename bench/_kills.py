"""What a server survives: killed workers, killed servers, a full disk, clients that leave; each many times.

Each accident gives the same figures: jobs that were accepted and are not `done` in the end (`lost`, and how many of
them at least say why), results under another job's name (`foreign`), processes that outlive their server (`orphans`),
and files that are left when all jobs are removed.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.service.server import Server, alive, server, until

_ORPHANS_S = 2.0
"""A worker that still runs so long after its server was killed is an orphan."""
Figures = dict[str, int]


def killed_workers(times: int, sound: Path, environment: Mapping[str, str]) -> Figures:
    """A worker dies in each of many jobs; each is done on its second try."""
    figures = _none()
    with tempfile.TemporaryDirectory() as folder:
        with server(Path(folder) / "data", **environment) as found:
            for k in range(times):
                job_id = found.submit(sound, name=f"{k}.wav").json()["id"]
                for pid in until(lambda: found.workers("diagnose"), "a worker starts"):
                    os.kill(pid, signal.SIGKILL)
                figures.update(_judged(found, {job_id: f"{k}.wav"}))
            pids = _tree(found)
        figures.update(_orphans(pids))
    return dict(figures)


def killed_servers(times: int, sound: Path, environment: Mapping[str, str]) -> Figures:
    """A server dies with a job running and one waiting; the next server ends both, under their own names."""
    figures = _none()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for k in range(times):
            found = Server(data, environment)
            ids = {found.submit(sound, name=f"{k}-{n}.wav").json()["id"]: f"{k}-{n}.wav" for n in range(2)}
            until(lambda found=found: found.workers("diagnose"), "a worker starts")
            pids = _tree(found)
            found.stop(signal.SIGKILL)
            figures.update(_orphans(pids))
            with server(data, **environment) as again:
                figures.update(_judged(again, ids))
    return dict(figures)


def clients_gone(times: int, sound: Path, environment: Mapping[str, str]) -> Figures:
    """Clients that leave in mid-upload leave nothing, and the next job is done."""
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    figures = _none()

    def half():
        yield head + sound.read_bytes()[:5000]
        raise InterruptedError

    with tempfile.TemporaryDirectory() as folder:
        with server(Path(folder) / "data", **environment) as found:
            for k in range(times):
                with suppress(InterruptedError):
                    httpx.post(f"{found.url}/v1/jobs", content=half(), headers=headers, timeout=30)
                until(lambda: not _files(found), "the upload is removed")
                figures.update(_judged(found, {found.submit(sound, name=f"{k}.wav").json()["id"]: f"{k}.wav"}))
            pids = _tree(found)
        figures.update(_orphans(pids))
    return dict(figures)


def full_disk(times: int, sound: Path, environment: Mapping[str, str]) -> Figures | None:
    """On a full disk uploads are refused with 507 and kept jobs end; None where no small file system can be mounted.

    A job that was accepted before the disk was full and fails for it is lost, whatever it says.
    """
    figures = _none()
    figures["not refused with 507"] = figures["not accepted on an empty disk"] = 0
    with tempfile.TemporaryDirectory() as folder, _small_disk(Path(folder)) as disk:
        if disk is None:
            return None
        with server(disk / "data", **environment) as found:
            for k in range(times):
                kept = found.submit(sound, name=f"{k}.wav")
                _fill(disk / "filler")
                figures["not refused with 507"] += found.submit(sound).status_code != 507
                (disk / "filler").unlink(missing_ok=True)
                if kept.status_code == 202:
                    figures.update(_judged(found, {kept.json()["id"]: f"{k}.wav"}))
                else:
                    figures["not accepted on an empty disk"] += 1
            pids = _tree(found)
        figures.update(_orphans(pids))
    return dict(figures)


def _none() -> Counter:
    return Counter({"lost": 0, "of them with a reason": 0, "foreign": 0, "orphans": 0, "left files": 0})


def _judged(found: Server, names: Mapping[str, str]) -> Figures:
    """What became of jobs (id -> name), which are removed; files that are left of them and others."""
    figures = _none()
    for job_id, name in names.items():
        job = found.finished(job_id)
        if job["state"] == "done":
            figures["foreign"] += found.client.get(job["results"]["json"]).json()["file"] != name
        else:
            figures["lost"] += 1
            figures["of them with a reason"] += bool(job["error"])
        found.client.delete(f"/v1/jobs/{job_id}")
    figures["left files"] += len(_files(found))
    return figures


def _tree(found: Server) -> list[int]:
    """All processes that a server has started."""
    import psutil

    return [process.pid for process in psutil.Process(found.process.pid).children(recursive=True)]


def _orphans(pids: list[int]) -> Figures:
    """Of the processes of a server that has ended."""
    time.sleep(_ORPHANS_S)
    return {"orphans": sum(map(alive, pids))}


def _files(found: Server) -> list[Path]:
    """Folders and files of jobs."""
    return list((found.data / "jobs").rglob("*"))


def _fill(filler: Path) -> None:
    with open(filler, "wb") as f:
        try:
            while True:
                f.write(bytes(2**20))
        except OSError:
            pass


@contextmanager
def _small_disk(folder: Path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)], capture_output=True)
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)

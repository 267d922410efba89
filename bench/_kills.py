"""What a server survives: killed workers, killed servers, a full disk, clients that leave; each many times."""

import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.service.server import Server, alive, server, until

_ORPHANS_S = 2.0
"""A worker that still runs so long after its server was killed is an orphan."""


def killed_workers(times: int, sound: Path, environment: dict[str, str]) -> dict[str, int]:
    """A worker dies in each of many jobs; each is done on its second try."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data", **environment) as found:
        done = 0
        for _ in range(times):
            job_id = found.submit(sound).json()["id"]
            pids = until(lambda: found.workers("diagnose"), "a worker starts")
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            done += found.finished(job_id)["state"] == "done"
        return {"lost": times - done, "left folders": len(_folders(found)) - times}


def killed_servers(times: int, sound: Path, environment: dict[str, str]) -> dict[str, int]:
    """A server dies with a job running and one waiting; the next server ends both, under their own names."""
    lost = foreign = orphans = 0
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for k in range(times):
            found = Server(data, environment)
            ids = {found.submit(sound, name=f"{k}-{n}.wav").json()["id"]: f"{k}-{n}.wav" for n in range(2)}
            pids = until(lambda found=found: found.workers("diagnose"), "a worker starts")
            found.stop(signal.SIGKILL)
            time.sleep(_ORPHANS_S)
            orphans += sum(map(alive, pids))
            with server(data, **environment) as again:
                for job_id, name in ids.items():
                    lost += again.finished(job_id)["state"] != "done"
                    foreign += again.client.get(f"/v1/jobs/{job_id}/json").json()["file"] != name
                    again.client.delete(f"/v1/jobs/{job_id}")
                left = len(_folders(again))
    return {"lost": lost, "foreign": foreign, "orphan processes": orphans, "left folders": left}


def clients_gone(times: int, sound: Path, environment: dict[str, str]) -> dict[str, int]:
    """Clients that leave in mid-upload leave nothing, and the next job is done."""
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data", **environment) as found:
        for _ in range(times):

            def half():
                yield head + sound.read_bytes()[:5000]
                raise InterruptedError

            try:
                headers = {"content-type": "multipart/form-data; boundary=x"}
                httpx.post(f"{found.url}/v1/jobs", content=half(), headers=headers, timeout=30)
            except InterruptedError:
                pass
        until(lambda: not _folders(found), "the folders are removed")
        state = found.finished(found.submit(sound).json()["id"])["state"]
        return {"lost": int(state != "done"), "left folders": len(_folders(found)) - 1}


def full_disk(times: int, sound: Path, environment: dict[str, str]) -> dict[str, int] | None:
    """On a full disk uploads are refused with 507 and kept jobs end; None where no small file system can be mounted."""
    with tempfile.TemporaryDirectory() as folder, _small_disk(Path(folder)) as disk:
        if disk is None:
            return None
        lost = other = 0
        with server(disk / "data", **environment) as found:
            for _ in range(times):
                kept = found.submit(sound)
                filler = disk / "filler"
                with open(filler, "wb") as f:
                    try:
                        while True:
                            f.write(bytes(2**20))
                    except OSError:
                        pass
                other += found.submit(sound).status_code != 507
                filler.unlink(missing_ok=True)
                if kept.status_code == 202:
                    job = found.finished(kept.json()["id"])
                    lost += job["state"] not in ("done", "failed") or (job["state"] == "failed" and not job["error"])
                    found.client.delete(f"/v1/jobs/{job['id']}")
                else:
                    lost += 1
            lost += found.finished(found.submit(sound).json()["id"])["state"] != "done"
            return {"lost": lost, "not refused with 507": other, "left folders": len(_folders(found)) - 1}


@contextmanager
def _small_disk(folder: Path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)], capture_output=True)
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _folders(found: Server) -> list[Path]:
    return list((found.data / "jobs").iterdir())

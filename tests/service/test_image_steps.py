"""The Dockerfile's steps executed in a bare Debian, where no container engine is needed: its server works as its user.

Needs root, debootstrap and the registries of Debian and PyPI, and takes minutes: it is skipped where one is missing, as
on most machines. Debian's own Python takes the place of the base image's.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.browser.servers import free_port
from tests.conftest import PROJECT
from tests.service.server import until

pytestmark = pytest.mark.slow

SUITE, MIRROR = "trixie", "http://deb.debian.org/debian"
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The root of a bare Debian with Python."""
    missing = [name for name in ("debootstrap", "chroot") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"{', '.join(missing) or 'root'} is missing: the Dockerfile's steps are not executed here")
    root = tmp_path_factory.mktemp("image") / "root"
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root), MIRROR],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no bare Debian could be made ({(made.stdout + made.stderr).strip().splitlines()[-1]})")
    for path in (Path("/etc/resolv.conf"), CERTIFICATES):
        if path.exists():
            shutil.copyfile(path, root / path.relative_to("/"))
    return root


def instructions():
    """(name, text) of the Dockerfile's instructions, with continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


class Build:
    """Executes instructions in one root: stages share it, so that what is copied between them is there already."""

    def __init__(self, root):
        self.root, self.folder, self.user = root, "/", "root"
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        self.command, self.check = [], []

    def run(self, command, user="root", **options):
        given = ["chroot", f"--userspec={user}", str(self.root), "env", "-i"]
        given += [f"{name}={value}" for name, value in self.environment.items()]
        return subprocess.Popen([*given, *command], **options)

    def execute(self, name, text):
        if name == "WORKDIR":
            self.folder = text
            (self.root / text.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "COPY" and not text.startswith("--from"):
            *sources, target = text.split()
            for source in sources:
                self.copy(PROJECT / source, self.root / self.folder.lstrip("/") / target)
        elif name == "RUN":
            done = self.run(["sh", "-ec", f"cd {self.folder}; {text}"], stderr=subprocess.PIPE, text=True)
            said = done.communicate()[1]
            assert done.returncode == 0, said[-2000:]
        elif name == "ENV":
            for one in shlex.split(text):
                key, _, value = one.partition("=")
                self.environment[key] = value.replace("$PATH", self.environment["PATH"])
        elif name == "USER":
            self.user = text
        elif name == "CMD":
            self.command = json.loads(text)
        elif name == "HEALTHCHECK":
            self.check = json.loads(text.partition("CMD")[2])

    def copy(self, source, target):
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


@pytest.fixture(scope="module")
def built(bare):
    build = Build(bare)
    for name, text in instructions():
        build.execute(name, text)
    return build


def test_the_server_of_the_image_works_as_its_user(built, tmp_path):
    port = str(free_port())
    built.environment["TOKENS"] = TOKEN
    command = [port if word == "8000" else word for word in built.command]
    check = [word.replace(":8000", f":{port}") for word in built.check]
    with open(tmp_path / "log", "wb") as log:
        server = built.run(command, built.user, stdout=log, stderr=log)
    try:
        healthy = lambda: built.run(check, built.user, stderr=subprocess.DEVNULL).wait() == 0  # noqa: E731
        until(healthy, f"HEALTHCHECK is content; {(tmp_path / 'log').read_text()[-500:]}")
        uid = Path(f"/proc/{server.pid}/status").read_text().split("Uid:")[1].split()[0]
        assert uid == "10001"
        address, headers = f"http://127.0.0.1:{port}/v1/jobs", {"Authorization": f"Bearer {TOKEN}"}
        sound = PROJECT / "data" / "demo_speakers" / "entrevista_01.webm"
        with open(sound, "rb") as file:
            asked = httpx.post(address, headers=headers, files={"file": (sound.name, file)}, data={"task": "diarize"})
        job = until(lambda: _ended(f"{address}/{asked.json()['id']}", headers), "the job ends")
        assert (job["state"], job["error"]) == ("done", "")
        assert (
            len({t["speaker"] for t in httpx.get(f"{address}/{job['id']}/json", headers=headers).json()["turns"]}) == 2
        )
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
    owned = subprocess.run(
        ["find", str(built.root), "-xdev", "-user", "10001", "-not", "-path", "*/proc/*"],
        capture_output=True,
        text=True,
    ).stdout.split()
    assert {re.sub(r"/data.*", "/data", path.removeprefix(str(built.root))) for path in owned} == {"/data"}


def _ended(address, headers):
    time.sleep(0.5)
    job = httpx.get(address, headers=headers).json()
    return job["state"] not in ("queued", "running") and job

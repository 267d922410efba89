"""Real local servers for one test, each in its own process group, stopped with all its kernels."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from horuslib.core.paths import PROJECT

TOKEN = "panel"


@contextmanager
def jupyterlab(notebooks, root, home):
    """What `make lab` opens, over a folder of notebooks; yields the address to which a notebook's name is added."""
    port = free_port()
    command = ["-m", "jupyterlab", *_lab_options(), "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={notebooks}"]
    with _served(command, f"http://127.0.0.1:{port}/api?token={TOKEN}", root, home):
        yield lambda name: f"http://127.0.0.1:{port}/lab/tree/{name}?token={TOKEN}"


def _lab_options():
    asked = ["make", "--no-print-directory", "-n", "lab", "ENV=active"]
    printed = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    words = shlex.split(printed.splitlines()[-1])
    return words[words.index("lab") + 1 : words.index("notebooks")]


@contextmanager
def application(root, home, task="horus"):
    """`horus review`; yields the address that it prints."""
    port = free_port()
    command = ["-m", "horuslib.cli", "review", "--task", task, "--no-browser", "--port", str(port)]
    with _served(command, f"http://127.0.0.1:{port}/voila/static/voila.js", root, home) as log:
        deadline = time.monotonic() + 30
        while not (found := re.search(r"The panel: (\S+)", log.read_text("utf-8"))):
            assert time.monotonic() < deadline, log.read_text("utf-8")[-2000:]
            time.sleep(0.1)
        yield found[1]


@contextmanager
def _served(command, asked, root, home):
    log = home / f"{command[1]}.log"
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "HORUS_ROOT": str(root)}
    environment |= {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    with open(log, "wb") as output:
        server = subprocess.Popen(
            [sys.executable, *command], env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_it_answers(asked, server, log)
        yield log
    finally:
        server.send_signal(signal.SIGINT)
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_until_it_answers(address, server, log, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert server.poll() is None, log.read_text()[-2000:]
            time.sleep(0.3)
    raise TimeoutError(f"{address} did not answer; {log.read_text()[-2000:]}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def kernel_peak_bytes(home):
    """Peak memory of the kernels of these servers (VmHWM)."""
    mine = f"JUPYTER_RUNTIME_DIR={home / 'runtime'}".encode()
    peaks = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = mine in (process / "environ").read_bytes().split(b"\0")
            if ours and b"ipykernel" in (process / "cmdline").read_bytes():
                peaks.append(1024 * int(re.search(r"VmHWM:\s+(\d+)", (process / "status").read_text())[1]))
        except (OSError, TypeError):
            continue
    return max(peaks)

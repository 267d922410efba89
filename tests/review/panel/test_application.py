"""The application is the notebook of the panel without its static part."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest

from horuslib.core.errors import UserError
from horuslib.core.paths import PROJECT, Paths
from horuslib.review.panel import application
from horuslib.tasks import load_speakers_task
from tests.browser.servers import free_port
from tests.reviewed import make_reviewed


def test_only_the_cells_of_the_panel_are_kept_with_the_given_task(heimdall, tmp_path):
    written = application.prepare("heimdall", heimdall, Paths(root=tmp_path))
    cells = nbformat.read(written, as_version=4).cells
    assert written.is_relative_to(tmp_path)
    assert {cell.cell_type for cell in cells} == {"code"}
    sources = [cell.source for cell in cells]
    assert any('task = "heimdall"\nlive = True' in source for source in sources)
    assert "widgets.panel(spec)" in sources[-1]
    whole = nbformat.read(PROJECT / "notebooks" / "07_review.ipynb", as_version=4).cells
    assert len(whole) > len(cells) + 5


def test_nothing_to_review_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="06_evaluate of task horus has not run yet"):
        application.serve("horus", paths=Paths(root=tmp_path))


def test_a_port_in_use_is_a_clear_error(horus, tmp_path):
    paths = make_reviewed(horus, tmp_path, recordings=6)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} is in use"):
            application.serve("horus", port, open_browser=False, paths=paths)


def test_each_workbook_has_the_panel_of_its_own(tmp_path):
    task = load_speakers_task("speakers")
    written = application.prepare("speakers", task, Paths(root=tmp_path), task.steps)
    cells = nbformat.read(written, as_version=4).cells
    assert "turn_panel(spec)" in cells[-1].source
    assert written.name == "05_review.ipynb"
    with pytest.raises(UserError, match="03_diarization of task speakers has not run yet"):
        application.serve("speakers", paths=Paths(root=tmp_path))
    with pytest.raises(UserError, match="06_evaluate of task spectral has not run yet"):
        application.serve("spectral", paths=Paths(root=tmp_path))


@pytest.fixture
def panel(horus, tmp_path):
    """`horus review` of a made root, and a function that lists the processes that belong to it."""
    root = make_reviewed(horus, tmp_path / "root", recordings=6).root
    mark = f"HORUS_TEST_PANEL={tmp_path}"
    environment = {**os.environ, "HORUS_ROOT": str(root), "HORUS_TEST_PANEL": str(tmp_path)}
    environment |= {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "horuslib.cli", "review", "--no-browser", "--port", str(free_port())]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    yield server, lambda: [p for p in processes() if mark.encode() in environment_of(p)]
    server.kill()
    server.stdout.close()
    for process in processes():
        if mark.encode() in environment_of(process):
            os.kill(process, signal.SIGKILL)
    server.wait()


def processes():
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def environment_of(process):
    """Its variables; none of one that has ended."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_and_its_kernels(panel, number):
    server, alive = panel
    address = re.search(r"The panel: (\S+)", server.stdout.readline())[1]
    with urllib.request.urlopen(address, timeout=120) as page:
        page.read(1000)
        assert len(alive()) >= 3, "the command, the server and the kernel of the page"
        server.send_signal(number)
        server.send_signal(number)
        assert server.wait(30) == 128 + number
    assert alive() == []

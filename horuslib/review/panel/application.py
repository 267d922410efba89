"""The panel as a local web application: the review notebook without its code and static part, served by Voila."""

import os
import secrets
import socket
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path

from horuslib.core import artifacts
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.workbooks import AUDIO, FOCUS, Workbook
from horuslib.review.panel.server import Server, serving
from horuslib.tasks import AnyTask, load_task, read_task

TEMPLATES = Path(__file__).parents[1] / "templates" / "jupyter"
STATIC = "static"
"""Tag of the notebook cells that show the panel's content statically, for print."""


def serve(
    task: str, port: int = 8866, open_browser: bool = True, paths: Paths | None = None, focus: bool = False
) -> int:
    """Serve a task's panel, or that of its focused fine-tune, until it is stopped; returns Voila's exit status, or
    minus the signal that stopped it.

    The server listens on 127.0.0.1 only and requires the token in the printed address, because the panel's kernel runs
    with the user's permissions.

    Raises
    ------
    UserError
        When there is no panel for the task, nothing to review yet, or the port is in use.
    """
    paths, spec = paths or Paths(), load_task(task) if focus else read_task(task)
    if not spec.steps.reviewed:
        raise UserError(f"There is no panel for tasks of the workbook {spec.steps.name}: see its report.")
    artifacts.read(FOCUS["audit"] if focus else spec.steps[spec.steps.reviewed], spec, paths)
    _check_free(port)
    notebook = prepare(task, spec, paths, FOCUS if focus else spec.steps, "relabel" if focus else "review")
    options = ["--Voila.ip=127.0.0.1", f"--port={port}", "--template=horus", "--VoilaConfiguration.file_allowlist=[]"]
    options += ["--no-browser", "--Voila.auto_token=True", "--Voila.port_retries=0"]
    found = os.pathsep.join(filter(None, (str(TEMPLATES), os.environ.get("JUPYTER_PATH"))))
    token = secrets.token_urlsafe(24)
    environment = {**os.environ, "HORUS_ROOT": str(paths.root), "JUPYTER_PATH": found, "JUPYTER_TOKEN": token}
    with serving([sys.executable, "-m", "voila", str(notebook), *options], environment) as server:
        if _answers(f"http://127.0.0.1:{port}/voila/static/voila.js", server):
            address = f"http://127.0.0.1:{port}/?token={token}"
            print(f"The panel: {address}\nCtrl+C stops it.", flush=True)
            if open_browser:
                webbrowser.open(address)
        return server.wait()


def _check_free(port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            raise UserError(
                f"Port {port} is in use, perhaps by another panel: stop that, or give another port."
            ) from None


def _answers(address: str, server: Server) -> bool:
    """Wait until a server responds; False when it ends before."""
    while server.runs():
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return True
        except OSError:
            time.sleep(0.2)
    return False


def prepare(task: str, spec: AnyTask, paths: Paths, workbook: Workbook = AUDIO, word: str = "review") -> Path:
    """Write the application's notebook: the cells that create the panel, with the parameters of this task."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    name = f"{workbook[word]}.ipynb"
    notebook = load_notebook_node(str(paths.notebooks / workbook.folder / name))
    notebook.cells = [x for x in notebook.cells if x.cell_type == "code" and STATIC not in x.metadata.tags]
    named = str(Path(task).resolve()) if task.endswith((".yaml", ".yml")) else task
    given = {"task": named, "live": True}
    if workbook is FOCUS:
        given["label"] = artifacts.read(FOCUS["audit"], spec, paths).json("audit")["label"]
    notebook = parameterize_notebook(notebook, given, kernel_name="python3", language="python")
    written = nbformat.writes(notebook).encode("utf-8")
    return artifacts.write_bytes(paths.task(spec.name) / "review" / name, written)

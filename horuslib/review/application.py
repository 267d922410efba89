"""The panel as an application: 07_review without its code and its static part, served by Voila on this machine."""

import os
import subprocess
import sys
from pathlib import Path

from horuslib import artifacts
from horuslib.paths import Paths
from horuslib.tasks import Task, load_task

NOTEBOOK = "07_review"
TEMPLATES = Path(__file__).parent / "templates" / "jupyter"
STATIC = "static"
"""The tag of the notebook's cells that repeat for paper what the panel shows."""


def serve(task: str, port: int = 8866, open_browser: bool = True, paths: Paths | None = None) -> int:
    """Serve a task's panel until it is stopped; returns Voila's exit status.

    Raises
    ------
    UserError
        When there is nothing to review yet.
    """
    paths, spec = paths or Paths(), load_task(task)
    artifacts.read("06_evaluate", spec, paths)
    notebook = prepare(task, spec, paths)
    options = ["--Voila.ip=127.0.0.1", f"--port={port}", "--template=horus", "--VoilaConfiguration.file_allowlist=[]"]
    options += [] if open_browser else ["--no-browser"]
    found = os.pathsep.join(filter(None, (str(TEMPLATES), os.environ.get("JUPYTER_PATH"))))
    environment = {**os.environ, "HORUS_ROOT": str(paths.root), "JUPYTER_PATH": found}
    return subprocess.call([sys.executable, "-m", "voila", str(notebook), *options], env=environment)


def prepare(task: str, spec: Task, paths: Paths) -> Path:
    """Write the application's notebook: the cells that make the panel, with the parameters of this task."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    notebook = load_notebook_node(str(paths.notebooks / f"{NOTEBOOK}.ipynb"))
    notebook.cells = [x for x in notebook.cells if x.cell_type == "code" and STATIC not in x.metadata.tags]
    named = str(Path(task).resolve()) if task.endswith((".yaml", ".yml")) else task
    notebook = parameterize_notebook(notebook, {"task": named, "live": True}, kernel_name="python3", language="python")
    written = nbformat.writes(notebook).encode("utf-8")
    return artifacts.write_bytes(paths.task(spec.name) / "review" / f"{NOTEBOOK}.ipynb", written)

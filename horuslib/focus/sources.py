"""What the steps of a focused fine-tune depend on from outside: the class in focus, the ledger, the evidence asked."""

from collections.abc import Mapping
from pathlib import Path

from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.workbooks import Inputs
from horuslib.datasets.sources import find_test, fingerprint_raw
from horuslib.focus.ledger import QuarantineLedger, ledger_path
from horuslib.focus.settings import check_class, default_class
from horuslib.inference.inputs import find_inputs
from horuslib.tasks import Task


def focus_class(task: Task, options: Mapping[str, str], paths: Paths) -> Inputs:
    """The label of the option `label`; the task's default when it is empty.

    Raises
    ------
    UserError
        When it is no label of the task, or the ledger is damaged: better now than after the audit.
    """
    QuarantineLedger(task, paths).entries()
    label = check_class(options.get("label") or default_class(task), task)
    return Inputs({"class": label}, {"label": label})


def tags(task: Task, options: Mapping[str, str], paths: Paths) -> Inputs:
    """What was tagged so far, by content."""
    path = ledger_path(task, paths)
    return Inputs({f"data/labels/{path.name}": sha256_file(path) if path.is_file() else ""})


def evidence(task: Task, options: Mapping[str, str], paths: Paths) -> Inputs:
    """What the gate decides by: the options `test` (a folder) and `evidence` (`held_out` or `folds`); and the folder of
    the option `programme`, in which false alarms are counted.

    Raises
    ------
    UserError
        When one of the folders does not exist.
    """
    test = find_test(options.get("test", ""))
    content: dict[str, object] = {"evidence": options.get("evidence") or "held_out"}
    if test:
        content |= {f"test: {name}": sha256 for name, sha256 in fingerprint_raw(test, paths).items()}
    programme = find_programme(options.get("programme", ""))
    if programme:
        content |= {f"programme: {name}": sha256_file(path) for path, name in find_inputs([programme])}
    folders = {"test": str(test or ""), "programme": str(programme or "")}
    return Inputs(content, {"evidence": content["evidence"], **folders})


def find_programme(programme: str) -> Path | None:
    """The folder of long programme in which the class in focus is not to be heard; None for none.

    Raises
    ------
    UserError
        When it does not exist.
    """
    if not programme:
        return None
    folder = Path(programme).expanduser().resolve()
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: give the folder of long programme, or leave PROGRAMME out.")
    return folder

"""Promotion of a candidate to production, and the way back: one of both packages stands whole at any moment.

`artifacts/TASK/export` is what scans use. A promotion puts a copy of the candidate beside it, moves the package in
production to `artifacts/TASK/export_history/NNNN`, and the copy into its place. Where it was killed between the two
moves, the next promotion, rollback or run begins by putting back what stood there. `history.csv` only grows.
"""

import getpass
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from horuslib.core import ledger_file
from horuslib.core.artifacts import sha256_file, write_json
from horuslib.core.atomic import all_to_the_disk, to_the_disk
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.export.bundle import METADATA, MODEL, PACKAGE
from horuslib.export.files.validate_audio_model_for_horus import NoPackage, check_files, read_metadata
from horuslib.tasks import Task

CANDIDATE, HISTORY, RULING = "candidate", "export_history", "ruling.json"
PENDING = "pending.json"
"""In the history's folder while an exchange is under way: the row that it will write."""
COLUMNS = ("when", "who", "action", "model_before", "model", "kept", "reason")
log = logging.getLogger(__name__)


def promote(task: Task, paths: Paths | None = None, anyway: str = "") -> tuple[Path, str]:
    """Replace the production package by the candidate that the gate let pass.

    Parameters
    ----------
    anyway : a person's reason to promote what the gate did not let pass; it is kept in the history.

    Returns
    -------
    Where the replaced package is kept, and the model's short hash.

    Raises
    ------
    UserError
        When there is no whole candidate, the gate did not let it pass or compared it with another package than the one
        in production, or another promotion is at work.
    """
    paths = paths or Paths()
    candidate = paths.task(task.name) / CANDIDATE
    ruling = _ruling(candidate, task)
    if not ruling.get("passed") and not anyway:
        raise UserError(
            f"The gate did not let {candidate} pass: {' '.join(ruling.get('reasons', []))} Nothing was changed. "
            'Whoever takes the responsibility says why: `horus promote --anyway "..."`.'
        )
    _check_whole(candidate)
    measured = ruling.get("production")
    if measured and not anyway and measured != _hash(paths.export(task.name) / MODEL):
        raise UserError(
            f"The package in production, {paths.export(task.name)}, is not the one that the gate compared {candidate} "
            f"with: run `make focus TASK={task.name}` again. Nothing was changed."
        )
    reason = f"anyway: {anyway}" if anyway and not ruling.get("passed") else "the gate let it pass"
    with _alone(task, paths):
        return _exchange(candidate, task, paths, "promote", reason)


def roll_back(task: Task, paths: Paths | None = None) -> tuple[Path, str]:
    """Put the package back that the last promotion replaced; the promoted one is kept in its stead.

    Raises
    ------
    UserError
        When nothing was promoted, or the kept package is damaged.
    """
    paths = paths or Paths()
    with _alone(task, paths):
        told = history(task, paths)
        back = {row["reason"] for row in told if row["action"] == "rollback"}
        open_ = [
            row["kept"] or "" for row in told if row["action"] == "promote" and f"back to {row['kept']}" not in back
        ]
        if not open_:
            raise UserError(f"Nothing was promoted for task {task.name} that is not rolled back: nothing was changed.")
        before = _history_folder(task, paths) / open_[-1]
        _check_whole(before)
        return _exchange(before, task, paths, "rollback", f"back to {open_[-1]}")


def history(task: Task, paths: Paths | None = None) -> list[dict[str, str | None]]:
    """Every promotion and rollback, oldest first.

    Raises
    ------
    UserError
        When the file has another header, as a spreadsheet may give it.
    """
    path = _history_folder(task, paths or Paths()) / "history.csv"
    try:
        return [row for _, row in ledger_file.read(path, COLUMNS) if None not in row.values()]
    except ValueError as e:
        raise UserError(
            f"{path} cannot be read as the history of promotions ({e}). Save it with commas between the columns, under "
            f"the header {','.join(COLUMNS)}. Nothing was changed."
        ) from None


def mend(task: Task, paths: Paths) -> None:
    """Finish what was cut off: the former package is put back where the new one did not get into its place, and an
    exchange that was not written down is."""
    export, folder = paths.export(task.name), _history_folder(task, paths)
    if not (folder / PENDING).exists():
        return
    row = _pending(folder / PENDING)
    if row is None:
        _mend_without_note(export, folder)
        return
    kept = folder / row["kept"]
    if not export.exists() and kept.is_dir():
        kept.rename(export)
    elif kept.is_dir() and row["kept"] not in {done["kept"] for done in history(task, paths)}:
        ledger_file.append(folder / "history.csv", COLUMNS, [row])
    (folder / PENDING).unlink()


def _pending(path: Path) -> dict[str, str] | None:
    """The row of the exchange under way; None where the note is damaged."""
    row = _json(path)
    whole = row.keys() == set(COLUMNS) and all(isinstance(value, str) for value in row.values())
    return row if whole and row["kept"].isdigit() else None


def _mend_without_note(export: Path, folder: Path) -> None:
    """Put the package back that was moved last, where none stands; the damaged note is kept beside."""
    kept = sorted((p for p in folder.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))
    if kept and not export.exists():
        kept[-1].rename(export)
    aside = (folder / PENDING).replace(folder / f"{PENDING}.damaged")
    log.warning(
        "%s cannot be read as the note of a promotion: it was kept as it is, a whole package stands in %s, and "
        "history.csv may lack the last row.",
        *(aside, export),
    )


def _exchange(new: Path, task: Task, paths: Paths, action: str, reason: str) -> tuple[Path, str]:
    export, folder = paths.export(task.name), _history_folder(task, paths)
    if not export.is_dir():
        raise UserError(f"There is no package {export} to replace: run `make all TASK={task.name}` first.")
    folder.mkdir(parents=True, exist_ok=True)
    history(task, paths)
    ledger_file.append(folder / "history.csv", COLUMNS, [])  # where its row could not be added, nothing is exchanged
    staged = export.with_name(f".{export.name}.promoted")
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(new, staged)
    all_to_the_disk(staged)
    numbers = [int(p.name) for p in folder.iterdir() if p.name.isdigit()]
    kept = folder / f"{max(numbers, default=0) + 1:04}"
    before, after = _model(export), _model(staged)
    row = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": _who(), "action": action, "kept": kept.name}
    row |= {"model_before": before, "model": after, "reason": reason}
    write_json(folder / PENDING, row)
    export.rename(kept)
    staged.rename(export)
    to_the_disk(export.parent)
    ledger_file.append(folder / "history.csv", COLUMNS, [row])
    (folder / PENDING).unlink()
    return kept, after


@contextmanager
def _alone(task: Task, paths: Paths) -> Iterator[None]:
    folder = paths.task(task.name)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            mend(task, paths)
            yield
    except Timeout:
        raise UserError(
            f"A run or another promotion is at work on task {task.name}: wait for it to end, then repeat."
        ) from None


def _ruling(candidate: Path, task: Task) -> dict:
    found = _json(candidate / RULING)
    if not isinstance(found.get("passed"), bool) or not isinstance(found.get("reasons"), list):
        raise UserError(
            f"There is no candidate with a ruling in {candidate}: run `make focus TASK={task.name}` first. "
            "Nothing was changed."
        )
    return found


def _check_whole(folder: Path) -> None:
    try:
        source = folder / PACKAGE
        wrong = [check.check for check in check_files(source, read_metadata(source)) if not check.passed]
    except NoPackage as e:
        raise UserError(f"{folder} is no whole package ({e}): nothing was changed.") from None
    wrong += [name for name in (MODEL,) if not (folder / name).is_file()]
    wrong += [name for name in (METADATA,) if not _model(folder)]
    if wrong:
        raise UserError(f"{folder} is damaged ({', '.join(wrong)}): nothing was changed. Make it again.")


def _history_folder(task: Task, paths: Paths) -> Path:
    return paths.task(task.name) / HISTORY


def _model(folder: Path) -> str:
    """The model's short hash; empty where the package does not say."""
    return str(_json(folder / METADATA).get("sha256") or "")[:12]


def _hash(path: Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    return sha256_file(path) if path.is_file() else ""


def _json(path: Path) -> dict:
    """A JSON object; empty where there is none, or the file is damaged."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"

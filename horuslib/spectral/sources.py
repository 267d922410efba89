"""The folder of events: the user's, or the demo corpus when there are none."""

from collections.abc import Mapping
from pathlib import Path

from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.core.paths import Paths
from horuslib.core.walk import shown
from horuslib.core.workbooks import Inputs
from horuslib.spectral.corrections import ledger_path
from horuslib.spectral.events.event import FILES, PREFIX
from horuslib.spectral.events.metadata import FILE as METADATA
from horuslib.tasks import EventsTask


def demo_folder(paths: Paths) -> Path:
    """The generated events that ship, apart from the demo corpus of the tasks on sound."""
    return paths.demo.with_name("demo_events")


def find_events_folder(raw: str | Path, paths: Paths) -> Path:
    """The folder of events: the one named, else data/raw where it holds some, else the demo corpus.

    Raises
    ------
    UserError
        When the named folder does not exist or holds no event, or there is none anywhere.
    """
    if raw:
        folder = Path(raw).expanduser().resolve()
        if not folder.is_dir():
            raise UserError(f"There is no folder {folder}: give the folder that holds the event_* folders.")
        if not holds_events(folder):
            raise UserError(
                f"{folder} holds no event: put folders event_* there, each with {', '.join(FILES.values())} "
                f"and {METADATA}."
            )
        return folder
    for folder in (paths.raw, demo_folder(paths)):
        if folder.is_dir() and holds_events(folder):
            return folder
    raise UserError(f"{paths.raw} holds no event, nor is the demo corpus in {demo_folder(paths)}: put event_* there.")


def holds_events(folder: Path) -> bool:
    """Whether there is an event's metadata, or a folder called `event_*`, below a folder."""
    return any(folder.rglob(METADATA)) or any(p.is_dir() for p in folder.rglob(f"{PREFIX}*"))


def event_folders(task: EventsTask, options: Mapping[str, str], paths: Paths) -> Inputs:
    """What the first step reads from outside: the events' files and the analyst's classes, by content."""
    folder = find_events_folder(options.get("raw", ""), paths)
    return Inputs(fingerprint_events(folder, paths), {"raw": str(folder)})


def fingerprint_events(folder: Path, paths: Paths) -> dict[str, str]:
    """Path -> sha256 of everything that reading the events depends on."""
    names = {*FILES.values(), METADATA}
    found = {shown(p.relative_to(folder).as_posix()): p for p in folder.rglob("*") if p.is_file() and p.name in names}
    ledger = ledger_path(paths)
    if ledger.is_file():
        found[f"data/labels/{ledger.name}"] = ledger
    return {name: sha256_file(path) for name, path in sorted(found.items())}

"""`horus scan` of events: one JSON per event; what was answered before is not asked again."""

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from horuslib.core.artifacts import sha256_file, write_json
from horuslib.core.errors import UserError
from horuslib.spectral.corrections import content_of
from horuslib.spectral.events.event import Event, find_events
from horuslib.spectral.package.inference import METADATA, SpectralInference

POLL_S, SETTLED_S = 1.0, 2.0
log = logging.getLogger(__name__)
_State = tuple[tuple[str, int, int], ...]
"""Of an event's files: name, size, time of the last change."""


def is_events_package(folder: Path) -> bool:
    """Whether an exported package answers for events."""
    return (folder / METADATA).is_file()


def scan_events(package: Path, folders: list[Path], out: Path) -> Iterator[tuple[dict, bool]]:
    """Each event's answer and whether it is new, written to `OUT/EVENT.json`; what is no event is logged.

    Raises
    ------
    UserError
        When a folder does not exist, or two events would be written to one file.
    """
    model = SpectralInference(package)
    version = _version(package)
    for event in _events(model, folders):
        yield _answer(model, version, event, out)


def watch_events(
    package: Path,
    folder: Path,
    out: Path,
    rounds: int | None = None,
    *,
    poll_s: float = POLL_S,
    settled_s: float = SETTLED_S,
) -> Iterator[dict]:
    """New events of a folder as they come, each read when its files have stayed as they are, again when they change.

    What was answered before, also by `scan_events`, is not asked again.

    Parameters
    ----------
    rounds : how often to look; for ever when not given.
    poll_s : pause between two looks.
    settled_s : how long files must have been seen unchanged. Their own times say nothing: a copy may keep those of its
        source.
    """
    model, version = SpectralInference(package), _version(package)
    seen: dict[str, tuple[_State, float]] = {}
    answered: dict[str, _State] = {}
    while rounds is None or rounds > 0:
        for event in model.find(folder):
            try:
                state = _state(event.folder)
                before, since = seen.get(event.key, ((), 0.0))
                if state != before:
                    seen[event.key] = state, time.monotonic()
                elif state != answered.get(event.key) and time.monotonic() - since >= settled_s:
                    answer, new = _answer(model, version, event, out)
                    answered[event.key] = state
                    if new:
                        yield answer
            except FileNotFoundError as e:  # moved away while it was read
                log.debug("%s: %s", event.key, e)
        rounds = None if rounds is None else rounds - 1
        if rounds != 0:
            time.sleep(poll_s)


def _events(model: SpectralInference, folders: list[Path]) -> list[Event]:
    """The events of all folders, none twice."""
    found: dict[str, Event] = {}
    for folder in folders:
        events, issues = find_events(folder, model.classes, model.duration_s)
        for issue in issues:
            if issue.severity == "error":
                log.warning("%s: %s; %s", issue.file, issue.problem, issue.action)
        for event in events:
            known = found.setdefault(event.key, event)
            if known.folder.resolve() != event.folder.resolve():
                raise UserError(
                    f"{known.folder} and {event.folder} would both be written as {event.key}.json: scan them one at a "
                    "time, or give the folder that holds both."
                )
    return list(found.values())


def _answer(model: SpectralInference, version: str, event: Event, out: Path) -> tuple[dict, bool]:
    """An event's answer, the one already written where package and signals are the same; and whether it is new."""
    path = out / f"{event.key}.json"
    key = hashlib.sha256(f"{version} {content_of(event.folder)}".encode()).hexdigest()[:32]
    kept = _kept(path, key)
    if kept is not None:
        return kept, False
    answer = {**model.predict_event(event), "key": key}
    write_json(path, answer)
    return answer, True


def _version(package: Path) -> str:
    return sha256_file(package / METADATA)[:16]


def _state(folder: Path) -> _State:
    files = ((p.name, p.stat()) for p in sorted(folder.iterdir()) if p.is_file())
    return tuple((name, about.st_size, about.st_mtime_ns) for name, about in files)


def _kept(path: Path, key: str) -> dict | None:
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.get("key") == key else None

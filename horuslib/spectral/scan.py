"""`horus scan` of events: one JSON per event; what was answered before is not asked again."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from horuslib.core.artifacts import sha256_file, write_json
from horuslib.spectral.corrections import content_of
from horuslib.spectral.package.inference import METADATA, SpectralInference

_POLL_S = 1.0
_SETTLED_S = 2.0


def is_events_package(folder: Path) -> bool:
    """Whether an exported package answers for events."""
    return (folder / METADATA).is_file()


def scan_events(package: Path, folders: list[Path], out: Path) -> Iterator[tuple[dict, bool]]:
    """Each event's answer and whether it is new, written to `OUT/EVENT.json`."""
    model = SpectralInference(package)
    version = sha256_file(package / METADATA)[:16]
    for folder in folders:
        for event in model.find(folder):
            path = out / f"{event.key}.json"
            key = hashlib.sha256(f"{version} {content_of(event.folder)}".encode()).hexdigest()[:32]
            kept = _kept(path, key)
            if kept is not None:
                yield kept, False
                continue
            answer = {**model.predict_event(event), "key": key}
            write_json(path, answer)
            yield answer, True


def watch_events(package: Path, folder: Path, out: Path, rounds: int | None = None) -> Iterator[dict]:
    """New events of a folder as they come; an event is read when its files have not changed for two seconds.

    Parameters
    ----------
    rounds : how often to look; for ever when not given.
    """
    model, seen = SpectralInference(package), set[str]()
    while rounds is None or rounds > 0:
        for event in model.find(folder):
            files = [p for p in event.folder.iterdir() if p.is_file()]
            if event.key in seen or time.time() - max(p.stat().st_mtime for p in files) < _SETTLED_S:
                continue
            seen.add(event.key)
            answer = model.predict_event(event)
            write_json(out / f"{event.key}.json", answer)
            yield answer
        rounds = None if rounds is None else rounds - 1
        if rounds != 0:
            time.sleep(_POLL_S)


def _kept(path: Path, key: str) -> dict | None:
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return kept if kept.get("key") == key else None

"""An event: a folder with up to four files, any of which may be missing or damaged, read into signals on one clock."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from horuslib.audio.media import stream_audio
from horuslib.audio.track import MediaError
from horuslib.audio.tracks import Note
from horuslib.core.errors import UserError
from horuslib.core.walk import reason, shown
from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.spectral.events import metadata, picture, sensors
from horuslib.spectral.events.csv_text import SensorsError
from horuslib.spectral.events.metadata import Metadata, read_metadata
from horuslib.spectral.events.picture import Picture, read_picture
from horuslib.spectral.events.sensors import Sensors, read_sensors

AUDIO_FILE = "audio.wav"
MODALITIES = ("video", "audio", "sensors")
FILES = {"video": picture.FILE, "audio": AUDIO_FILE, "sensors": sensors.FILE}
"""Modality -> its file."""
SOUND_RATE_HZ = 22050
PREFIX = "event_"
_SILENT = 1e-6
_MOST_SOUND_S = 60.0
"""Of a file that holds more than an event, so much is decoded: enough to say what is odd about it."""
_LOST = {
    "video": "the event is used without its picture",
    "audio": "the event is used without its sound",
    "sensors": "the event is used without its sensors",
}


@dataclass(frozen=True)
class Event:
    """A folder's event, before its signals are read.

    Attributes
    ----------
    key : the folder's path below the folder of events: unique, whatever `event_id` says.
    """

    key: str
    folder: Path
    about: Metadata
    duration_s: float

    @property
    def label(self) -> str | None:
        return self.about.label

    def file(self, modality: str) -> Path:
        """Where a modality's file is expected."""
        return self.folder / FILES[modality]


@dataclass(frozen=True)
class Signals:
    """What was seen, heard and felt; None where a modality is missing.

    Attributes
    ----------
    sound : (n,) float32 mono at SOUND_RATE_HZ, from the event's start, at most its duration.
    """

    picture: Picture | None
    sound: np.ndarray | None
    sensors: Sensors | None
    issues: list[IngestIssue] = field(default_factory=list)

    @property
    def present(self) -> dict[str, bool]:
        """Modality -> whether it is there."""
        return dict(zip(MODALITIES, (x is not None for x in (self.picture, self.sound, self.sensors)), strict=True))


def open_event(folder: Path, classes: Sequence[str], duration_s: float, key: str | None = None) -> Event:
    """The event in a folder, with its metadata; its key is the folder's name when not given."""
    return Event(key or shown(folder.name), folder, read_metadata(folder, classes), duration_s)


def find_events(folder: Path, classes: Sequence[str], duration_s: float) -> tuple[list[Event], list[IngestIssue]]:
    """Every event below a folder, in a fixed order, and what is odd about its metadata.

    A folder is an event when it holds one of an event's files; one that is only called `event_*` is reported. What is
    hidden (`.trash`) is left out.

    Parameters
    ----------
    duration_s : how much of each event is read; the clock of all of them.

    Raises
    ------
    UserError
        When the folder does not exist.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give the folder that holds the event_* folders.")
    names = {*FILES.values(), metadata.FILE}
    events: list[Event] = []
    issues: list[IngestIssue] = []
    for here in sorted(p for p in (folder, *folder.rglob("*")) if p.is_dir() and not _hidden(p.relative_to(folder))):
        key = shown(here.relative_to(folder).as_posix() if here != folder else here.name)
        try:
            inside = {p.name for p in here.iterdir() if p.is_file()}
        except OSError as e:
            told = f"cannot be looked into ({reason(e)})"
            issues.append(IngestIssue(key, "", told, "left out: allow it to be read, or copy it again", "error"))
            continue
        if not inside & names:
            if here.name.startswith(PREFIX):
                told = f"holds none of {', '.join(sorted(names))}"
                issues.append(IngestIssue(key, "", told, "left out: put the event's files there", "error"))
            continue
        event = open_event(here, classes, duration_s, key)
        events.append(event)
        severity = "warning" if event.about.found else "note"
        issues += [IngestIssue(f"{key}/{metadata.FILE}", "", *_split(p), severity) for p in event.about.problems]
    return events, issues + _same_ids(events)


def event_of(file: str) -> str:
    """The key of the event that an issue's `file` belongs to; of a whole folder, the folder."""
    key, _, name = file.rpartition("/")
    return key if name in (*FILES.values(), metadata.FILE) else file


def _hidden(place: Path) -> bool:
    return any(part.startswith(".") for part in place.parts)


def read_signals(event: Event) -> Signals:
    """Read the three modalities; what fails is None and a row of `issues`, and the rest goes on."""
    issues: list[IngestIssue] = []
    seen = _attempt(event, "video", lambda path: read_picture(path, event.duration_s), issues)
    heard = _attempt(event, "audio", lambda path: _sound(path, event, issues), issues)
    felt = _felt(event, issues)
    for modality, signal in (("video", seen), ("sensors", felt)):
        for note in signal.notes if signal is not None else ():
            issues.append(_issue(event, modality, note, "read all the same", "note"))
    if felt is not None and felt.rows == 1:
        issues.append(_issue(event, "sensors", "one row only: nothing can be felt to change", "read", "warning"))
    return Signals(seen, heard, felt, issues)


def read_log(event: Event) -> Sensors | None:
    """The sensors alone; None where they are missing or cannot be read."""
    return _felt(event, [])


def _felt(event: Event, issues: list[IngestIssue]) -> Sensors | None:
    return _attempt(
        event, "sensors", lambda path: read_sensors(path, event.duration_s, event.about.starts_at_s), issues
    )


def _sound(path: Path, event: Event, issues: list[IngestIssue]) -> np.ndarray:
    told: list[Note] = []
    most_s = max(_MOST_SOUND_S, event.duration_s)
    with closing(stream_audio(path, SOUND_RATE_HZ, most_s, told)) as blocks:
        heard = next(blocks)
        longer = next(blocks, None) is not None
    samples = np.nan_to_num(heard[: round(event.duration_s * SOUND_RATE_HZ)], posinf=0.0, neginf=0.0)
    notes = [note for note in told if isinstance(note, str)]
    if longer:
        notes.append(f"the sound lasts longer than {most_s:g} s: its beginning was read")
    if len(heard) < 0.7 * event.duration_s * SOUND_RATE_HZ:
        notes.append(f"the sound ends at {len(heard) / SOUND_RATE_HZ:.1f} s of {event.duration_s:.1f} s")
    if np.abs(samples).max(initial=0.0) < _SILENT:
        notes.append("the sound is digital silence")
    issues += [_issue(event, "audio", note, "read all the same", "note") for note in notes]
    return samples


def _attempt(event: Event, modality: str, read, issues: list[IngestIssue]):
    path = event.file(modality)
    if not path.is_file():
        issues.append(_issue(event, modality, "the file is missing", _LOST[modality], "warning"))
        return None
    try:
        return read(path)
    except (MediaError, SensorsError, OSError) as e:
        told = reason(e) if isinstance(e, OSError) else str(e)
        issues.append(_issue(event, modality, told, _LOST[modality], "error"))
        return None


def _issue(event: Event, modality: str, problem: str, action: str, severity: str) -> IngestIssue:
    return IngestIssue(f"{event.key}/{FILES[modality]}", "", problem, action, severity)


def _split(problem: str) -> tuple[str, str]:
    """A problem and what was done about it, which stands behind the last colon."""
    what, _, action = problem.rpartition(": ")
    return (what, action) if what else (problem, "read all the same")


def _same_ids(events: list[Event]) -> list[IngestIssue]:
    first: dict[str, str] = {}
    issues = []
    for event in events:
        other = first.setdefault(event.about.event_id, event.key)
        if other != event.key:
            told = f"event_id {event.about.event_id!r} is also that of {other}"
            issues.append(
                IngestIssue(f"{event.key}/{metadata.FILE}", "", told, "they are told apart by their folders", "warning")
            )
    return issues

"""metadata.json: who recorded an event, when, and what a person said it is. All of it may be missing or odd."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from horuslib.core.walk import reason
from horuslib.spectral.events.class_names import recognise, repaired
from horuslib.spectral.events.clocks import since_1970

FILE = "metadata.json"
_MAX_BYTES = 2**20
_DURATION_LIMITS_S = (0.2, 600.0)


@dataclass(frozen=True)
class Metadata:
    """What metadata.json says; what it does not say is None."""

    event_id: str
    label: str | None = None
    """The class a person gave; an event without one is kept for scanning and never trained on."""
    label_as_written: str | None = None
    starts_at_s: float | None = None
    """Seconds since 1970, UTC: the zero of the event's clock."""
    device: str | None = None
    problems: tuple[str, ...] = ()
    found: bool = True


def read_metadata(folder: Path, classes: Sequence[str]) -> Metadata:
    """Read an event's metadata.json; what is wrong with it becomes a sentence in `problems`.

    Parameters
    ----------
    classes : the task's classes in their own spelling.
    """
    path = folder / FILE
    if not path.is_file():
        return Metadata(folder.name, found=False, problems=("there is none: the event has no class and no time",))
    try:
        content = _parsed(path)
    except ValueError as e:
        problem = f"{e}: the event is kept without class and time; write the file again"
        return Metadata(folder.name, problems=(problem,))
    problems: list[str] = []
    label, written = _label(content.get("classification"), classes, problems)
    starts_at_s = _time(content.get("timestamp"), problems)
    _check_duration(content.get("duration_s"), problems)
    return Metadata(
        event_id=_text(content.get("event_id")) or folder.name,
        label=label,
        label_as_written=written,
        starts_at_s=starts_at_s,
        device=_text(content.get("device_id")),
        problems=tuple(problems),
    )


def _parsed(path: Path) -> dict:
    try:
        raw = path.read_bytes()[:_MAX_BYTES]
    except OSError as e:
        raise ValueError(f"it cannot be read ({reason(e)})") from None
    if not raw.strip(b"\x00 \r\n\t"):
        raise ValueError("it is empty")
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        try:
            content = json.loads(raw.decode(encoding))
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            return content
        raise ValueError(f"it holds a {type(content).__name__}, not an object")
    raise ValueError("it is not valid JSON")


def _label(value: object, classes: Sequence[str], problems: list[str]) -> tuple[str | None, str | None]:
    written = _text(value)
    if written is None:
        problems.append("no classification: the event is kept for scanning and not trained on")
        return None, None
    label = recognise(written, classes)
    if label is None:
        known = ", ".join(classes)
        problems.append(
            f"classification {repaired(written)!r} is none of {known}: the event counts as unlabelled; correct it"
        )
    return label, written


def _time(value: object, problems: list[str]) -> float | None:
    text = _text(value)
    if text is None:
        return None
    try:
        number = since_1970(float(text))
    except ValueError:
        number = None
    if number is not None:
        return number
    try:
        whole, _, rest = text.replace("Z", "+00:00").partition(".")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        moment = datetime.fromisoformat(whole + rest[digits:])
        fraction_s = float(f"0.{rest[:digits]}") if digits else 0.0
    except ValueError:
        problems.append(f"timestamp {text!r} is no date and time: the event's clock begins with its sensors' first row")
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp() + fraction_s


def _check_duration(value: object, problems: list[str]) -> None:
    """An event is read for the task's duration, whatever it claims; an impossible one tells of a broken file."""
    low, high = _DURATION_LIMITS_S
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and low <= value <= high):
        problems.append(f"duration_s {value!r} is not between {low:g} and {high:g} s: the task's duration is used")


def _text(value: object) -> str | None:
    """A value as text that can be written; half of a character that JSON escapes as two is written as its escape."""
    if value is None:
        return None
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8").strip() or None

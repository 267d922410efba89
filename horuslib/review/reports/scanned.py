"""Reads a folder written by `horus scan`: the events of each video, and totals."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.core.errors import UserError
from horuslib.evaluation.metrics import poisson_upper
from horuslib.tasks.kinds import BACKGROUND

HOUR_S = 3600.0
_MOST_HOURS = 48
"""Maximum number of rows of `per_hour`; later hours are added to the last."""


@dataclass(frozen=True)
class ScannedEvent:
    """An event of a video, and its segment with the highest probability of its class."""

    type: str
    start_s: float
    end_s: float
    confidence: float
    shown_from_s: float
    shown_to_s: float
    probabilities: dict[str, float]
    description: str = ""
    """The measured attributes in words, such as the delay of an echo; empty if the scan has none."""


@dataclass(frozen=True)
class ChannelFault:
    """A fault of single channels of a video, which is no event."""

    kind: str
    channels: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Video:
    """One diagnosis without its segments."""

    name: str
    readable: bool
    message: str
    duration_s: float
    size_bytes: int | None
    events: tuple[ScannedEvent, ...]
    channel_faults: tuple[ChannelFault, ...] = ()
    track: int | None = None
    """The audio track that was heard, of a video with several."""


@dataclass(frozen=True)
class Scan:
    """All diagnoses of a folder, sorted by name.

    Attributes
    ----------
    labels : in the order of the model's output; without `normal` if no segment was classified.
    models : every combination of model and settings used in the scan.
    odd : JSON files that are not diagnoses.
    """

    videos: list[Video]
    labels: list[str]
    models: list[dict]
    odd: list[str]

    @property
    def faults(self) -> list[str]:
        return [label for label in self.labels if label != BACKGROUND]

    @property
    def hours(self) -> float:
        """Total duration of sound."""
        return sum(v.duration_s for v in self.videos) / HOUR_S


def read_scan(folder: str | Path) -> Scan:
    """Read a scan's folder; memory grows with the events, not with the segments.

    Raises
    ------
    UserError
        When the folder does not exist or holds no diagnosis.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: name the one that `horus scan --out` wrote.")
    videos, labels, models, odd = [], {}, {}, []
    for path in sorted(folder.rglob("*.json")):
        found = _diagnosis(path)
        if found is None:
            odd.append(path.relative_to(folder).as_posix())
            continue
        videos.append(_video(found))
        models.setdefault(json.dumps(found["model"], sort_keys=True), found["model"])
        named = [x for s in found["segments"][:1] for x in s["probabilities"]]
        labels |= dict.fromkeys([*named, *(e["type"] for e in found["events"])])
    if not videos:
        raise UserError(f"{folder} holds no diagnosis: name the folder that `horus scan --out` wrote.")
    return Scan(videos, list(labels), list(models.values()), odd)


def per_class(scan: Scan) -> pd.DataFrame:
    """Per fault: `events`, `videos`, `seconds`, `share` of all sound, `events_per_hour` of sound."""
    rows = []
    for label in scan.faults:
        of_label = [[e for e in v.events if e.type == label] for v in scan.videos]
        seconds = sum(e.end_s - e.start_s for events in of_label for e in events)
        rows.append((label, sum(map(len, of_label)), sum(map(bool, of_label)), seconds))
    table = pd.DataFrame(rows, columns=["label", "events", "videos", "seconds"]).set_index("label")
    hours = scan.hours or np.nan
    return table.assign(share=table.seconds / (hours * HOUR_S), events_per_hour=table.events / hours)


def per_source(scan: Scan) -> pd.DataFrame:
    """Per source, the first folder of a video's name: `videos`, `hours`, `alarms`, `per_hour`, and the exact one-sided
    95 % `bound` of it; the worst first."""
    readable = [v for v in scan.videos if v.readable]
    about = [(v.name.split("/")[0], v.duration_s / HOUR_S, len(v.events)) for v in readable]
    table = (
        pd.DataFrame(about, columns=["source", "hours", "alarms"])
        .groupby("source")
        .agg(videos=("hours", "size"), hours=("hours", "sum"), alarms=("alarms", "sum"))
    )
    hours = table.hours.where(table.hours > 0)
    table = table.assign(per_hour=table.alarms / hours, bound=table.alarms.map(poisson_upper) / hours)
    return table.sort_values(["alarms", "per_hour"], ascending=False, kind="stable")


def per_hour(scan: Scan) -> pd.DataFrame:
    """Per hour of the recordings (the first, the second...): minutes of scanned `sound` and of each fault."""
    longest_s = max(v.duration_s for v in scan.videos)
    hours = min(_MOST_HOURS, max(1, int(np.ceil(longest_s / HOUR_S))))
    minutes = {name: np.zeros(hours) for name in ("sound", *scan.faults)}
    for video in scan.videos:
        _add(minutes["sound"], 0.0, video.duration_s)
        for event in video.events:
            _add(minutes[event.type], event.start_s, event.end_s)
    return pd.DataFrame(minutes, index=pd.RangeIndex(1, hours + 1, name="hour"))


def _add(minutes: np.ndarray, start_s: float, end_s: float) -> None:
    """Distribute an interval over the hours it overlaps."""
    edges = np.append(np.arange(len(minutes)) * HOUR_S, np.inf)
    minutes += np.clip(np.minimum(end_s, edges[1:]) - np.maximum(start_s, edges[:-1]), 0, None) / 60


def _diagnosis(path: Path) -> dict | None:
    try:
        content = json.loads(path.read_text("utf-8"))
        whole = {"file", "status", "duration_s", "model", "events", "segments"} <= content.keys()
    except (OSError, ValueError, AttributeError):
        return None
    return content if whole else None


def _video(found: dict) -> Video:
    return Video(
        name=found["file"],
        readable=found["status"] == "ok",
        message=found.get("message") or "",
        duration_s=found["duration_s"],
        size_bytes=(found.get("source") or {}).get("size_bytes"),
        events=tuple(_scanned_events(found)),
        channel_faults=tuple(
            ChannelFault(fault["kind"], ", ".join(fault["channels"]), fault["start"], fault["end"])
            for fault in found.get("channels", ())
        ),
        track=next((track["track"] for track in found.get("tracks", ()) if track["heard"]), None),
    )


def _scanned_events(found: dict) -> Iterator[ScannedEvent]:
    for event in found["events"]:
        best = _surest(found["segments"], event)
        yield ScannedEvent(
            event["type"],
            event["start"],
            event["end"],
            event["confidence"],
            best["timestamp_start"] if best else event["start"],
            best["timestamp_end"] if best else event["end"],
            best["probabilities"] if best else {},
            _description(event),
        )


def _surest(segments: list[dict], event: dict) -> dict | None:
    """The segment that represents an event best: highest probability of its class, then largest overlap with it."""
    inside = [s for s in segments if _common_s(s, event) > 0]
    of_type = [s for s in inside if s["predicted_class"] == event["type"]] or inside
    worth = [(round(s["probabilities"].get(event["type"], 0), 2), _common_s(s, event)) for s in of_type]
    return of_type[worth.index(max(worth))] if worth else None


def _common_s(segment: dict, event: dict) -> float:
    return min(segment["timestamp_end"], event["end"]) - max(segment["timestamp_start"], event["start"])


def _description(event: dict) -> str:
    if event.get("kind") == "echo":
        return f"echo, delay {event['delay_s']:.2f} s" if "delay_s" in event else "echo"
    if event.get("kind") == "room":
        return f"reverberation, RT60 {event['rt60_s']:.1f} s" if "rt60_s" in event else "reverberation"
    return ""

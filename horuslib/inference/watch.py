"""Events of sound without an end, told as they begin and as they end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from horuslib.audio.media import MediaError
from horuslib.audio.segments import cut
from horuslib.evaluation.events import Event, merge
from horuslib.inference.classify import decisions, predict
from horuslib.inference.detector import Detector

_REMEMBERED = 12
"""Segments kept where no event is open: more than the placing of an edge looks at."""


@dataclass
class _OpenEvent:
    """An event that was announced and may still go on."""

    number: int
    event: Event
    ended_as: Event | None = None
    """What its end was told to be; None while it goes on."""


def watch(blocks: Iterable[np.ndarray], detector: Detector) -> Iterator[dict]:
    """Announcements of events, each as soon as the segment that decides it is complete.

    Parameters
    ----------
    blocks : mono sound as it comes; short blocks make short delays.

    Raises
    ------
    MediaError
        That of `blocks`, once all that came before it is heard and every open event has its end.

    Yields
    ------
    dict
        `what` ("begin" or "end"), `event` (a number that a beginning and its end share), `type`, `start`, `end` (s of
        sound since the watch began; null at a beginning), `confidence`, `at` (UTC). An end comes with the first
        segment that no longer shows the fault, and once more where the segments after it place it better. A fault that
        comes back within the task's tolerated gap is the same event and begins again. The last line of a number holds.
    """
    open_events: list[_OpenEvent] = []
    predicted: list[np.ndarray] = []
    errors: list[MediaError] = []
    number = 0
    for segment in cut(_until_error(blocks, errors), detector.task.front_end):
        predicted.append(predict([segment], detector))
        verdicts = decisions(predicted, detector)
        for event in merge(verdicts, detector.task, segment.end_s):
            known, shown = _matching(open_events, event), _is_recent(event, verdicts)
            if known:
                known.event = event
            elif shown:
                number += 1
                known = _OpenEvent(number, event, ended_as=event)
                open_events.append(known)
            if known and shown and known.ended_as:
                known.ended_as = None
                yield _line("begin", known)
        newest = verdicts["label"].iloc[-1]
        over = [k for k in open_events if _is_over(k.event, verdicts, detector)]
        yield from _ends([k for k in open_events if k in over or (not k.ended_as and k.event.type != newest)])
        open_events = [k for k in open_events if k not in over]
        if not open_events:
            predicted = predicted[-_REMEMBERED:]
    yield from _ends(open_events)
    if errors:
        raise errors[0]


def _ends(open_events: Iterable[_OpenEvent]) -> Iterator[dict]:
    """The lines of those whose end was not told, or told of another place."""
    for known in open_events:
        if known.ended_as is None or _place(known.ended_as) != _place(known.event):
            known.ended_as = known.event
            yield _line("end", known)


def _place(event: Event) -> tuple[float, float]:
    return round(event.start_s, 1), round(event.end_s, 1)


def _until_error(blocks: Iterable[np.ndarray], errors: list[MediaError]) -> Iterator[np.ndarray]:
    """The blocks up to an error, which is kept: what came before it is to be heard to its end."""
    try:
        yield from blocks
    except MediaError as e:
        errors.append(e)


def _matching(open_events: list[_OpenEvent], event: Event) -> _OpenEvent | None:
    """The announcement of the same event, which may have grown since."""
    same = (k for k in open_events if k.event.type == event.type)
    return next((k for k in same if event.start_s <= k.event.end_s and event.end_s >= k.event.start_s), None)


def _is_recent(event: Event, verdicts: pd.DataFrame) -> bool:
    """Whether the newest segment carries the event: older ones were told, and have ended."""
    newest = verdicts.iloc[-1]
    return newest["label"] == event.type and event.end_s > newest["start_s"]


def _is_over(event: Event, verdicts: pd.DataFrame, detector: Detector) -> bool:
    """Whether no segment to come can belong to the event any more."""
    latest = verdicts["label"].to_numpy()[-(detector.task.decision.gap_tolerance_segments + 1) :]
    return event.type not in latest


def _line(what: str, known: _OpenEvent) -> dict:
    event = known.event
    return {
        "what": what,
        "event": known.number,
        "type": event.type,
        "start": round(event.start_s, 3),
        "end": round(event.end_s, 3) if what == "end" else None,
        "confidence": round(event.confidence, 3),
        **event.attributes,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }

"""Events of sound without an end, told as they begin and as they end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from horuslib.detect.detector import Detector
from horuslib.detect.events import Event, merge
from horuslib.detect.hear import judge, measure
from horuslib.detect.segments import cut
from horuslib.sound.media import MediaError

_REMEMBERED = 12
"""Segments kept where no event is open: more than the placing of an edge looks at."""


@dataclass
class _Told:
    """An event that was announced and has not ended."""

    number: int
    event: Event


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
        sound since the watch began; null at a beginning), `confidence`, `at` (UTC). An end comes once the task's
        tolerated gap has passed; its start and confidence are better than those of the beginning.
    """
    told: list[_Told] = []
    evidence: list[np.ndarray] = []
    errors: list[MediaError] = []
    number = 0
    for segment in cut(_until_error(blocks, errors), detector.task.front_end):
        evidence.append(measure([segment], detector))
        verdicts = judge(evidence, detector)
        for event in merge(verdicts, detector.task, segment.end_s):
            known = _matching(told, event)
            if known:
                known.event = event
            elif _is_recent(event, verdicts):
                number += 1
                told.append(_Told(number, event))
                yield _line("begin", told[-1])
        for known in [k for k in told if _is_over(k.event, verdicts, detector)]:
            told.remove(known)
            yield _line("end", known)
        if not told:
            evidence = evidence[-_REMEMBERED:]
    for known in told:
        yield _line("end", known)
    if errors:
        raise errors[0]


def _until_error(blocks: Iterable[np.ndarray], errors: list[MediaError]) -> Iterator[np.ndarray]:
    """The blocks up to an error, which is kept: what came before it is to be heard to its end."""
    try:
        yield from blocks
    except MediaError as e:
        errors.append(e)


def _matching(told: list[_Told], event: Event) -> _Told | None:
    """The announcement of the same event, which may have grown since."""
    same = (k for k in told if k.event.type == event.type)
    return next((k for k in same if event.start_s <= k.event.end_s and event.end_s >= k.event.start_s), None)


def _is_recent(event: Event, verdicts: pd.DataFrame) -> bool:
    """Whether the newest segment carries the event: older ones were told, and have ended."""
    newest = verdicts.iloc[-1]
    return newest["label"] == event.type and event.end_s > newest["start_s"]


def _is_over(event: Event, verdicts: pd.DataFrame, detector: Detector) -> bool:
    """Whether no segment to come can belong to the event any more."""
    latest = verdicts["label"].to_numpy()[-(detector.task.decision.gap_tolerance_segments + 1) :]
    return event.type not in latest


def _line(what: str, known: _Told) -> dict:
    event = known.event
    return {
        "what": what,
        "event": known.number,
        "type": event.type,
        "start": round(event.start_s, 3),
        "end": round(event.end_s, 3) if what == "end" else None,
        "confidence": round(event.confidence, 3),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }

"""Events of a stream as they begin, go on and end, with bounded work and memory per segment.

Only the latest segments are decided and merged again, as a scan does it for a whole file. Of what is older, an open
event keeps its start, how many segments carry it with the sum of their confidences, and the measures of the latest of
them.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from horuslib.acoustics.segment_features import COLUMNS
from horuslib.audio.streams.lost_sound import Span
from horuslib.evaluation.events import Event, merge, sustained
from horuslib.evaluation.events.attributes import attributes
from horuslib.evaluation.events.lost_sound import with_losses
from horuslib.inference.classify import decisions
from horuslib.inference.detector import Detector

_CARRIED = 720
"""Segments older than the window whose measures an open event keeps: half an hour at a hop of 2.5 s."""
_DECIDED_LATE = 2
"""Segments that may pass until a definition says what a segment is: a tone has to last."""
Line = dict[str, Any]


@dataclass
class _OpenEvent:
    """An event that was announced and may still go on."""

    number: int
    event: Event
    ended_as: Event | None = None
    """The end that was announced; None while it goes on."""
    start_s: float | None = None
    """Its start, once no segment to come can move it."""
    older: int = 0
    """Segments that carry it and have left the window, and the sum of their confidences."""
    older_confidence: float = 0.0
    measured: deque[np.ndarray] = field(default_factory=lambda: deque(maxlen=_CARRIED))
    """What was measured in them (`segment_features.COLUMNS`)."""


class EventTracker:
    """Announcements of events, one segment after the other; `watch.watch` describes the lines.

    Example
    -------
    >>> tracker = EventTracker(detector)                            # doctest: +SKIP
    >>> for segment in cut(blocks, detector.task.front_end):        # doctest: +SKIP
    ...     for line in tracker.update(predict([segment], detector)):
    ...         print(line)
    """

    def __init__(self, detector: Detector, lost: Sequence[Span] = ()):
        self._detector, self._task, self._lost = detector, detector.task, lost
        front_end, decision = self._task.front_end, self._task.decision
        overlapping = int(np.ceil(front_end.segment_s / front_end.hop_s))
        longest = max((decision.rule(label).min_segments for label in self._task.faults), default=1)
        longest += max((sustained.segments_of(label, self._task) for label in detector.sustained), default=0)
        self._window = (
            4 * overlapping + 8 + max((decision.gap(label) for label in self._task.faults), default=0) + longest
        )
        """Segments that are decided again: more than the placing of an edge or the beginning of an event looks at."""
        self._predicted: list[np.ndarray] = []
        self._open: list[_OpenEvent] = []
        self._number, self._louder_db = 0, 0.0

    def update(self, predicted: np.ndarray, louder_db: float = 0.0) -> list[Line]:
        """The lines that a further segment leads to.

        Parameters
        ----------
        predicted : (1, ...) of one segment, from `classify.predict`.
        louder_db : how much louder the programme is than its mono mix, as in `definitions.apply_definitions`.
        """
        self._predicted.append(predicted)
        self._louder_db = louder_db
        verdicts = self._decided()
        lines = []
        for event in self._events(verdicts):
            known, shown = self._matching(event), _is_recent(event, verdicts)
            if known:
                known.event = self._continued(known, event, verdicts)
            elif shown:
                self._number += 1
                known = _OpenEvent(self._number, event, ended_as=event)
                self._open.append(known)
            if known and shown and known.ended_as:
                known.ended_as = None
                lines.append(self._line("begin", known, verdicts))
        newest = verdicts["label"].iloc[-1]
        over = [known for known in self._open if self._is_over(known.event, verdicts)]
        ended = [k for k in self._open if k in over or (not k.ended_as and k.event.type != newest)]
        lines += self._ends(ended, verdicts)
        self._open = [known for known in self._open if known not in over]
        self._forget(verdicts)
        return lines

    def finish(self) -> list[Line]:
        """The ends of what is open when the stream ends."""
        if not self._open:
            return []
        return self._ends(self._open, self._decided())

    def _decided(self) -> pd.DataFrame:
        return decisions(self._predicted, self._detector, self._louder_db)

    def _events(self, verdicts: pd.DataFrame) -> list[Event]:
        """The events of the window, with the sound that was lost in it."""
        from_s, to_s = float(verdicts["start_s"].iloc[0]), float(verdicts["end_s"].iloc[-1])
        lost: list[Span] = []
        for start_s, end_s in reversed(self._lost):  # in order of time: what is past is not looked at again
            if end_s <= from_s:
                break
            if start_s < to_s:
                lost.insert(0, (start_s, min(end_s, to_s)))
        return with_losses(merge(verdicts, self._task, to_s), lost, self._task)

    def _matching(self, event: Event) -> _OpenEvent | None:
        """The announcement of the same event, which may have grown since."""
        same = (known for known in self._open if known.event.type == event.type)
        return next((k for k in same if event.start_s < k.event.end_s and event.end_s > k.event.start_s), None)

    def _continued(self, known: _OpenEvent, event: Event, verdicts: pd.DataFrame) -> Event:
        """The whole event, of which `event` is what lies in the window."""
        if known.start_s is None and verdicts["start_s"].iloc[-1] >= event.start_s + 2 * self._task.front_end.segment_s:
            known.start_s = event.start_s
        here = len(_carrying(event, verdicts))
        confidence = (known.older_confidence + here * event.confidence) / (known.older + here)
        return replace(event, start_s=event.start_s if known.start_s is None else known.start_s, confidence=confidence)

    def _is_over(self, event: Event, verdicts: pd.DataFrame) -> bool:
        """Whether no segment to come can belong to the event any more."""
        gap = self._task.decision.gap(event.type) + (_DECIDED_LATE if self._task.background else 0)
        latest = verdicts["label"].to_numpy()[-(gap + 1) :]
        return event.type not in latest

    def _forget(self, verdicts: pd.DataFrame) -> None:
        """Drop the oldest segment of a full window; open events keep what they need of it."""
        if len(self._predicted) <= self._window:
            return
        del self._predicted[0]
        for known in self._open:
            if 0 in _carrying(known.event, verdicts):
                known.older += 1
                known.older_confidence += float(verdicts["confidence"].iloc[0])
                known.measured.append(verdicts.loc[0, list(COLUMNS)].to_numpy(float))

    def _ends(self, ended: Iterable[_OpenEvent], verdicts: pd.DataFrame) -> list[Line]:
        """The lines of those whose end was not announced, or announced at another place."""
        lines = []
        for known in ended:
            if known.ended_as is None or _place(known.ended_as) != _place(known.event):
                known.ended_as = known.event
                lines.append(self._line("end", known, verdicts))
        return lines

    def _line(self, what: str, known: _OpenEvent, verdicts: pd.DataFrame) -> Line:
        event = known.event
        rows = verdicts.loc[_carrying(event, verdicts), list(COLUMNS)]
        if known.measured:
            rows = pd.concat([pd.DataFrame(np.array(known.measured), columns=list(COLUMNS)), rows], ignore_index=True)
        return {
            "what": what,
            "event": known.number,
            "type": event.type,
            "start": round(event.start_s, 3),
            "end": round(event.end_s, 3) if what == "end" else None,
            "confidence": round(event.confidence, 3),
            **attributes(rows, self._task.kind(event.type)),
            "at": now(),
        }


def now() -> str:
    """The time of day of a line, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _carrying(event: Event, verdicts: pd.DataFrame) -> np.ndarray:
    """Positions of the window's segments that carry an event."""
    start_s, end_s = verdicts["start_s"].to_numpy(), verdicts["end_s"].to_numpy()
    return np.flatnonzero(
        (verdicts["label"].to_numpy() == event.type) & (start_s < event.end_s) & (end_s > event.start_s)
    )


def _is_recent(event: Event, verdicts: pd.DataFrame) -> bool:
    """Whether the newest segment carries the event: older ones were announced, and have ended."""
    newest = verdicts.iloc[-1]
    return bool(newest["label"] == event.type and event.end_s > newest["start_s"])


def _place(event: Event) -> tuple[float, float]:
    return round(event.start_s, 1), round(event.end_s, 1)

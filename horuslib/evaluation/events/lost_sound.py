"""Events of sound of which no data is left: exact, because no model needs to find them."""

from collections.abc import Sequence
from dataclasses import replace

from horuslib.audio.streams.lost_sound import Span
from horuslib.evaluation.events.merging import Event
from horuslib.tasks import Task

_EXPLAINED = 1.5
"""Halves of a segment: one for a segment that is half lost, and the edge of its event is placed within half a half."""


def with_losses(events: Sequence[Event], lost: Sequence[Span], task: Task) -> list[Event]:
    """The events of a file or window with its lost sound among them, in order of their start.

    A span of half a segment or more is an event of the task's silence. One that the model found there takes the span's
    edges, unless it begins or ends further outside than a segment that is half lost explains: there the sound was
    silent before it was lost, or after. Other events end where the sound was lost.

    Parameters
    ----------
    lost : spans (s) in order of time.
    """
    if task.silence is None:
        return list(events)
    least_s = task.front_end.segment_s / 2
    for span in lost:
        if span[1] - span[0] >= least_s:
            events = _with_loss(events, span, task.silence, least_s)
    return sorted(events, key=lambda e: (e.start_s, e.end_s))


def _with_loss(events: Sequence[Event], span: Span, silence: str, least_s: float) -> list[Event]:
    start_s, end_s = span
    kept, edges = [], [span]
    for event in events:
        if event.end_s < start_s or event.start_s > end_s:
            kept.append(event)
        elif event.type == silence:
            edges.append((event.start_s, event.end_s))
        else:
            kept += _outside(event, span, least_s)
    reach_s = _EXPLAINED * least_s
    first_s, last_s = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
    lost = Event(
        silence, first_s if first_s < start_s - reach_s else start_s, last_s if last_s > end_s + reach_s else end_s, 1.0
    )
    return [*kept, lost]


def _outside(event: Event, span: Span, least_s: float) -> list[Event]:
    """What of another event lies before and after a span, where that is long enough."""
    pieces = [(event.start_s, min(event.end_s, span[0])), (max(event.start_s, span[1]), event.end_s)]
    return [replace(event, start_s=a, end_s=b) for a, b in pieces if b - a >= least_s]

"""Spans of a programme of which no sound data is left; what is heard of them is silence that was filled in."""

from collections.abc import Sequence

Span = tuple[float, float]
"""Start and end, in seconds."""
_TOUCHING_S = 0.1


def add_span(spans: list[Span], start_s: float, end_s: float) -> None:
    """Append a span, or lengthen the last one where the new one follows it.

    Example
    -------
    >>> spans = [(0.0, 2.0)]
    >>> add_span(spans, 2.0, 3.0); add_span(spans, 8.0, 9.0); spans
    [(0.0, 3.0), (8.0, 9.0)]
    """
    if spans and start_s - spans[-1][1] < _TOUCHING_S:
        spans[-1] = spans[-1][0], max(end_s, spans[-1][1])
    else:
        spans.append((start_s, end_s))


def lost_within(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    """Seconds of the spans, in order of time, that lie between two times."""
    lost_s = 0.0
    for first_s, last_s in reversed(spans):
        if last_s <= start_s:
            break
        lost_s += max(0.0, min(last_s, end_s) - max(first_s, start_s))
    return lost_s

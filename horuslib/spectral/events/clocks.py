"""Times of a sensor log on the event's clock: from which unit, by what they were aligned, and how sure that is.

Logs count nanoseconds, microseconds, milliseconds or seconds, since 1970, since the phone's start, or since the
recording's. The unit follows from how far the times reach, as an event lasts a few seconds; the origin follows from
their size. Times since 1970 are placed by the event's own timestamp; where there is no common clock, the first row is
taken for the event's beginning, and `uncertainty_s` says what that costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

_UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
_YEARS_S = (978307200.0, 2145916800.0)
"""2001 to 2038: a number in this range of seconds is a time since 1970."""
_LARGEST = 1e20
"""Nanoseconds since 1970 are a fiftieth of this."""
_SAME_UNIT = 10.0
"""Two columns of times of which one reaches further by more than this factor count in different units."""
_NEAR_S = 2.0
"""A first row up to this far from the event's timestamp is placed by it."""
_HOUR_S = 3600.0
_LONGEST_SHIFT_H = 14


@dataclass(frozen=True)
class Clock:
    """How a log's times became seconds of the event."""

    unit: str
    origin: str
    """`wall`: by the timestamps of event and log. `recording`: the log counts from the recording's start.
    `first row`: no common clock, the log's first row is taken for the event's start."""
    uncertainty_s: float
    note: str = ""


def parse_times(cells: list[str], decimal_comma: bool) -> np.ndarray:
    """(rows,) float64 of numbers or ISO dates (seconds since 1970); NaN where a cell is neither."""
    return np.array([_number(cell, decimal_comma) for cell in cells], float)


def since_1970(number: float) -> float | None:
    """Seconds since 1970 of a number that counts them in some unit; None where it is none of 2001 to 2038."""
    return next((number * scale for scale in _UNITS.values() if _is_date(number * scale)), None)


def on_event_clock(raw: np.ndarray, duration_s: float, starts_at_s: float | None) -> tuple[np.ndarray, Clock]:
    """Seconds since the event's start, and how they were found.

    Parameters
    ----------
    raw : (rows,) times as they stand in the log; NaN where missing.
    duration_s : of the event.
    starts_at_s : the event's timestamp, seconds since 1970 UTC; None where unknown.
    """
    finite = np.sort(raw[np.isfinite(raw)])
    if not len(finite):
        return np.full(len(raw), np.nan), Clock("s", "first row", duration_s, "no row has a time")
    unit = _unit(finite, duration_s)
    # Subtracted before scaling: nanoseconds since 1970 have more digits than a float.
    seconds = (raw - finite[0]) * _UNITS[unit]
    first_s = float(finite[0] * _UNITS[unit])
    spacing_s = _spacing(np.sort(seconds[np.isfinite(seconds)]))
    if _is_date(first_s) and starts_at_s is not None:
        offset_s, note = _offset(first_s - starts_at_s)
        if offset_s is not None:
            return seconds + offset_s, Clock(unit, "wall", 0.05 if not note else 0.1, note)
        note = f"the log begins {_distance(first_s - starts_at_s)} the event's timestamp"
    elif not _is_date(first_s) and abs(first_s) <= max(spacing_s, 0.5) and finite[-1] * _UNITS[unit] > 0:
        return seconds + first_s, Clock(unit, "recording", min(0.1 + spacing_s / 2, 1.0))
    elif first_s < 0 < finite[-1]:
        return seconds + first_s, Clock(unit, "recording", 0.2, "the log begins before the recording")
    else:
        note = (
            "the log has no clock in common with the event" if not _is_date(first_s) else "the event has no timestamp"
        )
    return seconds, Clock(
        unit, "first row", min(0.1 + spacing_s / 2, 1.0), f"{note}: its first row counts as the start"
    )


def on_common_clock(
    raw: Mapping[int, np.ndarray], duration_s: float, starts_at_s: float | None
) -> dict[int, tuple[np.ndarray, Clock]]:
    """As `on_event_clock`, of several columns of times; those that count alike are placed together.

    Loggers that keep one clock per sensor begin with the sensors one after another: each placed by its own first row,
    they would lose their distance.
    """
    found: dict[int, tuple[np.ndarray, Clock]] = {}
    for together in _alike(raw):
        rows = np.cumsum([len(raw[i]) for i in together])
        seconds, clock = on_event_clock(np.concatenate([raw[i] for i in together]), duration_s, starts_at_s)
        found |= {i: (part, clock) for i, part in zip(together, np.split(seconds, rows[:-1]), strict=True)}
    return found


def _alike(raw: Mapping[int, np.ndarray]) -> list[list[int]]:
    """Columns in groups whose times overlap and reach about as far."""
    groups: list[list[int]] = []
    for i, times in raw.items():
        fitting = (group for group in groups if _overlap(raw[group[0]], times))
        group = next(fitting, None)
        if group is None:
            groups.append([i])
        else:
            group.append(i)
    return groups


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    if not len(a) or not len(b):
        return False
    shorter, longer = sorted((float(np.ptp(a)), float(np.ptp(b))))
    return bool(a.min() <= b.max() and b.min() <= a.max() and longer <= _SAME_UNIT * shorter)


def _unit(finite: np.ndarray, duration_s: float) -> str:
    """The unit in which these times reach about as far as an event; of a single time, by its size alone."""
    span, size = float(finite[-1] - finite[0]), float(np.median(np.abs(finite)))
    dated = [name for name, scale in _UNITS.items() if _is_date(size * scale)]
    if dated:
        return dated[0]
    if span <= 0:
        return "s" if size < 1e7 else "ms" if size < 1e11 else "ns"
    return min(_UNITS, key=lambda name: abs(np.log(span * _UNITS[name] / duration_s)))


def _offset(offset_s: float) -> tuple[float | None, str]:
    """The log's first row on the event's clock; whole hours apart is a time zone."""
    hours = round(offset_s / _HOUR_S)
    rest_s = offset_s - hours * _HOUR_S
    if abs(rest_s) > _NEAR_S or abs(hours) > _LONGEST_SHIFT_H:
        return None, ""
    return rest_s, f"log and event are {abs(hours)} h apart, taken for time zones" if hours else ""


def _distance(offset_s: float) -> str:
    text = f"{abs(offset_s):.1f} s" if abs(offset_s) < 600 else f"{abs(offset_s) / _HOUR_S:.1f} h"
    return f"{text} {'after' if offset_s > 0 else 'before'}"


def _spacing(seconds: np.ndarray) -> float:
    steps = np.diff(np.unique(seconds))
    return float(np.median(steps)) if len(steps) else 0.0


def _is_date(seconds: float) -> bool:
    return _YEARS_S[0] <= seconds <= _YEARS_S[1]


def _number(cell: str, decimal_comma: bool) -> float:
    text = cell.replace(",", ".") if decimal_comma else cell
    try:
        value = float(text)
        return value if abs(value) < _LARGEST else float("nan")
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(cell.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("nan")

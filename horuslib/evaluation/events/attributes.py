"""What else is measured of an event, by the kind of its label.

An event of reflections is an echo with its delay or a room with its reverberation time. Each kind is registered with
the function that reads its attributes from the segments that carry the event.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

_CLEAR = 0.5
"""Measure from which on its detail is believed."""
_REFLECTIONS = (("echo", "delay_s", 3), ("room", "rt60_s", 1))
"""Measure (`acoustics.measures`), its detail, and to how many decimals."""

COLUMNS: Mapping[str, type] = {"kind": str, "delay_s": float, "rt60_s": float}
"""Columns of event tables beside type, times and confidence, empty where they do not apply."""


def attributes(rows: pd.DataFrame, kind: str) -> dict[str, object]:
    """The attributes of an event, from the verdicts of the segments that carry it; empty where its kind has none."""
    read = _READERS.get(kind)
    return read(rows) if read else {}


def _reflections(rows: pd.DataFrame) -> dict[str, object]:
    """`kind` ("echo" or "room"), and `delay_s` or `rt60_s` (s)."""
    if not {name for one in _REFLECTIONS for name in one[:2]} <= set(rows):
        return {}
    kind, detail, decimals = max(_REFLECTIONS, key=lambda one: rows[one[0]].mean())
    clear = rows[rows[kind] >= _CLEAR]
    if clear.empty:
        return {}
    typical = clear[detail].median()
    return {"kind": kind} | ({detail: round(float(typical), decimals)} if np.isfinite(typical) else {})


_READERS: Mapping[str, Callable[[pd.DataFrame], dict[str, object]]] = {"reflections": _reflections}

"""What happens in a generated event, when, and which class follows from it.

The classes are defined by coincidence: a field and an electronic sound at once, with nobody there, are interference;
two or more of field, other sound, light or object, and jolt at once, with nobody there, are a correlated anomaly; a
person's form that appears together with a change of another modality is a form; everything else is ambient noise, also
changes that lie apart and a person alone. `at once` is within 0.4 s, `apart` at least 1.8 s.
"""

from dataclasses import dataclass, field

import numpy as np

TOGETHER_S, APART_S = 0.4, 1.8
AMBIENT, INTERFERENCE, ANOMALY, FORM = "ambient", "interference", "anomaly", "form"
ROLES = (AMBIENT, INTERFERENCE, ANOMALY, FORM)
"""What a class is, in the order of a task's classes; the names are the task's."""
_TOGETHER = {
    INTERFERENCE: (("field", "electronic"),),
    ANOMALY: (
        ("field", "sound"), ("field", "light"), ("field", "object"), ("field", "object"), ("sound", "light"),
        ("sound", "object"), ("sound", "object"), ("field", "sound", "light"), ("field", "sound", "jolt"),
        ("jolt", "sound"), ("light", "jolt"),
    ),
    FORM: (
        ("person", "field"), ("person", "sound"), ("person", "electronic"), ("person", "field", "sound"),
        ("person", "field", "electronic"), ("person", "jolt", "field"), ("person", "jolt"),
    ),
    AMBIENT: (
        (), ("field",), ("electronic",), ("sound",), ("light",), ("object",), ("object",), ("person",), ("jolt",),
    ),
}  # fmt: skip
_APART = (
    ("field", "electronic"), ("field", "sound"), ("sound", "light"), ("field", "light"), ("person", "field"),
    ("person", "sound"), ("object", "field"), ("object", "sound"), ("jolt", "sound"), ("person", "electronic"),
)  # fmt: skip
_APART_SHARE, _THERE_SHARE = 0.45, 0.25
_EARLIEST_S, _LATEST_S = 0.5, 4.3


@dataclass(frozen=True)
class Scenario:
    """Attributes
    ----------
    role : one of ROLES.
    onsets_s : kind of change -> when it begins.
    ends_s : kind -> when it is over, where that is not left to the maker.
    person_there : whether a person is in view from the start (and then moves at the onset of `person`, if any).
    """

    role: str
    onsets_s: dict[str, float]
    ends_s: dict[str, float] = field(default_factory=dict)
    person_there: bool = False


def draw_scenario(rng: np.random.Generator, role: str, duration_s: float) -> Scenario:
    """A scenario of a role, with onsets that make it so."""
    ways = _TOGETHER[role]
    if role == AMBIENT and rng.random() < _APART_SHARE:
        return _apart(rng, duration_s)
    kinds = ways[rng.integers(len(ways))]
    latest = min(_LATEST_S, 0.8 * duration_s)
    middle = rng.uniform(_EARLIEST_S + TOGETHER_S / 2, latest - TOGETHER_S / 2)
    onsets = {kind: middle + rng.uniform(-0.5, 0.5) * TOGETHER_S * 0.9 for kind in kinds}
    ends = {"person": onsets["person"] + rng.uniform(0.7, duration_s)} if "person" in onsets else {}
    there = role in (AMBIENT, FORM) and "person" in onsets and rng.random() < _THERE_SHARE
    if role == AMBIENT and not kinds and rng.random() < _THERE_SHARE:
        there = True
    return Scenario(role, onsets, ends, there)


def _apart(rng: np.random.Generator, duration_s: float) -> Scenario:
    kinds = list(_APART[rng.integers(len(_APART))])
    rng.shuffle(kinds)
    gap = rng.uniform(APART_S, max(APART_S + 0.1, min(3.2, duration_s - 1.0)))
    first = rng.uniform(0.4, max(0.5, duration_s - gap - 0.4))
    onsets = {kinds[0]: first, kinds[1]: first + gap}
    ends = {}
    if "person" in onsets:
        ends["person"] = onsets["person"] + (rng.uniform(0.5, 0.9) if kinds[0] == "person" else rng.uniform(0.7, 3.0))
    return Scenario(AMBIENT, onsets, ends)

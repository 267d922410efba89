"""Every generated sound of a street, by the kind of label that it is an example of (`tasks.kinds`)."""

from collections.abc import Mapping

import numpy as np

from horuslib.synthesis.ambience import SoundGenerator, at_level
from horuslib.synthesis.street.alerts import ALERTS
from horuslib.synthesis.street.impacts import IMPACTS
from horuslib.synthesis.street.scene import over, street_scene
from horuslib.synthesis.street.sirens import SIRENS
from horuslib.synthesis.street.surroundings import SURROUNDINGS
from horuslib.synthesis.street.traffic import TRAFFIC
from horuslib.synthesis.street.voices import SCREAMS

STREET: Mapping[str, Mapping[str, SoundGenerator]] = {
    "siren": SIRENS,
    "alert": ALERTS,
    "impact": IMPACTS,
    "traffic": TRAFFIC,
    "scream": SCREAMS,
    "surroundings": SURROUNDINGS,
}
"""Kind -> name -> generator."""
HARD: Mapping[str, tuple[str, ...]] = {
    "alert": ("beeper", "telephone", "dialling", "line_up", "civil_defence"),
    "siren": ("hi_lo", "three_tone"),
}
"""Kind -> what of it is easily mistaken: alerts for sirens, and sirens of steady notes for alerts. More owls, bells and
music among the surroundings were tried: fewer real sirens were found, and as many false ones in programme."""
_WHOLE_S = 6.0
"""Shorter sounds are parts of one of this length: signals have pauses of seconds."""
_LOUD_SHARE = 0.3
_CLOSE_SHARE = 0.5
"""Of sounds without a bed, so many are recorded beside their source: no street is heard."""
_PLAIN_BEDS = ("flow", "flow", "idling", "rain", "wind", "birds", "sea", "accelerating")


def bed(rng: np.random.Generator, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """Background that is there in any street: traffic, wind, rain, people."""
    name = _PLAIN_BEDS[rng.integers(len(_PLAIN_BEDS))]
    return {**TRAFFIC, **SURROUNDINGS}[name](rng, seconds, sample_rate_hz)


def street_sound(
    rng: np.random.Generator, seconds: float, sample_rate_hz: int, kind: str, name: str | None = None
) -> np.ndarray:
    """One example of a kind as it is heard in a street: often distant, moving, reflected, over a bed.

    Parameters
    ----------
    kind, name : of `STREET`; any of the kind when no name is given.

    Returns
    -------
    (N,) float32 at about the level of all places (`ambience.at_level`).

    Raises
    ------
    ValueError
        When there is no such kind or name.
    """
    if kind not in STREET or (name is not None and name not in STREET[kind]):
        raise ValueError(f"{kind!r}, {name!r} is no generated street sound; kinds are {', '.join(STREET)}")
    names = list(STREET[kind])
    chosen = name or names[rng.integers(len(names))]
    x = _audible_part(rng, STREET[kind][chosen](rng, max(seconds, _WHOLE_S), sample_rate_hz), seconds, sample_rate_hz)
    if kind in ("traffic", "surroundings"):
        return over(x, bed(rng, seconds, sample_rate_hz), rng.uniform(8, 40)) if rng.random() < 0.3 else x
    under = bed(rng, seconds, sample_rate_hz) if rng.random() < 0.7 else None
    if under is None and rng.random() < _CLOSE_SHARE:
        return x
    return street_scene(rng, x, sample_rate_hz, under)


def _audible_part(rng: np.random.Generator, x: np.ndarray, seconds: float, sample_rate_hz: int) -> np.ndarray:
    """A part of a sound in whose first half it is heard, as somebody would cut it."""
    n = round(seconds * sample_rate_hz)
    if n >= len(x):
        return x
    frame = max(1, sample_rate_hz // 50)
    power = np.mean(np.square(x[: len(x) // frame * frame].reshape(-1, frame)), axis=1)
    loud = np.flatnonzero(power >= _LOUD_SHARE * power.max())
    start = round(loud[rng.integers(len(loud))] * frame - rng.uniform(0, 0.5) * n)
    return at_level(x[min(max(start, 0), len(x) - n) :][:n])

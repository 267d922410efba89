"""Whether sensor values can be what they claim: the Earth's field, gravity, a hand's turn; and what is wrong if not."""

from collections.abc import Mapping

import numpy as np

EARTH_FIELD_UT = (18.0, 75.0)
"""Outdoors 25 to 65 µT, with some room for the sensor's bias."""
NEAR_STEEL_UT = 1000.0
GRAVITY = 9.80665
_GRAVITY_RANGE = (7.0, 13.0)
_FASTEST_TURN = 40.0
"""rad/s: above what a phone's gyroscope measures (2000 °/s is 35 rad/s)."""
_STANDARD_GRAVITIES = (0.7, 1.35)


def check_units(channels: Mapping[str, np.ndarray]) -> list[str]:
    """One sentence for each quantity whose typical size is not what its unit allows.

    Parameters
    ----------
    channels : name -> (rows,) values in the units of `columns.QUANTITIES`.
    """
    checks = (("magnetic", _field), ("accel", _acceleration), ("gyro", _turn))
    found = ((name, norm_of(channels, name), check) for name, check in checks)
    return [told for _, norms, check in found if norms is not None and (told := check(norms))]


def norm_of(channels: Mapping[str, np.ndarray], quantity: str) -> np.ndarray | None:
    """(rows,) the length of a quantity's vector; of the magnetic field also where only its magnitude was logged."""
    axes = [channels[f"{quantity}_{axis}"] for axis in "xyz" if f"{quantity}_{axis}" in channels]
    if len(axes) == 3:
        return np.sqrt(np.sum(np.square(axes), axis=0))
    return channels.get(f"{quantity}_magnitude")


def in_standard_gravities(channels: Mapping[str, np.ndarray]) -> bool:
    """Whether an acceleration is in multiples of g: its typical length is about 1."""
    middle = _middle(norm_of(channels, "accel"))
    return middle is not None and _STANDARD_GRAVITIES[0] <= middle <= _STANDARD_GRAVITIES[1]


def lacks_gravity(channels: Mapping[str, np.ndarray]) -> bool:
    """Whether an acceleration in m/s² holds no gravity: most of the time its length is far under 9.81."""
    middle = _middle(norm_of(channels, "accel"))
    return middle is not None and middle < _STANDARD_GRAVITIES[0]


def _field(norms: np.ndarray) -> str:
    middle = _middle(norms)
    if middle is None or EARTH_FIELD_UT[0] <= middle <= EARTH_FIELD_UT[1]:
        return ""
    if middle < EARTH_FIELD_UT[0]:
        return f"the magnetic field is typically {middle:.3g} µT, outdoors it is 25 to 65: perhaps another unit"
    if middle <= NEAR_STEEL_UT:
        return f"the magnetic field is typically {middle:.0f} µT, outdoors it is 25 to 65: steel or a magnet is near"
    return f"the magnetic field is typically {middle:.0f} µT, more than near steel: perhaps another unit"


def _acceleration(norms: np.ndarray) -> str:
    middle = _middle(norms)
    if middle is None or _GRAVITY_RANGE[0] <= middle <= _GRAVITY_RANGE[1] or middle < _STANDARD_GRAVITIES[0]:
        return ""
    return f"the acceleration is typically {middle:.3g} m/s², at rest it is 9.81: perhaps another unit"


def _turn(norms: np.ndarray) -> str:
    middle = _middle(norms)
    if middle is None or middle <= _FASTEST_TURN:
        return ""
    return f"the gyroscope typically shows {middle:.0f} rad/s, more than one can measure: perhaps another unit"


def _middle(norms: np.ndarray | None) -> float | None:
    if norms is None or not np.isfinite(norms).any():
        return None
    return float(np.nanmedian(norms))

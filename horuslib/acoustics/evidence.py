"""How a feature becomes evidence from 0 to 1."""

import numpy as np


def scaled(value: float, zero: float, one: float) -> float:
    """A feature scaled linearly from 0 at `zero` to 1 at `one`, clipped."""
    return float(np.clip((value - zero) / (one - zero), 0, 1))

"""Background beds under a programme: places, machines, animals, bells: hard negatives for hiss and echo.

A shard draws a few and shares them among its programmes, because some take as long to generate as a programme.
"""

import numpy as np

from horuslib.audio.levels import active_dbfs, from_db
from horuslib.synthesis.beds import BEDS

BELOW_DB = (-10.0, 22.0)
"""Range of the ratio of programme to bed, both at their active level."""
FAULT_BELOW_DB = (8.0, 25.0)
"""The same where the programme has a fault that must remain audible."""


def draw_beds(rng: np.random.Generator, count: int, seconds: float, sample_rate_hz: int) -> list[np.ndarray]:
    """Several different beds, each (N,)."""
    names = rng.choice(list(BEDS), count, replace=False)
    return [BEDS[name](rng, seconds, sample_rate_hz) for name in names]


def lay(
    rng: np.random.Generator,
    samples: np.ndarray,
    bed: np.ndarray,
    sample_rate_hz: int,
    below_db: tuple[float, float] = BELOW_DB,
) -> np.ndarray:
    """A programme mixed with a bed, at a random offset into the bed; the bed fades in or out in a quarter of cases."""
    bed = np.roll(np.resize(bed, len(samples)), rng.integers(len(samples)))
    if rng.random() < 0.25:
        edge = round(rng.uniform(0.02, 2.0) * sample_rate_hz)
        begins = np.clip((np.arange(len(bed)) - rng.integers(len(bed))) / edge, 0, 1)
        bed = bed * (begins if rng.random() < 0.5 else 1 - begins).astype(np.float32)
    level_db = active_dbfs(samples, sample_rate_hz) - rng.uniform(*below_db) - active_dbfs(bed, sample_rate_hz)
    return samples + bed * np.float32(from_db(level_db)) if np.isfinite(level_db) else samples

"""What is measured of a segment's sound beside the picture that the network sees, by name."""

from collections.abc import Sequence

import numpy as np

from horuslib.acoustics.reflections import reflections_of
from horuslib.audio.levels import usual_dbfs

MEASURES = ("echo", "room", "quiet")
"""Measures from 0 to 1 that a decision may weigh: what a task's `decision.measures` may name."""
REFLECTED = ("echo", "room")
"""Those of them that come with details."""
DETAILS = ("delay_s", "rt60_s")
"""Told of an event that has such evidence; NaN where it cannot be measured."""
QUIET_DB = (10.0, 17.0)
"""How far the usual level lies under the channel's target where `quiet` is 0, and where it is 1: around the 14 dB at
which low volume begins. Fades and low passages, of which only a part is that quiet, stay under it."""


def measure_sound(
    samples: Sequence[np.ndarray], sample_rate_hz: int, names: Sequence[str], target_lufs: float = -23.0
) -> np.ndarray:
    """The evidence and details of some segments.

    Parameters
    ----------
    samples : mono sounds, (N,) each.
    names : of `EVIDENCE`, what is asked for; with none, nothing is measured.
    target_lufs : the channel's loudness, which `quiet` refers to.

    Returns
    -------
    (len(samples), len(EVIDENCE) + len(DETAILS)), in that order; evidence that is not asked for is 0.
    """
    measured = np.zeros((len(samples), len(MEASURES) + len(DETAILS)))
    measured[:, len(MEASURES) :] = np.nan
    if set(REFLECTED) & set(names):
        for row, found in zip(measured, reflections_of(samples, sample_rate_hz), strict=True):
            row[: len(REFLECTED)] = [getattr(found, name) if name in names else 0.0 for name in REFLECTED]
            row[len(MEASURES) :] = found.delay_s, found.rt60_s
    if "quiet" in names:
        under_db = target_lufs - np.array([usual_dbfs(x, sample_rate_hz) for x in samples])
        measured[:, MEASURES.index("quiet")] = np.clip((under_db - QUIET_DB[0]) / (QUIET_DB[1] - QUIET_DB[0]), 0, 1)
    return measured

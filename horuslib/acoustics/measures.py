"""Measures of a segment's waveform, used beside the network's log-mel input: echo, room, low volume, noise floor."""

from collections.abc import Sequence

import numpy as np

from horuslib.acoustics.noise_floor import noise_floor
from horuslib.acoustics.reflections import reflections_of
from horuslib.audio.levels import typical_dbfs

MEASURES = ("echo", "room", "quiet", "noise")
"""Names of the measures, each from 0 to 1, that the decision may use: the values allowed in a task's
`decision.measures`."""
REFLECTED = ("echo", "room")
"""The measures that come with details."""
DETAILS = ("delay_s", "rt60_s")
"""Reported with an event that has such a measure; NaN where it cannot be measured."""
QUIET_DB = (10.0, 17.0)
"""How far the usual level is below the channel's target where `quiet` is 0, and where it is 1: around the 14 dB at
which low volume begins. Fades and low passages, of which only a part is that quiet, stay near 0."""


def measure_sound(
    samples: Sequence[np.ndarray],
    sample_rate_hz: int,
    names: Sequence[str],
    target_lufs: float = -23.0,
    before: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """The measures and details of some segments.

    Parameters
    ----------
    samples : mono sounds, (N,) each.
    names : the requested measures, of `MEASURES`; nothing is measured when empty.
    target_lufs : the channel's target loudness, the reference of `quiet`.
    before : what was heard before each of them.

    Returns
    -------
    (len(samples), len(MEASURES) + len(DETAILS)), in that order; measures that are not requested are 0.
    """
    measured = np.zeros((len(samples), len(MEASURES) + len(DETAILS)))
    measured[:, len(MEASURES) :] = np.nan
    if set(REFLECTED) & set(names):
        for row, found in zip(measured, reflections_of(samples, sample_rate_hz, before), strict=True):
            row[: len(REFLECTED)] = [getattr(found, name) if name in names else 0.0 for name in REFLECTED]
            row[len(MEASURES) :] = found.delay_s, found.rt60_s
    if "noise" in names:
        measured[:, MEASURES.index("noise")] = [noise_floor(x, sample_rate_hz).noise for x in samples]
    if "quiet" in names:
        under_db = target_lufs - np.array([typical_dbfs(x, sample_rate_hz) for x in samples])
        measured[:, MEASURES.index("quiet")] = np.clip((under_db - QUIET_DB[0]) / (QUIET_DB[1] - QUIET_DB[0]), 0, 1)
    return measured

"""What is measured of a segment's sound beside the picture that the network sees, by name."""

from collections.abc import Sequence

import numpy as np

from horuslib.sound.reflections import reflections_of

EVIDENCE = ("echo", "room")
"""Measures from 0 to 1 that a decision may weigh: what a task's `decision.measures` may name."""
DETAILS = ("delay_s", "rt60_s")
"""Told of an event that has such evidence; NaN where it cannot be measured."""


def measure_sound(samples: Sequence[np.ndarray], sample_rate_hz: int, names: Sequence[str]) -> np.ndarray:
    """The evidence and details of some segments.

    Parameters
    ----------
    samples : mono sounds, (N,) each.
    names : of `EVIDENCE`, what is asked for; with none, nothing is measured.

    Returns
    -------
    (len(samples), len(EVIDENCE) + len(DETAILS)), in that order; evidence that is not asked for is 0.
    """
    measured = np.zeros((len(samples), len(EVIDENCE) + len(DETAILS)))
    measured[:, len(EVIDENCE) :] = np.nan
    if names:
        for row, found in zip(measured, reflections_of(samples, sample_rate_hz), strict=True):
            row[:] = [
                *(getattr(found, name) if name in names else 0.0 for name in EVIDENCE),
                found.delay_s,
                found.rt60_s,
            ]
    return measured

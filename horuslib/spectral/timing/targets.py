"""The curves that the default network finds: the onset of each kind of change, and whether a person is in view."""

import numpy as np

from horuslib.spectral.timing.clock import STEP_S

KINDS = ("field", "electronic", "sound", "light", "object", "person", "jolt")
THERE = "there"
TARGETS = (*KINDS, THERE)
"""Columns of the curves; `there` is a person's presence, the others are onsets."""
MODALITY_OF = {
    "field": "sensors", "jolt": "sensors", "electronic": "audio", "sound": "audio", "light": "video",
    "object": "video", "person": "video", THERE: "video",
}  # fmt: skip
ONSET_LEVEL = 0.3
"""A curve that rises above it shows an onset."""


def onsets_of(curves: np.ndarray) -> dict[str, dict[str, float]]:
    """Kind of change -> `time_s` and `strength`, for each of (steps, len(TARGETS)) curves above ONSET_LEVEL."""
    found = {}
    for kind, curve in zip(TARGETS, curves.T, strict=True):
        if curve.max() >= ONSET_LEVEL:
            found[kind] = {
                "time_s": round((float(curve.argmax()) + 0.5) * STEP_S, 2),
                "strength": round(float(curve.max()), 3),
            }
    return found

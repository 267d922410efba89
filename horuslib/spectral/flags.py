"""What the app's own detector of persons is worth to a network: its flags removed, and shuffled among the events."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from horuslib.spectral.events.event import Event, read_log
from horuslib.spectral.timing.inputs import Inputs
from horuslib.spectral.timing.sensor_curves import sensor_curves

CHANNEL = "humanoid_detected"
REMOVED, SHUFFLED = "flags removed", "flags shuffled"


def changed(events: Sequence[Event], inputs: Sequence[Inputs], rng: np.random.Generator) -> dict[str, list[Inputs]]:
    """REMOVED and SHUFFLED -> the inputs of these events, their logs read anew with other flags.

    Parameters
    ----------
    inputs : of the events as they are; what is no sensor is taken from them.
    """
    logs = [read_log(event) for event in events]
    flagged = [k for k, log in enumerate(logs) if log is not None and CHANNEL in log.channels]
    dealt = dict(zip(flagged, rng.permutation(flagged).tolist(), strict=True))
    found: dict[str, list[Inputs]] = {REMOVED: list(inputs), SHUFFLED: list(inputs)}
    for k in flagged:
        own = logs[k].channels
        flag = np.full_like(own[CHANNEL], float(logs[dealt[k]].channels[CHANNEL].any()))
        removed = {name: values for name, values in own.items() if name != CHANNEL}
        for name, channels in ((REMOVED, removed), (SHUFFLED, {**own, CHANNEL: flag})):
            curves = sensor_curves(replace(logs[k], channels=channels), events[k].duration_s)
            found[name][k] = {**inputs[k], "sensors": curves}
    return found

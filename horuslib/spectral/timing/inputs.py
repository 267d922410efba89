"""The default network's input: every modality of an event as arrays of fixed shape, absent ones zero and said so."""

from collections.abc import Mapping

import numpy as np

from horuslib.spectral.events.event import MODALITIES, Signals
from horuslib.spectral.timing.clock import step_count
from horuslib.spectral.timing.picture_curves import PICTURE_CURVES, Change
from horuslib.spectral.timing.sensor_curves import SENSOR_CURVES, sensor_curves
from horuslib.spectral.timing.sound_curves import BANDS, SOUND_CURVES, sound_curves

MOMENTS = 10
"""Frames per event that are embedded: at about 10 ms each they fit into 200 ms; exact times come from the curves."""
PERSON_SCORES = ("whole", "region", "rise", "known")
"""Logits of a person in the whole frame and in the changed region; how far the larger has risen above its least value
so far, as some places look a little like a person all the time; in 4. Whether they were computed."""
_LOGIT_SCALE = 4.0
Inputs = dict[str, np.ndarray]
"""Name -> array of one event: what `input_shapes` lists."""


def moment_times(duration_s: float, count: int = MOMENTS) -> np.ndarray:
    """(count,) seconds, evenly spread, none at the edges."""
    return (np.arange(count) + 0.5) * duration_s / count


def input_shapes(duration_s: float, look_width: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of one event's arrays; `look_width` is that of the frames' embeddings."""
    steps = step_count(duration_s)
    return {
        "picture": (steps, len(PICTURE_CURVES)),
        "person": (MOMENTS, len(PERSON_SCORES)),
        "look": (MOMENTS, look_width),
        "bands": (steps, BANDS),
        "sound": (steps, len(SOUND_CURVES)),
        "sensors": (steps, len(SENSOR_CURVES)),
        "present": (len(MODALITIES),),
    }


def event_inputs(
    signals: Signals,
    duration_s: float,
    look_width: int,
    change: Change | None = None,
    look: np.ndarray | None = None,
    person: np.ndarray | None = None,
) -> Inputs:
    """The arrays of an event, float32, all finite.

    Parameters
    ----------
    change : of the picture; None without one.
    look : (MOMENTS, look_width) embeddings of the changed regions; None where no image network is used. The first one
        is subtracted: what counts is what has come, not where it came to.
    person : (MOMENTS, 2) logits of a person, whole frame and changed region; None where no detector is installed.
    """
    found = {name: np.zeros(shape, np.float32) for name, shape in input_shapes(duration_s, look_width).items()}
    if change is not None:
        found["picture"][:] = change.curves
    if look is not None:
        found["look"][:] = look - look[0]
    if person is not None:
        larger = person.max(1)
        found["person"][:, :2] = person / _LOGIT_SCALE
        found["person"][:, 2] = (larger - np.minimum.accumulate(larger)) / _LOGIT_SCALE
        found["person"][:, 3] = 1
    if signals.sound is not None:
        found["bands"][:], found["sound"][:] = sound_curves(signals.sound, duration_s)
    if signals.sensors is not None:
        found["sensors"][:] = sensor_curves(signals.sensors, duration_s)
    found["present"][:] = [signals.present[modality] for modality in MODALITIES]
    return found


def stacked(events: list[Inputs]) -> Mapping[str, np.ndarray]:
    """Name -> (events, ...) of a list of inputs."""
    return {name: np.stack([event[name] for event in events]) for name in events[0]}

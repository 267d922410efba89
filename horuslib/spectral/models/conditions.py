"""Changed inputs that show what the network uses: each modality alone, each one missing, modalities apart in time."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.models.confidence import Answered
from horuslib.spectral.models.variations import absent, moved
from horuslib.spectral.timing.clock import STEP_S
from horuslib.spectral.timing.inputs import Inputs

Condition = Callable[[Inputs], Inputs]
APART_S = (2.0, 2.5)
ALL = "all"
WITHOUT = tuple(f"without {modality}" for modality in MODALITIES)
"""Names of the conditions under which a modality is missing."""


def conditions() -> dict[str, Condition]:
    """Name -> what it does to an event's inputs: everything, pairs and single modalities, and shifts."""
    found: dict[str, Condition] = {ALL: lambda inputs: inputs}
    for name, modality in zip(WITHOUT, MODALITIES, strict=True):
        found[name] = _without(modality)
    for modality in MODALITIES:
        found[f"{modality} alone"] = _alone(modality)
    for seconds in APART_S:
        found[f"{seconds:g} s apart"] = _apart(seconds)
    return found


def answers_under(
    predict: Callable[[Sequence[Inputs]], np.ndarray],
    events: Sequence[Inputs],
    more: Mapping[str, Sequence[Inputs]] | None = None,
) -> dict[str, Answered]:
    """The answers to all events under each condition.

    Parameters
    ----------
    predict : answers (n, classes) to changed inputs, each by networks that did not see the event.
    more : further conditions -> the inputs changed by them, such as those of `flags.changed`.
    """
    found = {}
    asked = {name: [change(event) for event in events] for name, change in conditions().items()}
    for name, changed in {**asked, **(more or {})}.items():
        found[name] = Answered(predict(changed), np.stack([event["present"] for event in changed]))
    return found


def _apart(seconds: float) -> Condition:
    """Video earlier and sensors later than the sound by so many seconds."""
    steps = round(seconds / STEP_S)
    return lambda inputs: moved(moved(inputs, "video", -steps), "sensors", steps)


def _without(modality: str) -> Condition:
    return lambda inputs: absent(inputs, modality)


def _alone(modality: str) -> Condition:
    def keep(inputs: Inputs) -> Inputs:
        for other in MODALITIES:
            if other != modality:
                inputs = absent(inputs, other)
        return inputs

    return keep

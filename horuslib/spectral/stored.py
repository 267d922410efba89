"""Inputs, generated events and members as artifacts: arrays in a step's folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from horuslib.core.artifacts import OpenStep, Step
from horuslib.spectral.models.ensemble import Member
from horuslib.spectral.models.fit import Generated
from horuslib.spectral.timing.inputs import Inputs, stacked


def write_inputs(step: OpenStep, inputs: Sequence[Inputs]) -> None:
    """Each array of the inputs as `input_<name>.npy`, one row per event."""
    for name, values in stacked(list(inputs)).items():
        step.write_array(f"input_{name}", values.astype(np.float16 if name == "look" else np.float32))


def read_inputs(step: Step) -> list[Inputs]:
    """What `write_inputs` stored, as one dictionary per event."""
    names = sorted(path.stem.removeprefix("input_") for path in step.folder.glob("input_*.npy"))
    arrays = {name: np.asarray(step.array(f"input_{name}"), np.float32) for name in names}
    count = len(arrays["present"])
    return [{name: values[k] for name, values in arrays.items()} for k in range(count)]


def write_generated(step: OpenStep, generated: Generated) -> None:
    """Generated events as `made_<name>.npy`, their curves and labels."""
    arrays: Mapping[str, np.ndarray] = {**generated.inputs, "curves": generated.curves, "labels": generated.labels}
    for name, values in arrays.items():
        step.write_array(f"made_{name}", values)


def read_generated(step: Step) -> Generated:
    """What `write_generated` stored."""
    names = sorted(path.stem.removeprefix("made_") for path in step.folder.glob("made_*.npy"))
    arrays = {name: np.asarray(step.array(f"made_{name}")) for name in names}
    curves, labels = arrays.pop("curves"), arrays.pop("labels")
    return Generated(arrays, curves, labels)


def write_member(path: Path, member: Member) -> None:
    """A member's weights as .npz, in the order of the network."""
    with open(path, "wb") as file:
        np.savez(file, *member)


def read_member(path: Path) -> Member:
    """What `write_member` wrote."""
    with np.load(path) as stored:
        return [stored[f"arr_{k}"] for k in range(len(stored.files))]

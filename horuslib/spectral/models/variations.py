"""Variations of an event's inputs whose class is known: moved in time, a modality left out, modalities pulled apart."""

from collections.abc import Mapping

import numpy as np

from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.timing.inputs import MOMENTS, Inputs
from horuslib.spectral.timing.targets import MODALITY_OF, TARGETS, THERE

PARTS = {"video": ("picture", "person", "look"), "audio": ("bands", "sound"), "sensors": ("sensors",)}
"""Modality -> its arrays."""
APART_STEPS = (20, 28)
"""2.0 to 2.8 s: beyond the 1.8 s from which changes count as separate, with the 0.2 s that onsets may be off."""
_MOVE, _EDGE = 8, 4
_NOISE, _GAIN = 0.03, 0.15


def moved(inputs: Inputs, modality: str, steps: int) -> Inputs:
    """One modality later by so many steps (earlier where negative).

    What comes in at the end that opens is the event's own first or last 0.4 s, to and fro: to hold one value would look
    like a sensor that begins to work. Moments are moved by whole moments, so that `steps` of video is rounded to those.
    """
    out = dict(inputs)
    for name in PARTS[modality]:
        series = inputs[name]
        by = steps if len(series) != MOMENTS else round(steps * MOMENTS / len(inputs["picture"]))
        out[name] = series[_places(len(series), by, _EDGE if len(series) != MOMENTS else 1)]
    return out


def _places(length: int, by: int, edge: int) -> np.ndarray:
    """(length,) which step comes to each place when all are moved later by `by`."""
    at = np.arange(length) - by
    swing = max(2 * edge - 2, 1)

    def to_and_fro(beyond: np.ndarray) -> np.ndarray:
        place = beyond % swing
        return np.where(place < edge, place, swing - place)

    before, after = to_and_fro(-at), length - 1 - to_and_fro(at - (length - 1))
    return np.where(at < 0, before, np.where(at >= length, after, at))


def apart_moves(rng: np.random.Generator) -> dict[str, int]:
    """Steps by which each modality is moved so that it is at least 2 s from every other."""
    order = rng.permutation(MODALITIES)
    before, after = rng.integers(*APART_STEPS, 2)
    return dict(zip(order.tolist(), (-int(before), 0, int(after)), strict=True))


def pulled_apart(inputs: Inputs, moves: Mapping[str, int]) -> Inputs:
    """Every modality moved by its own steps: whatever coincided no longer does."""
    for modality, steps in moves.items():
        inputs = moved(inputs, modality, steps)
    return inputs


def curves_apart(curves: np.ndarray, moves: Mapping[str, int]) -> np.ndarray:
    """(steps, len(TARGETS)) the curves to find of an event that was pulled apart; onsets that leave it are gone."""
    out = np.zeros_like(curves)
    at = np.arange(len(curves))
    for k, kind in enumerate(TARGETS):
        from_step = at - moves[MODALITY_OF[kind]]
        inside = (from_step >= 0) & (from_step < len(curves))
        out[inside, k] = curves[from_step[inside], k]
        if kind == THERE:
            out[:, k] = curves[np.clip(from_step, 0, len(curves) - 1), k]
    return out


def varied(rng: np.random.Generator, inputs: Inputs) -> Inputs:
    """The same event a little earlier or later, louder or weaker, with noise on its curves."""
    by = int(rng.integers(-_MOVE, _MOVE + 1))
    out = inputs
    for modality in MODALITIES:
        out = moved(out, modality, by)
    changed = dict(out)
    for name in ("picture", "bands", "sound", "sensors"):
        gain = rng.uniform(1 - _GAIN, 1 + _GAIN)
        changed[name] = (out[name] * gain + rng.normal(0, _NOISE, out[name].shape)).astype(np.float32)
    changed["sensors"][:, -3:] = inputs["sensors"][:, -3:]
    shaken = rng.normal(0, _NOISE, out["person"].shape) * out["person"][:, -1:]
    changed["person"] = (out["person"] + shaken).astype(np.float32)
    changed["person"][:, -1] = inputs["person"][:, -1]
    return _only_present(changed)


def absent(inputs: Inputs, modality: str) -> Inputs:
    """An event's inputs without a modality."""
    out = {name: np.zeros_like(value) if name in PARTS[modality] else value for name, value in inputs.items()}
    out["present"] = inputs["present"].copy()
    out["present"][..., MODALITIES.index(modality)] = 0
    return out


def with_dropped(rng: np.random.Generator, inputs: Inputs, share: float) -> Inputs:
    """The event with a modality left out, in this share of the cases; one always stays."""
    there = [m for i, m in enumerate(MODALITIES) if inputs["present"][i]]
    if len(there) < 2 or rng.random() >= share:
        return inputs
    return absent(inputs, there[rng.integers(len(there))])


def _only_present(inputs: Inputs) -> Inputs:
    out = inputs
    for i, modality in enumerate(MODALITIES):
        if not inputs["present"][i]:
            out = absent(out, modality)
    return out

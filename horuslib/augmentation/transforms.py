"""Reproducible transforms with audiomentations' interface: base classes, and `draw` and `replay` of parameters.

A transform of audiomentations draws its parameters from Python's and NumPy's global generators. The transforms of this
package have their own generator, and all random values, noise seeds included, are stored in `parameters`: the same
parameters applied to the same sound give the same result. `draw` and `replay` work for both kinds.
"""

import random
from abc import abstractmethod
from collections.abc import Callable, Mapping

import numpy as np
from audiomentations.core.transforms_interface import BaseWaveformTransform

_EDGE_S = 0.02

Recipe = list[BaseWaveformTransform]
"""Transforms in the order of the signal chain."""


class SeededTransform(BaseWaveformTransform):
    """A transform with its own random generator. Subclasses draw in `draw_parameters` and render in `apply`.

    Parameters
    ----------
    p : probability of applying it.
    seed : argument of `numpy.random.default_rng`; a generator is used directly.
    """

    def __init__(self, p: float = 1.0, seed: int | np.random.Generator | None = None):
        super().__init__(p)
        self.seed = seed
        self.rng = np.random.default_rng(seed)

    def randomize_parameters(self, samples: np.ndarray, sample_rate: int) -> None:
        self.parameters = {"should_apply": bool(self.rng.random() < self.p)}
        if self.parameters["should_apply"]:
            self.parameters.update(self.draw_parameters(self.rng, samples, sample_rate))

    @abstractmethod
    def draw_parameters(self, rng: np.random.Generator, samples: np.ndarray, sample_rate: int) -> dict:
        """All parameters of one application, as JSON-compatible numbers and strings."""


class Fault(SeededTransform):
    """A transform that makes a fault, over the whole sound or a part of it. Subclasses render the whole in `make`.

    Parameters
    ----------
    min_share : smallest share of the sound that the fault covers. Below 1, three in ten faults begin or end inside.
    """

    partial_share = 0.3

    def __init__(self, min_share: float = 1.0, p: float = 1.0, seed: int | np.random.Generator | None = None):
        super().__init__(p, seed)
        if not 0 < min_share <= 1:
            raise ValueError(f"min_share is {min_share}; a share lies over 0 and up to 1")
        self.min_share = min_share

    def randomize_parameters(self, samples: np.ndarray, sample_rate: int) -> None:
        super().randomize_parameters(samples, sample_rate)
        if self.parameters["should_apply"]:
            partial = self.min_share < 1 and self.rng.random() < self.partial_share
            share = float(self.rng.uniform(self.min_share, 1)) if partial else 1.0
            begins_inside = partial and self.rng.random() < 0.5
            self.parameters["start_share"] = 1 - share if begins_inside else 0.0
            self.parameters["end_share"] = 1.0 if begins_inside else share

    @abstractmethod
    def make(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """The whole sound with the fault."""

    def apply(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        faulty = self.make(samples, sample_rate).astype(np.float32)
        start, end = (round(self.parameters[key] * len(samples)) for key in ("start_share", "end_share"))
        if start == 0 and end == len(samples):
            return faulty
        edge = round(_EDGE_S * sample_rate)
        position = np.arange(len(samples))
        inside = np.ones(len(samples), np.float32)
        if start > 0:
            inside *= np.clip((position - start) / edge, 0, 1)
        if end < len(samples):
            inside *= np.clip((end - position) / edge, 0, 1)
        return (samples + inside * (faulty - samples)).astype(np.float32)


def sometimes(rng: np.random.Generator, share: float, transform: BaseWaveformTransform) -> Recipe:
    """The transform in this share of recipes, else nothing."""
    return [transform] if rng.random() < share else []


def by_name(*transforms: type[BaseWaveformTransform]) -> dict[str, type[BaseWaveformTransform]]:
    """Transforms by the names that `draw` gives and `replay` looks up."""
    return {transform.__name__: transform for transform in transforms}


def check_range(name: str, low: float, high: float, least: float = -np.inf, most: float = np.inf) -> None:
    """Raise ValueError for a range that is reversed or exceeds its bounds."""
    if not least <= low <= high <= most:
        raise ValueError(f"{name} goes from {low} to {high}; it must rise within {least} to {most}")


def draw(transform: BaseWaveformTransform, rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int) -> dict:
    """Draw one application of a transform: `{"name": ..., "parameters": {...}}`, ready for JSON.

    The state of the global generators that audiomentations draws from is restored.
    """
    if isinstance(transform, SeededTransform):
        transform.rng = rng
        transform.randomize_parameters(samples, sample_rate_hz)
    else:
        state, legacy_state = random.getstate(), np.random.get_state()
        try:
            random.seed(int(rng.integers(2**32)))
            np.random.seed(int(rng.integers(2**32)))
            transform.randomize_parameters(samples, sample_rate_hz)
        finally:
            random.setstate(state)
            np.random.set_state(legacy_state)
    parameters = {k: v.item() if isinstance(v, np.generic) else v for k, v in transform.parameters.items()}
    return {"name": type(transform).__name__, "parameters": parameters}


def replay(
    step: Mapping,
    transforms: Mapping[str, Callable[[], BaseWaveformTransform]],
    samples: np.ndarray,
    sample_rate_hz: int,
) -> np.ndarray:
    """Apply a transform with the parameters drawn by `draw`.

    Parameters
    ----------
    step : one result of `draw`.
    transforms : name -> class or other factory of the transform.
    """
    transform = transforms[step["name"]]()
    transform.parameters = dict(step["parameters"])
    transform.freeze_parameters()
    return transform(np.asarray(samples, np.float32), sample_rate_hz)

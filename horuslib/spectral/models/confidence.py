"""How sure an answer is: probabilities that are right as often as they say, also where a modality is missing.

A temperature cannot help a network whose few confident errors are as confident as its right answers, and one that was
fitted to whole events is wrong for those of which a modality is missing. Fitted on answers to events that the network
was not trained on, as they are and with each modality left out:

    p = (1 - floor) softmax(exp(sharpness + missing . change) log q) + floor / classes
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from horuslib.evaluation.calibration import negative_log_likelihood
from horuslib.evaluation.fusion import softmax
from horuslib.spectral.events.event import MODALITIES

_TINY = 1e-12
_SHARPNESS, _CHANGE, _FLOOR = (-2.0, 1.0), (-2.0, 0.5), (0.0, 0.4)
"""Bounds of the fit: without an error to learn from, the likelihood alone would sharpen for ever."""
_PRIOR = 1.0
"""Weight, in nats, of one unit squared away from no correction: few events decide little."""


@dataclass(frozen=True)
class Confidence:
    """Attributes
    ----------
    sharpness : logarithm of the inverse temperature of events with all modalities.
    change : of it, for each of MODALITIES that is missing.
    floor : share of the probability that all classes have alike: errors that no confidence foretells.
    """

    sharpness: float = 0.0
    change: tuple[float, ...] = (0.0,) * len(MODALITIES)
    floor: float = 0.0

    def __call__(self, probabilities: np.ndarray, present: np.ndarray) -> np.ndarray:
        """(n, classes) calibrated probabilities.

        Parameters
        ----------
        probabilities : (n, classes) of the networks. present : (n, len(MODALITIES)) 1 where a modality is there.
        """
        scale = np.exp(self.sharpness + (1 - np.asarray(present, float)) @ np.array(self.change))
        sharp = softmax(np.log(np.maximum(probabilities, _TINY)) * scale[:, None])
        return (1 - self.floor) * sharp + self.floor / probabilities.shape[1]

    def as_dict(self) -> dict:
        """For JSON."""
        return {"sharpness": self.sharpness, "change": list(self.change), "floor": self.floor}

    @staticmethod
    def of(content: Mapping) -> "Confidence":
        """What `as_dict` gave."""
        return Confidence(content["sharpness"], tuple(content["change"]), content["floor"])


def fit_confidence(probabilities: np.ndarray, present: np.ndarray, labels: np.ndarray) -> Confidence:
    """The likeliest confidence; none changed without answers.

    Parameters
    ----------
    probabilities, present : as `Confidence` takes them, of events that the networks were not trained on.
    labels : (n,) class numbers.
    """
    if not len(labels):
        return Confidence()

    def cost(x: np.ndarray) -> float:
        found = Confidence(x[0], tuple(x[1:-1]), x[-1])
        prior = _PRIOR * float(np.square(x).sum()) / len(labels)
        return negative_log_likelihood(found(probabilities, present), labels) + prior

    bounds = [_SHARPNESS, *[_CHANGE] * len(MODALITIES), _FLOOR]
    start = np.array([0.0, *[0.0] * len(MODALITIES), 0.05])
    x = minimize(cost, start, method="L-BFGS-B", bounds=bounds).x
    return Confidence(float(x[0]), tuple(map(float, x[1:-1])), float(x[-1]))


@dataclass(frozen=True)
class Answered:
    """Answers to the same events under a condition, such as without a modality.

    Attributes
    ----------
    probabilities : (n, classes), NaN rows where there is no answer. present : (n, len(MODALITIES)).
    """

    probabilities: np.ndarray
    present: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """(n,) bool: there is an answer, and a modality to answer from."""
        return np.isfinite(self.probabilities).all(1) & (self.present > 0).any(1)


def fit_over(answered: Mapping[str, Answered], labels: np.ndarray, use: np.ndarray) -> Confidence:
    """As `fit_confidence`, of the events in `use` (n,) bool, under every condition."""
    chosen = [(one, use & (labels >= 0) & one.rows) for one in answered.values()]
    return fit_confidence(
        np.concatenate([one.probabilities[rows] for one, rows in chosen]),
        np.concatenate([one.present[rows] for one, rows in chosen]),
        np.concatenate([labels[rows] for _, rows in chosen]),
    )


def calibrated_by_fold(
    answered: Mapping[str, Answered], labels: np.ndarray, folds: np.ndarray, fitted: Sequence[str]
) -> tuple[dict[str, Answered], Confidence]:
    """Answers under each condition, calibrated by the other folds; and the confidence of all folds, for export.

    Events of no fold are calibrated by the latter.

    Parameters
    ----------
    fitted : the conditions from which confidence is learned; under the others events are not of their class, or too
        little is left of them.
    """
    learned = {name: answered[name] for name in fitted}
    everything = fit_over(learned, labels, folds >= 0)
    out = {name: everything(one.probabilities, one.present) for name, one in answered.items()}
    for fold in sorted(set(folds[folds >= 0].tolist())):
        others, inside = fit_over(learned, labels, (folds >= 0) & (folds != fold)), folds == fold
        for name, one in answered.items():
            out[name][inside] = others(one.probabilities[inside], one.present[inside])
    return {name: Answered(out[name], one.present) for name, one in answered.items()}, everything

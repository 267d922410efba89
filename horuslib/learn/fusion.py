"""What measures of the sound add to what the network says.

The network sees a picture of 128 x 128 points; an echo or a room is easier to hear in the waveform
(`horuslib.sound.measures`). Each measure adds its weight in evidence to the log-odds of every class, on top of the
network's own: a logistic regression whose starting point is the network, with few enough numbers to be learnt from a
few dozen recordings. With no measure, nothing is changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from horuslib.tasks import Task

PENALTY = 0.3
"""Half of this times the sum of squared weights is added to the loss: enough for a class without examples."""
_LEAST = 1e-6
"""A probability under this is taken for this: the network cannot be surer."""
_TRUST = (0.1, 3.0)


@dataclass(frozen=True)
class Fusion:
    """log p(class | all) = trust * log p(class | network) + offset + measures @ weights, up to a constant.

    Example
    -------
    >>> louder = Fusion(("echo",), 1.0, np.zeros(2), np.array([[3.0, 0.0]]))
    >>> louder.apply(np.array([[0.5, 0.5]]), np.array([[1.0]])).round(2)
    array([[0.95, 0.05]])
    """

    measures: tuple[str, ...]
    trust: float
    offsets: np.ndarray
    """(L,)"""
    weights: np.ndarray
    """(M, L)"""

    def apply(self, probabilities: np.ndarray, measured: np.ndarray) -> np.ndarray:
        """Probabilities (N, L) with the evidence of the measures (N, M) in them; rows of NaN stay so."""
        return _softmax(self.trust * _log(probabilities) + self.offsets + measured @ self.weights)

    def as_dict(self, labels: list[str]) -> dict:
        """Plain data for JSON, readable by a person: measure -> label -> weight."""
        named = {
            m: dict(zip(labels, w.tolist(), strict=True)) for m, w in zip(self.measures, self.weights, strict=True)
        }
        offsets = dict(zip(labels, self.offsets.tolist(), strict=True))
        return {"trust": self.trust, "offsets": offsets, "weights": named}

    @classmethod
    def from_dict(cls, stored: Mapping, labels: list[str]) -> "Fusion":
        """What `as_dict` gave. Raises KeyError, TypeError or ValueError when it is something else."""
        weights = np.array([[float(w[label]) for label in labels] for w in stored["weights"].values()])
        return cls(
            tuple(stored["weights"]),
            float(stored["trust"]),
            np.array([float(stored["offsets"][label]) for label in labels]),
            weights.reshape(len(stored["weights"]), len(labels)),
        )


def no_fusion(task: Task) -> Fusion:
    """The network alone."""
    return Fusion((), 1.0, np.zeros(len(task.labels)), np.zeros((0, len(task.labels))))


def fit_fusion(
    probabilities: np.ndarray, measured: np.ndarray, truth: np.ndarray, measures: tuple[str, ...], task: Task
) -> Fusion:
    """The fusion that makes the true labels likeliest.

    Parameters
    ----------
    probabilities : (N, L) of networks that never heard these examples, calibrated.
    measured : (N, M), columns in the order of `measures`.
    truth : (N,) column index of each true label.
    """
    if not measures or len(truth) == 0:
        return no_fusion(task)
    from scipy.optimize import minimize  # a third of a second, which a scan has no use for

    logits, right = _log(probabilities), np.eye(len(task.labels))[truth]

    def loss(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        trust, rest = numbers[0], numbers[1:].reshape(1 + len(measures), -1)
        p = _softmax(trust * logits + rest[0] + measured @ rest[1:])
        wrong = p - right
        slope = np.vstack([wrong.sum(axis=0), measured.T @ wrong]) + PENALTY * rest
        cost = -np.log(np.maximum(p[right > 0], 1e-30)).sum() + PENALTY / 2 * (rest**2).sum()
        return cost, np.concatenate([[(wrong * logits).sum()], slope.ravel()])

    free = (1 + len(measures)) * len(task.labels)
    found = minimize(loss, [1.0, *np.zeros(free)], jac=True, method="L-BFGS-B", bounds=[_TRUST] + [(None, None)] * free)
    rest = found.x[1:].reshape(1 + len(measures), -1)
    return Fusion(tuple(measures), float(found.x[0]), rest[0], rest[1:])


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(np.asarray(probabilities, float), _LEAST))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

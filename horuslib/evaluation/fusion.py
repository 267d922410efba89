"""Fusion of the network's probabilities with measures of the waveform.

The network's input is a spectrogram of 128 x 128 points; echoes and rooms are easier to detect in the waveform
(`horuslib.acoustics.measures`). Each measure adds its weight to the log-odds of every class, on top of the network's:
a logistic regression that starts from the network and has few enough parameters for a few dozen recordings. Without
measures, nothing changes, unless the task asks for the offsets of classes alone (`decision.class_offsets`).

A measure generalises to other sites, a network trained on a few recordings may not. So a task may also ask for a veto:
of a label's probability only a share is left where all of certain measures are zero, whatever the network's confidence
(`decision.labels.LABEL.requires_any`), by default nothing (`left_without`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from horuslib.tasks import Task

PENALTY = 0.3
"""Half of this times the sum of squared weights is added to the loss: enough for a class without examples."""
_LEAST = 1e-6
"""Smaller probabilities count as this one, which limits the network's log-odds."""
_TRUST = (0.1, 3.0)
_SOME = 0.1
"""A measure of at least this lifts the veto; below, what is left of the label falls with the measure."""


@dataclass(frozen=True)
class Veto:
    """A label takes at least one of these measures."""

    measures: Sequence[int]
    """Rows of the weights."""
    left: float = 0.0
    """Share of the label's probability that is left without any of them."""

    def share(self, measured: np.ndarray) -> np.ndarray:
        """(N,) what is left of the label's probability, of measures (N, M)."""
        return self.left + (1 - self.left) * np.clip(measured[:, list(self.measures)].max(axis=1) / _SOME, 0, 1)


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
    vetoes: Mapping[int, Veto] = field(default_factory=dict)
    """Column of a label -> what it takes."""

    def apply(self, probabilities: np.ndarray, measured: np.ndarray) -> np.ndarray:
        """Probabilities (N, L) with the evidence of the measures (N, M) in them; rows of NaN stay so."""
        fused = softmax(self.trust * _log(probabilities) + self.offsets + measured @ self.weights)
        for label, veto in self.vetoes.items():
            fused[:, label] *= veto.share(measured)
        return fused / fused.sum(axis=1, keepdims=True)

    def as_dict(self, labels: list[str]) -> dict:
        """Plain data for JSON, readable by a person: measure -> label -> weight; label -> what it takes one of, and
        what is left of it without."""
        named = {
            m: dict(zip(labels, w.tolist(), strict=True)) for m, w in zip(self.measures, self.weights, strict=True)
        }
        offsets = dict(zip(labels, self.offsets.tolist(), strict=True))
        needed = {labels[label]: [self.measures[m] for m in veto.measures] for label, veto in self.vetoes.items()}
        left = {labels[label]: veto.left for label, veto in self.vetoes.items()}
        return {
            "trust": self.trust,
            "offsets": offsets,
            "weights": named,
            "requires_any": needed,
            "left_without": left,
        }

    @classmethod
    def from_dict(cls, stored: Mapping, labels: list[str]) -> "Fusion":
        """What `as_dict` gave. Raises KeyError, TypeError or ValueError when it is something else."""
        measures = list(stored["weights"])
        weights = np.array([[float(w[label]) for label in labels] for w in stored["weights"].values()])
        left = stored.get("left_without", {})
        vetoes = {  # packages of before know none, or vetoes alone
            labels.index(label): Veto([measures.index(name) for name in names], float(left.get(label, 0.0)))
            for label, names in stored.get("requires_any", {}).items()
        }
        return cls(
            tuple(measures),
            float(stored["trust"]),
            np.array([float(stored["offsets"][label]) for label in labels]),
            weights.reshape(len(measures), len(labels)),
            vetoes,
        )


def no_fusion(task: Task) -> Fusion:
    """The network alone."""
    return Fusion((), 1.0, np.zeros(len(task.labels)), np.zeros((0, len(task.labels))))


def fit_fusion(
    probabilities: np.ndarray, measured: np.ndarray, truth: np.ndarray, measures: tuple[str, ...], task: Task
) -> Fusion:
    """The fusion that makes the true labels likeliest, with the task's vetoes, where all that they ask for is measured.

    Parameters
    ----------
    probabilities : (N, L) calibrated, of networks that were not trained on these examples.
    measured : (N, M), columns in the order of `measures`.
    truth : (N,) column index of each true label.
    """
    if not (measures or task.decision.class_offsets) or len(truth) == 0:
        return no_fusion(task)
    from scipy.optimize import minimize  # a third of a second, which a scan has no use for

    logits, right = _log(probabilities), np.eye(len(task.labels))[truth]

    free = (1 + len(measures)) * len(task.labels)
    start, bounds = [1.0, *np.zeros(free)], [_TRUST] + [(None, None)] * free
    data = logits, measured, right
    found = minimize(penalised_loss, start, data, jac=True, method="L-BFGS-B", bounds=bounds)
    rest = found.x[1:].reshape(1 + len(measures), -1)
    return Fusion(tuple(measures), float(found.x[0]), rest[0], rest[1:], _vetoes(measures, task))


def penalised_loss(
    numbers: np.ndarray, logits: np.ndarray, measured: np.ndarray, right: np.ndarray
) -> tuple[float, np.ndarray]:
    """The negative log-likelihood of the true labels with the penalty on weights, and its gradient.

    Parameters
    ----------
    numbers : (1 + (1 + M) * L,) trust, then offsets and weights, row by row.
    logits, measured, right : (N, L) log-probabilities of the network, (N, M) measures, (N, L) one-hot truth.
    """
    trust, rest = numbers[0], numbers[1:].reshape(1 + measured.shape[1], -1)
    p = softmax(trust * logits + rest[0] + measured @ rest[1:])
    wrong = p - right
    slope = np.vstack([wrong.sum(axis=0), measured.T @ wrong]) + PENALTY * rest
    cost = -np.log(np.maximum(p[right > 0], 1e-30)).sum() + PENALTY / 2 * (rest**2).sum()
    return float(cost), np.concatenate([[(wrong * logits).sum()], slope.ravel()])


def _vetoes(measures: tuple[str, ...], task: Task) -> dict[int, Veto]:
    rules = {label: task.decision.rule(label) for label in task.labels}
    return {
        task.labels.index(label): Veto([measures.index(name) for name in rule.requires_any], rule.left_without)
        for label, rule in rules.items()
        if rule.requires_any and set(rule.requires_any) <= set(measures)
    }


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(np.asarray(probabilities, float), _LEAST))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, L) of logits (N, L). SciPy's takes 0.2 s to import, which a scan does not have."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

"""Cross-validation: each event is evaluated by networks that were not trained on its group."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.spectral.models import late_fusion
from horuslib.spectral.models.ensemble import Ensemble, Member
from horuslib.spectral.models.fit import Generated
from horuslib.spectral.models.held_out import held_out
from horuslib.spectral.timing.inputs import Inputs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folds:
    """Attributes
    ----------
    probabilities : (n, classes) of each event by the networks of its fold; NaN where it has none.
    curves : (n, steps, len(TARGETS)).
    members : fold -> its networks.
    """

    probabilities: np.ndarray
    curves: np.ndarray
    members: Mapping[int, list[Member]]


def cross_validate(
    ensemble: Ensemble,
    events: Sequence[Inputs],
    labels: np.ndarray,
    folds: np.ndarray,
    generated: Generated,
    start: Member,
) -> Folds:
    """Train once per fold.

    Parameters
    ----------
    labels, folds : as `held_out` takes them.
    """
    classes = len(ensemble.task.labels)
    probabilities = np.full((len(events), classes), np.nan)
    curves = np.full((len(events), *generated.curves.shape[1:]), np.nan, np.float32)
    members = {}
    for fold, inside, evaluated in held_out(labels, folds):
        members[fold] = ensemble.train(
            [events[i] for i in inside], labels[inside], generated, start, ensemble.task.seed + fold, f"fold_{fold}"
        )
        found = ensemble.predict(members[fold], [events[i] for i in evaluated])
        probabilities[evaluated], curves[evaluated] = found.probabilities, found.curves
        right = np.mean(found.probabilities.argmax(1) == labels[evaluated])
        log.info(
            "fold %d: trained on %d events, %.0f %% of %d right", fold + 1, len(inside), 100 * right, len(evaluated)
        )
    return Folds(probabilities, curves, members)


def with_the_rest(ensemble: Ensemble, final: Sequence[Member], events: Sequence[Inputs], found: Folds) -> Folds:
    """The answers, those to events of no fold (holdout, without a class) by the final networks, which saw neither."""
    rest = np.flatnonzero(~np.isfinite(found.probabilities).all(1))
    probabilities, curves = found.probabilities.copy(), found.curves.copy()
    if len(rest):
        answered = ensemble.predict(final, [events[i] for i in rest])
        probabilities[rest], curves[rest] = answered.probabilities, answered.curves
    return Folds(probabilities, curves, found.members)


def predict_folds(
    ensemble: Ensemble, members: Mapping[int, list[Member]], events: Sequence[Inputs], folds: np.ndarray
) -> np.ndarray:
    """(n, classes) answers to changed inputs, each by the networks of its event's fold."""
    probabilities = np.full((len(events), len(ensemble.task.labels)), np.nan)
    for fold, of_fold in members.items():
        evaluated = np.flatnonzero(folds == fold)
        probabilities[evaluated] = ensemble.predict(of_fold, [events[i] for i in evaluated]).probabilities
    return probabilities


def cross_validate_late_fusion(
    x: Mapping[str, np.ndarray], labels: np.ndarray, folds: np.ndarray, classes: int, folder: Path, seed: int
) -> np.ndarray:
    """(n, classes) answers of the late-fusion network; the next fold is watched for stopping.

    Parameters
    ----------
    x : `video`, `mel`, `vector` as `build_late_fusion` takes them; the vector is standardised by the training events.
    """
    probabilities = np.full((len(labels), classes), np.nan)
    numbers = sorted(set(folds[folds >= 0].tolist()))
    for fold, used, evaluated in held_out(labels, folds):
        watched = numbers[(numbers.index(fold) + 1) % len(numbers)]
        middle, spread = x["vector"][used].mean(0), x["vector"][used].std(0) + 1e-6
        scaled = {**x, "vector": (x["vector"] - middle) / spread}
        model = late_fusion.build_late_fusion(x["video"].shape[1], classes)
        inner = folds[used] == watched
        epochs = late_fusion.fit_late_fusion(
            model,
            {name: value[used] for name, value in scaled.items()},
            labels[used],
            inner,
            folder / f"fold_{fold}",
            seed,
        )
        found = model.predict({name: value[evaluated] for name, value in scaled.items()}, verbose=0)
        probabilities[evaluated] = found
        log.info("late fusion, fold %d: %d epochs", fold + 1, epochs)
    return probabilities

"""Cross-validation: each event is judged by networks that were not trained on its group."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from horuslib.spectral.models import seed as seed_network
from horuslib.spectral.models.ensemble import Bench, Member
from horuslib.spectral.models.fit import Generated
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
    bench: Bench, events: Sequence[Inputs], labels: np.ndarray, folds: np.ndarray, generated: Generated, start: Member
) -> Folds:
    """Train once per fold.

    Parameters
    ----------
    labels : (n,) class numbers, -1 where unknown; such events are not trained on.
    folds : (n,) fold numbers, -1 for events that belong to none.
    """
    classes = len(bench.task.labels)
    probabilities = np.full((len(events), classes), np.nan)
    curves = np.full((len(events), *generated.curves.shape[1:]), np.nan, np.float32)
    members = {}
    for fold in sorted(set(folds[folds >= 0].tolist())):
        inside = np.flatnonzero((folds != fold) & (folds >= 0) & (labels >= 0))
        judged = np.flatnonzero(folds == fold)
        members[fold] = bench.train(
            [events[i] for i in inside], labels[inside], generated, start, bench.task.seed + fold
        )
        found = bench.ask(members[fold], [events[i] for i in judged])
        probabilities[judged], curves[judged] = found.probabilities, found.curves
        right = np.mean(found.probabilities.argmax(1) == labels[judged])
        log.info("fold %d: trained on %d events, %.0f %% of %d right", fold + 1, len(inside), 100 * right, len(judged))
    return Folds(probabilities, curves, members)


def ask_folds(
    bench: Bench, members: Mapping[int, list[Member]], events: Sequence[Inputs], folds: np.ndarray
) -> np.ndarray:
    """(n, classes) answers to changed inputs, each by the networks of its event's fold."""
    probabilities = np.full((len(events), len(bench.task.labels)), np.nan)
    for fold, of_fold in members.items():
        judged = np.flatnonzero(folds == fold)
        probabilities[judged] = bench.ask(of_fold, [events[i] for i in judged]).probabilities
    return probabilities


def cross_validate_seed(
    x: Mapping[str, np.ndarray], labels: np.ndarray, folds: np.ndarray, classes: int, folder: Path, seed: int
) -> np.ndarray:
    """(n, classes) answers of the seed's network, trained to the letter; the next fold is watched for stopping.

    Parameters
    ----------
    x : `video`, `mel`, `vector` as `seed.build_seed` takes them; the vector is standardised by the training events.
    """
    probabilities = np.full((len(labels), classes), np.nan)
    numbers = sorted(set(folds[folds >= 0].tolist()))
    for k, fold in enumerate(numbers):
        watched = numbers[(k + 1) % len(numbers)]
        used = np.flatnonzero((folds != fold) & (folds >= 0) & (labels >= 0))
        judged = np.flatnonzero(folds == fold)
        middle, spread = x["vector"][used].mean(0), x["vector"][used].std(0) + 1e-6
        scaled = {**x, "vector": (x["vector"] - middle) / spread}
        model = seed_network.build_seed(x["video"].shape[1], classes)
        inner = folds[used] == watched
        epochs = seed_network.fit_seed(
            model,
            {name: value[used] for name, value in scaled.items()},
            labels[used],
            inner,
            folder / f"fold_{fold}",
            seed,
        )
        found = model.predict({name: value[judged] for name, value in scaled.items()}, verbose=0)
        probabilities[judged] = found
        log.info("the seed's network, fold %d: %d epochs", fold + 1, epochs)
    return probabilities

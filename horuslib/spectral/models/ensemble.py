"""Several networks of different initialisation whose predictions are averaged.

One model is built and compiled; a member is a list of its weights. Folds and members then cost their training alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from horuslib.evaluation.fusion import softmax
from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.models.fit import Generated, Schedule, fit_timed
from horuslib.spectral.models.synchrony import learn_synchrony
from horuslib.spectral.models.timed import CURVES, build_timed
from horuslib.spectral.timing.inputs import Inputs, stacked
from horuslib.tasks import EventsTask

Member = list[np.ndarray]
ALONE = 0.85
"""Where a modality is missing, the weight of what the others say alone; the rest is that of whether they coincide.
Chosen between 0 and 1 on events that the networks were not trained on."""
_TINY = 1e-12


@dataclass(frozen=True)
class Predictions:
    """Of some events: (n, classes) probabilities and (n, steps, len(TARGETS)) curves."""

    probabilities: np.ndarray
    curves: np.ndarray


class Ensemble:
    """The network of a task: trains members and averages their predictions.

    Parameters
    ----------
    look_width : of the frames' embeddings.

    Attributes
    ----------
    losses : of each training so far, by what it was ("fold_0_0": fold 0, member 0), the mean loss of each epoch.
    """

    def __init__(self, task: EventsTask, look_width: int):
        keras.utils.set_random_seed(task.seed)
        self.task, self.model = task, build_timed(task.duration_s, look_width, len(task.labels))
        self._blank = self.model.get_weights()
        self.losses: dict[str, list[float]] = {}

    def pretrain(self, generated: Generated, epochs: int) -> Member:
        """Train on generated events alone."""
        schedule = replace(schedule_of(self.task), epochs=epochs)
        self.model.set_weights(self._blank)
        self.losses["generated"] = self._fit([], np.zeros(0, int), generated, schedule, self.task.seed)
        return self.model.get_weights()

    def learn_synchrony(self, start: Member, events: Sequence[Inputs], epochs: int) -> tuple[Member, list[float]]:
        """Go on from these weights with events that need no class; the share told rightly in each epoch."""
        self.model.set_weights(start)
        keras.utils.set_random_seed(self.task.seed)
        shares = learn_synchrony(self.model, events, epochs, np.random.default_rng(self.task.seed))
        return self.model.get_weights(), shares

    def train(
        self, events: Sequence[Inputs], labels: np.ndarray, generated: Generated, start: Member, seed: int, name: str
    ) -> list[Member]:
        """The members of an ensemble, trained on these events from these starting weights.

        Parameters
        ----------
        name : what the training is, in `losses`.
        """
        members = []
        for number in range(self.task.training.models):
            self.model.set_weights(start)
            losses = self._fit(events, labels, generated, schedule_of(self.task), seed + 1000 * number)
            self.losses[f"{name}_{number}"] = losses
            members.append(self.model.get_weights())
        return members

    def predict(self, members: Sequence[Member], events: Sequence[Inputs]) -> Predictions:
        """The mean of the members' logits and of their curves.

        Where a modality is missing, nothing can be compared with it: the answer follows mostly from the product of what
        each of the others says alone.
        """
        x, found = stacked(list(events)), []
        for member in members:
            self.model.set_weights(member)
            found.append(self.model.predict(x, batch_size=64, verbose=0))
        together = np.mean([_log(f["probabilities"]) for f in found], axis=0)
        alone = sum(
            np.mean([_log(f[f"only_{modality}"]) for f in found], axis=0) * x["present"][:, i : i + 1]
            for i, modality in enumerate(MODALITIES)
        )
        whole = x["present"].all(1)[:, None]
        logits = np.where(whole, together, (1 - ALONE) * together + ALONE * alone)
        return Predictions(softmax(logits), np.mean([f[CURVES] for f in found], axis=0))

    def _fit(self, events, labels, generated: Generated, schedule: Schedule, seed: int) -> list[float]:
        ambient, rng = self.task.number_of("ambient"), np.random.default_rng(seed)
        keras.utils.set_random_seed(seed)
        for number, layer in enumerate(self.model.layers):  # a layer that drops out counts on from where it was
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                generator.state.assign(np.array([seed, number], np.uint32))
        return fit_timed(self.model, events, labels, generated, ambient, schedule, rng)


def _log(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(np.asarray(probabilities, float), _TINY))


def schedule_of(task: EventsTask) -> Schedule:
    """The task's training as a schedule."""
    given = task.training
    return Schedule(
        given.epochs, given.learning_rate, given.weight_decay, given.copies, given.apart, given.dropped, given.generated
    )

"""Training the default network: generated events teach the onsets, the user's events the classes, in each epoch."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.models.timed import CURVES
from horuslib.spectral.models.variations import apart_moves, curves_apart, pulled_apart, varied, with_dropped
from horuslib.spectral.timing.inputs import Inputs, stacked
from horuslib.spectral.timing.targets import MODALITY_OF, TARGETS

log = logging.getLogger(__name__)
_ALONE_WEIGHT = 0.15
_CURVES_WEIGHT = 4.0
_APART_WEIGHT = 0.6
"""Of an event that was pulled apart, so that there are not too many of one class."""
_BATCH = 32
_BUMP = 0.5


@dataclass(frozen=True)
class Generated:
    """Events of the generator: stacked inputs (`look` left out), curves to find, class numbers."""

    inputs: Mapping[str, np.ndarray]
    curves: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Schedule:
    """How a network is trained.

    Attributes
    ----------
    copies : variations of each of the user's events per epoch.
    apart : share of them that are pulled apart, which makes them of the class `ambient`; of generated ones half.
    dropped : share of the others of which a modality is left out: what is left of one that was pulled apart looks like
        what is left of one that coincides.
    generated : generated events per epoch, in multiples of the user's variations.
    """

    epochs: int
    learning_rate: float
    weight_decay: float
    copies: int
    apart: float
    dropped: float
    generated: float


def compile_timed(model: keras.Model, schedule: Schedule, steps: int) -> None:
    """Losses of the class, of the onset curves, and of each modality alone; AdamW with a cosine decay.

    A model that was compiled for as many steps begins again: its optimizer forgets, and nothing is built anew.
    """
    if getattr(model, "horus_schedule", None) == (schedule, steps):
        for variable in model.optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        return
    model.horus_schedule = (schedule, steps)
    rate = keras.optimizers.schedules.CosineDecay(schedule.learning_rate, max(steps, 1), alpha=0.02)
    alone = {f"only_{modality}": "sparse_categorical_crossentropy" for modality in MODALITIES}
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay, clipnorm=1.0),
        loss={"probabilities": "sparse_categorical_crossentropy", CURVES: "binary_crossentropy", **alone},
        loss_weights={"probabilities": 1.0, CURVES: _CURVES_WEIGHT, **dict.fromkeys(alone, _ALONE_WEIGHT)},
    )


def fit_timed(
    model: keras.Model,
    events: Sequence[Inputs],
    labels: np.ndarray,
    generated: Generated,
    ambient: int,
    schedule: Schedule,
    rng: np.random.Generator,
) -> list[float]:
    """Train in place; returns the mean loss of each epoch.

    Parameters
    ----------
    events, labels : the user's, without those that are held out; may be empty, which is pretraining.
    ambient : the class of events in which nothing coincides.
    """
    per_epoch = len(events) * schedule.copies
    drawn = min(len(generated), round(per_epoch * schedule.generated)) if events else len(generated)
    batches = int(np.ceil((per_epoch + drawn) / _BATCH))
    compile_timed(model, schedule, batches * schedule.epochs)
    losses = []
    for epoch in range(schedule.epochs):
        x, y, weights = _epoch(model, events, labels, generated, drawn, ambient, schedule, rng)
        order = rng.permutation(len(weights["probabilities"]))
        total = 0.0
        for k in range(0, len(order), _BATCH):
            part = order[k : k + _BATCH]
            found = model.train_on_batch(
                {n: v[part] for n, v in x.items()}, {n: v[part] for n, v in y.items()},
                {n: v[part] for n, v in weights.items()}, return_dict=True,
            )  # fmt: skip
            total += float(found["loss"]) * len(part)
        losses.append(total / len(order))
        log.debug("epoch %d of %d: loss %.3f", epoch + 1, schedule.epochs, losses[-1])
    return losses


def _epoch(model, events, labels, generated, drawn, ambient, schedule, rng):
    """Inputs, targets and weights of one epoch."""
    made, classes, known = [], [], []
    for event, label in zip(events, labels, strict=True):
        for _ in range(schedule.copies):
            apart = rng.random() < schedule.apart and event["present"].sum() > 1
            one = varied(rng, pulled_apart(event, apart_moves(rng)) if apart else event)
            made.append(one if apart else with_dropped(rng, one, schedule.dropped))
            classes.append(ambient if apart else label)
            known.append(not apart)
    chosen = rng.choice(len(generated), drawn, replace=False)
    width = model.get_layer("look").output.shape[-1]
    x, found, made_labels = _generated_part(generated, chosen, width, ambient, schedule, rng)
    if made:
        own = stacked(made)
        x = {name: np.concatenate([own[name], x[name]]) for name in own}
    classes = np.concatenate([np.array(classes, int), made_labels])
    curves = np.concatenate([np.zeros((len(made), *found.shape[1:]), np.float32), found])
    by_hand = np.arange(len(classes)) < len(made)
    sure = np.concatenate([np.array(known, np.float32), np.ones(len(chosen), np.float32)])
    weights = {"probabilities": np.where(sure > 0, 1.0, _APART_WEIGHT).astype(np.float32)}
    weights[CURVES] = np.repeat((~by_hand).astype(np.float32)[:, None], curves.shape[1], 1)
    for i, modality in enumerate(MODALITIES):
        weights[f"only_{modality}"] = sure * x["present"][:, i]
    y = {"probabilities": classes, CURVES: curves, **{f"only_{m}": classes for m in MODALITIES}}
    return x, y, weights


def _generated_part(generated, chosen: np.ndarray, width: int, ambient: int, schedule: Schedule, rng):
    """Inputs, curves and labels of the generated events of an epoch; some pulled apart, some without a modality."""
    x = {name: np.array(value[chosen]) for name, value in generated.inputs.items()}
    x["look"] = np.zeros((len(chosen), x["person"].shape[1], width), np.float32)
    curves, labels = generated.curves[chosen].copy(), generated.labels[chosen].copy()
    one_sensor = curves[..., [TARGETS.index("field"), TARGETS.index("jolt")]].max(1).min(1) < _BUMP
    for k in range(len(chosen)):
        one = {name: value[k] for name, value in x.items()}
        # Field and jolt are one modality's: pulling modalities apart leaves them together.
        if one_sensor[k] and rng.random() < schedule.apart / 2:
            moves = apart_moves(rng)
            one, curves[k], labels[k] = pulled_apart(one, moves), curves_apart(curves[k], moves), ambient
        else:
            one = with_dropped(rng, one, schedule.dropped)
        for name in x:
            x[name][k] = one[name]
    for i, modality in enumerate(MODALITIES):
        columns = [k for k, kind in enumerate(TARGETS) if MODALITY_OF[kind] == modality]
        curves[np.ix_(x["present"][:, i] == 0, range(curves.shape[1]), columns)] = 0
    return x, curves, labels

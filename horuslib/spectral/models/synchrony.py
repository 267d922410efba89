"""Pretraining on the user's events without a class: telling them as they are from the same ones pulled apart in time.

Whether modalities belong together can be learned without labels, as sounds and pictures of one film were told from
those of shifted ones by Owens and Efros (2018). What is learned are the curves and what coincides in them; the head
that tells is thrown away.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from horuslib.spectral.models.timed import AGREEMENTS
from horuslib.spectral.models.variations import apart_moves, pulled_apart, varied
from horuslib.spectral.timing.inputs import Inputs, stacked

LEARNING_RATE = 3e-4
"""A fifth of that of the classes: what generated events have taught is not to be lost."""
_BATCH, _WIDTH = 32, 16


def learn_synchrony(
    model: keras.Model,
    events: Sequence[Inputs],
    epochs: int,
    rng: np.random.Generator,
    learning_rate: float = LEARNING_RATE,
) -> list[float]:
    """Train in place; returns the share told rightly in each epoch, half being chance.

    Parameters
    ----------
    model : of `build_timed`.
    events : with or without a class; those of fewer than two modalities are left out.
    """
    usable = [event for event in events if event["present"].sum() > 1]
    if not usable:
        return []
    hidden = layers.Dense(_WIDTH, activation="relu")(model.get_layer(AGREEMENTS).output)
    told = keras.Model({x.name: x for x in model.inputs}, layers.Dense(1, activation="sigmoid")(hidden))
    told.compile(keras.optimizers.AdamW(learning_rate, clipnorm=1.0), "binary_crossentropy", metrics=["accuracy"])
    shares = []
    for _ in range(epochs):
        together = [varied(rng, event) for event in usable]
        apart = [varied(rng, pulled_apart(event, apart_moves(rng))) for event in usable]
        y = np.repeat([1.0, 0.0], len(usable))
        history = told.fit(stacked(together + apart), y, batch_size=_BATCH, epochs=1, verbose=0)
        shares.append(float(history.history["accuracy"][0]))
    return shares

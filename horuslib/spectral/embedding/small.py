"""A small image network for where there are no ImageNet weights: trained on generated places, objects and persons.

Trained once per machine in about half a minute and kept in the temporary folder; the same seed gives the same pictures.
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from horuslib.core.atomic import replacing
from horuslib.spectral.embedding.moments import SIDE, resized
from horuslib.spectral.generator.scene import film

WIDTH = 64
_VERSION, _SEED = 1, 11
_SHRINK, _EXAMPLES, _EPOCHS = 4, 900, 8
_KINDS = ("place", "object", "person")
_FRAME = (96, 72)


def small_backbone(folder: Path | None = None, examples: int = _EXAMPLES, epochs: int = _EPOCHS) -> keras.Model:
    """(batch, 224, 224, 3) pictures, 0 to 255 -> (batch, 64).

    Parameters
    ----------
    folder : where the trained network is kept; the temporary folder when not given.
    """
    kept = (folder or Path(tempfile.gettempdir())) / f"horus-small-{_VERSION}-{examples}-{epochs}.keras"
    if kept.is_file():
        return keras.saving.load_model(kept, compile=False)
    keras.utils.set_random_seed(_SEED)
    model = build_small()
    head = keras.Sequential([model, layers.Dense(len(_KINDS), activation="softmax", name="kind")])
    head.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    x, y = small_examples(np.random.default_rng(_SEED), examples)
    head.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    with replacing(kept) as partial:
        whole = partial.with_suffix(".keras")
        model.save(whole)
        whole.replace(partial)
    return model


def build_small() -> keras.Model:
    """The network with random weights: a quarter of the size, four convolutions."""
    picture = keras.Input((SIDE, SIDE, 3), name="picture")
    x = layers.AveragePooling2D(_SHRINK, name="shrink")(picture)
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(x)
    for i, filters in enumerate((16, 32, 48, WIDTH)):
        x = layers.Conv2D(filters, 3, 2 if i else 1, "same", use_bias=False, name=f"conv{i}")(x)
        x = layers.BatchNormalization(name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    return keras.Model(picture, layers.GlobalAveragePooling2D(name="embedding")(x), name="spectral_small")


def small_examples(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, 224, 224, 3) uint8 pictures of a place, an object in it, or a person in it, and which."""
    pictures, kinds = np.zeros((count, SIDE, SIDE, 3), np.uint8), np.arange(count) % len(_KINDS)
    for k, kind in enumerate(kinds):
        onsets = {_KINDS[kind]: 0.1} if kind else {}
        frame = film(rng, onsets, {}, False, 0.6, _FRAME).frames[-1]
        side = int(rng.uniform(0.6, 1.0) * _FRAME[1])
        left, top = rng.integers(0, _FRAME[0] - side + 1), rng.integers(0, _FRAME[1] - side + 1)
        cut = frame if rng.random() < 0.5 else frame[top : top + side, left : left + side]
        pictures[k] = resized(cut)
    return pictures, kinds

"""What a backbone that is not trained makes of every example: the same in each epoch and fold, so it is computed once.

A head of a few layers then learns in seconds, however large the backbone is.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from horuslib.audio.features import with_channels
from horuslib.core.progress import Progress
from horuslib.training.backbone import BACKBONE
from horuslib.training.model import scale_of, weights_sha256

if TYPE_CHECKING:
    from horuslib.tasks import Task

_BATCH = 32
_last: tuple[Any, str, np.ndarray] | None = None
"""Features, the backbone's hash, and the numbers of the last call: folds and the final model ask for the same."""


def stays_frozen(task: "Task") -> bool:
    """Whether training leaves both the backbone and the stored inputs as they are."""
    recipe = task.training
    varied = recipe.fresh or recipe.shift_frames or recipe.mask_frames
    return recipe.weights == "yamnet" and not varied and all(phase.layers == "head" for phase in recipe.phases)


def numbers_of(model, features: np.ndarray, task: "Task") -> np.ndarray:
    """What a model's head is given of every stored input, before it is scaled: (N, D) float32."""
    import keras

    global _last
    backbone = weights_sha256(model.get_layer(BACKBONE))
    if _last is None or _last[0] is not features or _last[1] != backbone:
        trunk = keras.Model(model.input, scale_of(model).input)
        _last = features, backbone, computed(trunk, features, np.arange(len(features)), task)
    return _last[2]


def computed(trunk, features: np.ndarray, rows: np.ndarray, task: "Task") -> np.ndarray:
    """What a network makes of stored inputs, in blocks.

    Parameters
    ----------
    trunk : keras.Model from inputs to numbers (N, D).
    features : (N, height, width) stored inputs. rows : (R,) which of them.

    Returns
    -------
    (R, D) float32.
    """
    parts = [np.empty((0, trunk.output_shape[1]), np.float32)]
    with Progress(len(rows), "frozen backbone", "segments") as progress:
        for start in range(0, len(rows), _BATCH):
            block = features[rows[start : start + _BATCH]].astype(np.float32)
            parts.append(trunk.predict_on_batch(with_channels(block, task.front_end)))
            progress.update(len(block))
    return np.concatenate(parts)


def head_of(model):
    """The part of a model behind its frozen numbers, which shares its layers: `numbers_of` -> probabilities."""
    import keras

    return keras.Model(scale_of(model).input, model.output, name="head")

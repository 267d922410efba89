"""Numbers of every example that know nothing of its label: starting weights of the backbone, and fixed descriptors."""

import numpy as np

from horuslib.audio.features import with_channels
from horuslib.tasks import Task
from horuslib.training.backbone import BACKBONE

_BATCH = 64


def embed(features: np.ndarray, rows: np.ndarray, task: Task) -> np.ndarray:
    """The embedding of stored model inputs: pooled feature maps of the starting weights, beside the descriptors.

    No label of this task shaped it, so that a classifier on it is out of fold wherever its own training is.

    Parameters
    ----------
    features : (N, height, width) stored inputs.
    rows : (R,) which of them.

    Returns
    -------
    (R, D) float32.
    """
    import keras

    from horuslib.training.descriptors import describe
    from horuslib.training.model import pooled, with_stages
    from horuslib.training.weights import start_backbone

    front = task.front_end
    picture = keras.Input(front.input_shape, name="picture")
    backbone = with_stages(start_backbone(task))
    assert backbone.name == BACKBONE
    parts = [pooled(backbone(picture), "every_stage")]
    if front.input_shape[2] == 1:
        parts.append(describe(picture, front.segment_s, front.max_db - front.min_db))
    model = keras.Model(picture, parts)
    found = []
    for start in range(0, len(rows), _BATCH):
        block = features[rows[start : start + _BATCH]].astype(np.float32)
        found.append(np.concatenate(model.predict_on_batch(with_channels(block, front)), axis=1))
    width = sum(part.shape[1] for part in parts)
    return np.concatenate([np.empty((0, width), np.float32), *found])

"""What the backbone of the audio tasks is worth for events: its embedding of their sound, alone and beside features."""

from collections.abc import Sequence

import numpy as np
import soxr
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from horuslib.audio.features import segments_to_inputs
from horuslib.spectral.events.event import SOUND_RATE_HZ
from horuslib.spectral.models.held_out import held_out
from horuslib.tasks import load_task
from horuslib.training.model import pooled
from horuslib.training.weights import start_backbone

_MOST = 16


def embedded(sounds: Sequence[np.ndarray | None], weights: str) -> np.ndarray:
    """(n, width) of the backbone with these weights (`bundled`, `none`); zeros without sound."""
    import keras

    keras.utils.set_random_seed(0)
    task = load_task("horus")
    task = task.model_copy(update={"training": task.training.model_copy(update={"weights": weights})})
    front, backbone = task.front_end, start_backbone(task)
    model = keras.Model(backbone.input, pooled(backbone.output, "mean"))
    wanted = round(front.segment_s * front.sample_rate_hz)
    there = [i for i, sound in enumerate(sounds) if sound is not None and len(sound)]
    cut = [soxr.resample(sounds[i], SOUND_RATE_HZ, front.sample_rate_hz)[:wanted] for i in there]
    cut = [np.pad(x, (0, wanted - len(x))) for x in cut]
    found = model.predict(segments_to_inputs(np.stack(cut), front), batch_size=16, verbose=0)
    out = np.zeros((len(sounds), found.shape[1]), np.float32)
    out[there] = found
    return out


def accuracy_alone(x: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> float:
    """Of a logistic regression in these folds."""
    said = np.full(len(labels), -1)
    for _, used, evaluated in held_out(labels, folds):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        said[evaluated] = model.fit(x[used], labels[used]).predict(x[evaluated])
    return float((said == labels).mean())


def accuracy_beside(x: np.ndarray, beside: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> float:
    """Of boosted trees over these features, and the main directions of those beside them."""
    said = np.full(len(labels), -1)
    for _, used, evaluated in held_out(labels, folds):
        middle = beside[used].mean(0)
        axes = np.linalg.svd(beside[used] - middle, full_matrices=False)[2][:_MOST]
        both = np.concatenate([x, (beside - middle) @ axes.T], 1)
        model = GradientBoostingClassifier(n_estimators=150, max_depth=3, subsample=0.7, random_state=0)
        said[evaluated] = model.fit(both[used], labels[used]).predict(both[evaluated])
    return float((said == labels).mean())

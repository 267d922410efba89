"""Batches of stored pictures for Keras: mapped from disk, balanced, lightly varied. Import where training happens."""

import keras
import numpy as np

from horuslib.audio.features import with_channels
from horuslib.augmentation.on_the_fly import OnTheFlyAugmentation
from horuslib.tasks import Task


class Batches(keras.utils.PyDataset):
    """One epoch's batches (pictures, one-hot labels, weights), in an order drawn anew for each epoch.

    Parameters
    ----------
    features : (N, height, width) pictures, one channel of each, usually float16 mapped from a file; only a batch at a
        time is in memory.
    rows : which of them to give.
    labels : (N,) column index of each example's label.
    weights : (N,) how much each example counts.
    rng : draws order and variations; None keeps the order and the pictures as they are (validation).
    fresh : makes some examples anew each time.
    """

    def __init__(
        self,
        features: np.ndarray,
        rows: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        task: Task,
        rng: np.random.Generator | None = None,
        fresh: OnTheFlyAugmentation | None = None,
    ):
        super().__init__()
        self._features, self._labels, self._weights = features, labels, weights
        self._task, self._rng, self._rows, self._on_the_fly = task, rng, np.asarray(rows), fresh
        self._order = self._draw()

    def __len__(self) -> int:
        return -(-len(self._order) // self._task.training.batch_size)

    def __getitem__(self, batch: int):
        size = self._task.training.batch_size
        rows = self._order[batch * size : (batch + 1) * size]
        pictures = self._features[rows].astype(np.float32)
        if self._rng is not None:
            if self._on_the_fly is not None:
                self._on_the_fly.lay(pictures, rows, self._rng)
            shift_and_mask(pictures, self._task.training.shift_frames, self._task.training.mask_frames, self._rng)
        one_hot = np.eye(len(self._task.labels), dtype=np.float32)[self._labels[rows]]
        return with_channels(pictures, self._task.front_end), one_hot, self._weights[rows]

    def on_epoch_end(self) -> None:
        self._order = self._draw()

    def _draw(self) -> np.ndarray:
        if self._rng is None:
            return self._rows
        rows = self._rows
        if self._task.training.balance == "oversample":
            rows = oversample(rows, self._labels, self._rng)
        return self._rng.permutation(rows)


def oversample(rows: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All rows, and as many repeats of the rarer classes' rows as it takes to equal the commonest class."""
    of_class = [rows[labels[rows] == label] for label in np.unique(labels[rows])]
    most = max(map(len, of_class))
    return np.concatenate([np.concatenate([c, rng.choice(c, most - len(c))]) for c in of_class])


def class_weights(labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Weight per class (n_labels,): every class that is present counts the same in all, the mean over examples is 1."""
    counts = np.bincount(labels, minlength=n_labels)
    return np.where(counts > 0, len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 0.0)


def shift_and_mask(pictures: np.ndarray, shift: int, mask: int, rng: np.random.Generator) -> None:
    """Vary pictures (N, bands, frames) in place: turned in time by up to `shift` frames, up to `mask` frames hidden.

    A hidden stretch takes the picture's own mean, so that no edge to silence appears.
    """
    for picture in pictures:
        if shift:
            picture[:] = np.roll(picture, rng.integers(-shift, shift + 1), axis=1)
        width = rng.integers(0, mask + 1)
        if width:
            start = rng.integers(0, picture.shape[1] - width + 1)
            picture[:, start : start + width] = picture.mean()

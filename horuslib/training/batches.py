"""Batches of stored log-mel spectrograms for Keras: memory-mapped, balanced, augmented. Importing it imports Keras."""

import keras
import numpy as np

from horuslib.audio.features import with_channels
from horuslib.augmentation.on_the_fly import OnTheFlyAugmentation
from horuslib.tasks import Task


class Batches(keras.utils.PyDataset):
    """One epoch's batches (model inputs, one-hot labels, sample weights), shuffled again for each epoch.

    Parameters
    ----------
    features : (N, height, width) log-mel spectrograms, one channel, usually float16 mapped from a file; only a batch at
        a time is in memory.
    rows : the rows used.
    labels : (N,) column index of each example's label.
    weights : (N,) sample weight of each example.
    rng : for shuffling and augmentation; None disables both (validation).
    fresh : replaces some examples by newly augmented ones in every epoch.
    numbers : of `frozen.numbers_of`, given in place of the model inputs.
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
        numbers: np.ndarray | None = None,
    ):
        super().__init__()
        self._features, self._labels, self._weights = features, labels, weights
        self._task, self._rng, self._rows, self._on_the_fly = task, rng, np.asarray(rows), fresh
        self._numbers = numbers
        self._order = self._draw()

    def __len__(self) -> int:
        return -(-len(self._order) // self._task.training.batch_size)

    def __getitem__(self, batch: int):
        size = self._task.training.batch_size
        rows = self._order[batch * size : (batch + 1) * size]
        one_hot = np.eye(len(self._task.labels), dtype=np.float32)[self._labels[rows]]
        if self._numbers is not None:
            return self._numbers[rows], one_hot, self._weights[rows]
        pictures = self._features[rows].astype(np.float32)
        if self._rng is not None:
            if self._on_the_fly is not None:
                self._on_the_fly.lay(pictures, rows, self._rng)
            shift_and_mask(pictures, self._task.training.shift_frames, self._task.training.mask_frames, self._rng)
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
    """All rows, with those of rarer classes repeated until every class is as frequent as the most common one."""
    of_class = [rows[labels[rows] == label] for label in np.unique(labels[rows])]
    most = max(map(len, of_class))
    return np.concatenate([np.concatenate([c, rng.choice(c, most - len(c))]) for c in of_class])


def class_weights(labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Weight per class (n_labels,): every present class has the same total weight; the mean over examples is 1."""
    counts = np.bincount(labels, minlength=n_labels)
    return np.where(counts > 0, len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 0.0)


def shift_and_mask(pictures: np.ndarray, shift: int, mask: int, rng: np.random.Generator) -> None:
    """Augment log-mel spectrograms (N, bands, frames) in place: a cyclic shift in time by up to `shift` frames, and
    a time mask of up to `mask` frames.

    A mask has the spectrogram's mean value, so that it has no edge to silence.
    """
    for picture in pictures:
        if shift:
            picture[:] = np.roll(picture, rng.integers(-shift, shift + 1), axis=1)
        width = rng.integers(0, mask + 1)
        if width:
            start = rng.integers(0, picture.shape[1] - width + 1)
            picture[:, start : start + width] = picture.mean()

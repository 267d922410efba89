"""Training of the pretraining network on stored log-mel spectrograms, resumable after every epoch."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from horuslib.augmentation.spectrogram_mix import change_speed
from horuslib.pretraining.network import VALUES_WEIGHT, build_network, losses
from horuslib.pretraining.shards import Data, front_end_of
from horuslib.pretraining.targets import FAULTS, SCALES, VALUES
from horuslib.tasks.sections import FrontEnd
from horuslib.training.batches import shift_and_mask

log = logging.getLogger(__name__)

BATCH_SIZE = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
SHIFT_FRAMES, MASK_FRAMES = 12, 8
SPEED, SPEED_SHARE = 1.25, 0.7
"""Speed perturbation: largest factor, and share of segments; it varies voices, instruments and tempo."""
PREDICTION_BATCH_SIZE = 256


class ShardBatches(keras.utils.PyDataset):
    """One epoch's batches of log-mel spectrograms and targets.

    Parameters
    ----------
    front_ends : the front ends that the programmes use in turn.
    seed : for shuffling and augmentation, epoch by epoch; None disables both.
    epoch : the first epoch.
    """

    def __init__(
        self, data: Data, batch_size: int, front_ends: Sequence[FrontEnd], seed: int | None = None, epoch: int = 0
    ):
        super().__init__()
        self._data, self._batch_size, self._seed, self._epoch = data, batch_size, seed, epoch
        self._front_ends = front_ends
        self._shuffle()

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, batch: int):
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        pictures, truths = self._data.pictures[rows].astype(np.float32) / 255, self._data.truths[rows]
        if self._seed is not None:
            rng = np.random.default_rng([self._seed, self._epoch, batch])
            front_ends = [front_end_of(programme, self._front_ends) for programme in self._data.programmes[rows]]
            truths = play(pictures, truths, front_ends, rng)
            shift_and_mask(pictures, SHIFT_FRAMES, MASK_FRAMES, rng)
        return pictures[..., None], _targets(truths)

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._shuffle()

    def _shuffle(self) -> None:
        n = len(self._data.truths)
        shuffle = self._seed is not None
        self._order = np.random.default_rng([self._seed, self._epoch]).permutation(n) if shuffle else np.arange(n)


def fit(
    data: Data,
    unseen: Data,
    folder: Path,
    front_ends: Sequence[FrontEnd],
    seed: int,
    epochs: int,
    width: float = 1.0,
    batch_size: int = BATCH_SIZE,
) -> keras.Model:
    """Train the network for this many epochs, resuming an interrupted run from `folder`.

    Parameters
    ----------
    data, unseen : training and validation data.

    Returns
    -------
    The trained network. `folder` has `network.keras` and `history.json` (one dict per epoch).
    """
    network, history = _resumed(folder)
    if network is None:
        keras.utils.set_random_seed(seed)
        network = build_network((*data.pictures.shape[1:], 1), width)
        steps = epochs * -(-len(data.truths) // batch_size)
        network.compile(
            keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), WEIGHT_DECAY),
            loss=losses(),
            loss_weights={"faults": 1.0, "values": VALUES_WEIGHT},
        )
    if len(history) < epochs:
        network.fit(
            ShardBatches(data, batch_size, front_ends, seed, epoch=len(history)),
            validation_data=ShardBatches(unseen, batch_size, front_ends),
            initial_epoch=len(history),
            epochs=epochs,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=_checkpoint(network, history, folder))],
        )
    return network


def answer(network: keras.Model, data: Data) -> tuple[np.ndarray, np.ndarray]:
    """The network's predictions: probabilities of the faults (N, 6), and scaled values (N, 6)."""
    faults, values = [], []
    for start in range(0, len(data.pictures), PREDICTION_BATCH_SIZE):
        pictures = data.pictures[start : start + PREDICTION_BATCH_SIZE].astype(np.float32) / 255
        outputs = network.predict_on_batch(pictures[..., None])
        faults.append(1 / (1 + np.exp(-outputs["faults"])))
        values.append(outputs["values"])
    return np.concatenate(faults), np.concatenate(values)


def play(
    pictures: np.ndarray, truths: np.ndarray, front_ends: Sequence[FrontEnd], rng: np.random.Generator
) -> np.ndarray:
    """Speed perturbation of a share of the spectrograms (N, height, width), in place; returns adjusted truths (N, 12).

    RT60 and echo delay are divided by the speed factor. Segments with a test tone are left unchanged, since the tone is
    defined by its frequency. (C50 changes by at most 1 dB, which is ignored.)
    """
    truths = truths.copy()
    for k, front_end in enumerate(front_ends):
        if rng.random() < SPEED_SHARE and truths[k, FAULTS.index("tone")] != 1:
            log_factor = rng.uniform(-1, 1) * np.log(SPEED)
            pictures[k] = change_speed(pictures[k], np.exp(log_factor), front_end)
            for name in ("log_rt60", "log_delay"):
                truths[k, len(FAULTS) + VALUES.index(name)] -= log_factor / SCALES[name][1]
    return truths


def _targets(truths: np.ndarray) -> dict[str, np.ndarray]:
    """Truths with unknowns as the network's targets: values, then a mask of the known ones."""
    columns = {"faults": truths[:, : len(FAULTS)], "values": truths[:, len(FAULTS) :]}
    return {
        name: np.concatenate([np.nan_to_num(target), np.isfinite(target)], axis=1, dtype=np.float32)
        for name, target in columns.items()
    }


def _resumed(folder: Path) -> tuple[keras.Model | None, list[dict]]:
    if not (folder / "history.json").is_file():
        return None, []
    network = keras.models.load_model(
        folder / "network.keras", custom_objects={f.__name__: f for f in losses().values()}
    )
    return network, json.loads((folder / "history.json").read_text("utf-8"))


def _checkpoint(network: keras.Model, history: list[dict], folder: Path):
    folder.mkdir(parents=True, exist_ok=True)

    def save(epoch: int, logs: dict) -> None:
        history.append({"epoch": epoch + 1} | {name: float(value) for name, value in logs.items()})
        network.save(folder / "unfinished.keras")
        (folder / "unfinished.keras").replace(folder / "network.keras")
        (folder / "history.json").write_text(json.dumps(history, indent=1), "utf-8")
        log.info("epoch %d: loss %.3f, validation loss %.3f", epoch + 1, logs["loss"], logs["val_loss"])

    return save

"""Training the pretraining network: stored pictures in, a backbone out, resumable after every epoch."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from horuslib.augmentation.spectrogram_mix import change_speed
from horuslib.pretraining.network import VALUES_WEIGHT, build_network, losses
from horuslib.pretraining.shards import Data, front_end_of
from horuslib.pretraining.targets import FAULTS, SCALES, VALUES
from horuslib.tasks.sections import FrontEnd
from horuslib.training.batches import shift_and_mask

BATCH_SIZE = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
SHIFT_FRAMES, MASK_FRAMES = 12, 8
SPEED, SPEED_SHARE = 1.25, 0.7
"""Most pictures are played up to this much faster or slower: other voices, other instruments, another tempo."""
PREDICTING = 256


class Questions(keras.utils.PyDataset):
    """One epoch's batches of pictures and answers.

    Parameters
    ----------
    front_ends : the programmes took turns between these.
    seed : of the order and of the pictures' variations, epoch by epoch; None keeps both as they are.
    epoch : the epoch to begin with.
    """

    def __init__(
        self, data: Data, batch_size: int, front_ends: Sequence[FrontEnd], seed: int | None = None, epoch: int = 0
    ):
        super().__init__()
        self._data, self._batch_size, self._seed, self._epoch = data, batch_size, seed, epoch
        self._front_ends = front_ends
        self._begin()

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
        return pictures[..., None], _answers(truths)

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._begin()

    def _begin(self) -> None:
        n = len(self._data.truths)
        shuffled = self._seed is not None
        self._order = np.random.default_rng([self._seed, self._epoch]).permutation(n) if shuffled else np.arange(n)


def fit(
    data: Data,
    unseen: Data,
    folder: Path,
    front_ends: Sequence[FrontEnd],
    seed: int,
    epochs: int,
    width: float = 1.0,
    batch_size: int = BATCH_SIZE,
    tell: Callable[[str], None] = print,
) -> keras.Model:
    """Train the network for so many epochs, or go on with what `folder` keeps of a broken run.

    Returns
    -------
    The trained network. `folder` has `network.keras` and `history.json` (one dict per epoch).
    """
    network, history = _begun(folder)
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
            Questions(data, batch_size, front_ends, seed, epoch=len(history)),
            validation_data=Questions(unseen, batch_size, front_ends),
            initial_epoch=len(history),
            epochs=epochs,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=_keeper(network, history, folder, tell))],
        )
    return network


def answer(network: keras.Model, data: Data) -> tuple[np.ndarray, np.ndarray]:
    """(probabilities of the faults (N, 6), scaled values (N, 6)) that the network gives."""
    faults, values = [], []
    for start in range(0, len(data.pictures), PREDICTING):
        pictures = data.pictures[start : start + PREDICTING].astype(np.float32) / 255
        answers = network.predict_on_batch(pictures[..., None])
        faults.append(1 / (1 + np.exp(-answers["faults"])))
        values.append(answers["values"])
    return np.concatenate(faults), np.concatenate(values)


def play(
    pictures: np.ndarray, truths: np.ndarray, front_ends: Sequence[FrontEnd], rng: np.random.Generator
) -> np.ndarray:
    """Play some pictures (N, height, width) faster or slower, in place; the truths (N, 12) of what is heard then.

    A room dies and an echo comes as much sooner as the sound is faster. A test tone keeps its pitch, or it would be
    another tone. (A room's clarity changes by 1 dB at most, which is left out.)
    """
    truths = truths.copy()
    for k, front_end in enumerate(front_ends):
        if rng.random() < SPEED_SHARE and truths[k, FAULTS.index("tone")] != 1:
            log_factor = rng.uniform(-1, 1) * np.log(SPEED)
            pictures[k] = change_speed(pictures[k], np.exp(log_factor), front_end)
            for name in ("log_rt60", "log_delay"):
                truths[k, len(FAULTS) + VALUES.index(name)] -= log_factor / SCALES[name][1]
    return truths


def _answers(truths: np.ndarray) -> dict[str, np.ndarray]:
    """Truths with unknowns as the network's targets: answers, then which are asked for."""
    targets = {"faults": truths[:, : len(FAULTS)], "values": truths[:, len(FAULTS) :]}
    return {
        name: np.concatenate([np.nan_to_num(wanted), np.isfinite(wanted)], axis=1, dtype=np.float32)
        for name, wanted in targets.items()
    }


def _begun(folder: Path) -> tuple[keras.Model | None, list[dict]]:
    if not (folder / "history.json").is_file():
        return None, []
    network = keras.models.load_model(
        folder / "network.keras", custom_objects={f.__name__: f for f in losses().values()}
    )
    return network, json.loads((folder / "history.json").read_text("utf-8"))


def _keeper(network: keras.Model, history: list[dict], folder: Path, tell: Callable[[str], None]):
    folder.mkdir(parents=True, exist_ok=True)

    def keep(epoch: int, logs: dict) -> None:
        history.append({"epoch": epoch + 1} | {name: float(value) for name, value in logs.items()})
        network.save(folder / "unfinished.keras")
        (folder / "unfinished.keras").replace(folder / "network.keras")
        (folder / "history.json").write_text(json.dumps(history, indent=1), "utf-8")
        tell(f"epoch {epoch + 1}: loss {logs['loss']:.3f}, on programmes never heard {logs['val_loss']:.3f}")

    return keep

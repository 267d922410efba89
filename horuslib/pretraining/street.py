"""`python -m horuslib.pretraining.street`: the starting weights for street sound, trained to tell its generators apart.

Every generator of `synthesis.street` is a class of its own: wails from yelps, smoke alarms from chimes. The head is
discarded; the backbone is kept as `training.weights: street`. Interrupted, it goes on with the next block of examples.
"""

import argparse
import logging
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from horuslib.acoustics import filters
from horuslib.audio.features import segments_to_inputs
from horuslib.core.atomic import replacing
from horuslib.core.log import show_log
from horuslib.core.paths import Paths
from horuslib.synthesis.street.catalogue import STREET, street_sound
from horuslib.tasks import load_task
from horuslib.tasks.sections import FrontEnd
from horuslib.training.backbone import BACKBONE

NAMES = [(kind, name) for kind, generators in STREET.items() for name in generators]
"""The classes: every generator, with its kind."""
BLOCK = 120
EXAMPLES, EPOCHS = 2400, 16
BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 32, 1.5e-3, 1e-4
SHIFT_FRAMES, MASK_FRAMES = 128, 40
UNSEEN_SHARE = 0.1
_SHORTEST_S = {"impact": 0.5, "scream": 0.4}
_LONGEST_S = {"impact": 4.0, "scream": 5.0}

log = logging.getLogger("horuslib.pretraining.street")  # also where the module is run as a program


def example(number: int, seed: int, front_end: FrontEnd) -> np.ndarray:
    """The model input of one generated clip of random length and band; its class is `NAMES[number % len(NAMES)]`.

    Returns
    -------
    `front_end.input_shape` float32.
    """
    rng, rate = np.random.default_rng([seed, number]), front_end.sample_rate_hz
    kind, name = NAMES[number % len(NAMES)]
    low_s, high_s = _SHORTEST_S.get(kind, 1.0), _LONGEST_S.get(kind, front_end.segment_s)
    seconds = float(np.exp(rng.uniform(np.log(low_s), np.log(high_s)))) if rng.random() < 0.7 else front_end.segment_s
    x = street_sound(rng, seconds, rate, kind, name)
    if rng.random() < 0.5:
        x = filters.band(x, rate, rng.uniform(20, 300), rng.uniform(2500, 7500), order=4)
    if rng.random() < 0.3:
        x = x + filters.gain(-rng.uniform(15, 45)) * np.std(x) * rng.standard_normal(len(x))
    return segments_to_inputs([x], front_end)[0]


def make_examples(folder: Path, count: int, seed: int, front_end: FrontEnd, workers: int | None = None) -> np.ndarray:
    """Generate the examples in blocks, each a file in the folder; (N, height, width) float16."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [range(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    paths = [folder / f"{block.start:06d}_{block.stop:06d}.npy" for block in numbers]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [
            (path, pool.submit(_block, block, seed, front_end))
            for path, block in zip(paths, numbers, strict=True)
            if not path.exists()
        ]
        for path, job in jobs:
            block = job.result()
            with replacing(path) as partial, partial.open("wb") as file:
                np.save(file, block)
            log.info("%s", path.name)
    return np.concatenate([np.load(path) for path in paths])


def fit(inputs: np.ndarray, seed: int, epochs: int):
    """Train a network on the examples: (backbone, share of unseen examples whose generator it names)."""
    import keras

    from horuslib.training.batches import shift_and_mask
    from horuslib.training.model import pooled
    from horuslib.training.weights import start_backbone

    classes = np.arange(len(inputs)) % len(NAMES)
    learn = np.arange(len(inputs)) < len(inputs) * (1 - UNSEEN_SHARE)

    class Examples(keras.utils.PyDataset):
        def __init__(self, rows: np.ndarray, rng: np.random.Generator | None):
            super().__init__()
            self._rows, self._rng = rows, rng

        def __len__(self) -> int:
            return -(-len(self._rows) // BATCH_SIZE)

        def __getitem__(self, batch: int):
            rows = self._rows[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            pictures = inputs[rows].astype(np.float32)
            if self._rng is not None:
                shift_and_mask(pictures, SHIFT_FRAMES, MASK_FRAMES, self._rng)
            return pictures[..., None], classes[rows]

        def on_epoch_end(self) -> None:
            if self._rng is not None:
                self._rows = self._rng.permutation(self._rows)

    keras.utils.set_random_seed(seed)
    task = load_task("sirens_small")
    start = task.training.model_copy(update={"weights": "bundled"})
    backbone = start_backbone(task.model_copy(update={"training": start}))
    picture = keras.Input(task.front_end.input_shape, name="picture")
    features = keras.layers.Dropout(0.2)(pooled(backbone(picture), "mean_and_max"))
    network = keras.Model(picture, keras.layers.Dense(len(NAMES), name="generator")(features))
    rng = np.random.default_rng(seed)
    batches = Examples(rng.permutation(np.flatnonzero(learn)), rng)
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(batches)), WEIGHT_DECAY
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    unseen = Examples(np.flatnonzero(~learn), None)
    logged = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: log.info("epoch %d: %s", epoch + 1, logs))
    history = network.fit(batches, validation_data=unseen, epochs=epochs, verbose=0, callbacks=[logged]).history
    return network.get_layer(BACKBONE), float(history["val_accuracy"][-1])


def _block(numbers: range, seed: int, front_end: FrontEnd) -> np.ndarray:
    with threadpool_limits(1):
        return np.stack([example(number, seed, front_end)[..., 0] for number in numbers]).astype(np.float16)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m horuslib.pretraining.street", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--workers", type=int, default=None, help="processes that generate (default: all cores)")
    parser.add_argument("--out", type=Path, default=None, help="folder for street.weights.h5 (artifacts/pretrain)")
    given = parser.parse_args()
    show_log()
    home = Paths().root / "artifacts" / "pretrain"
    inputs = make_examples(
        home / f"street_{given.seed}", given.examples, given.seed, load_task("sirens_small").front_end, given.workers
    )
    backbone, accuracy = fit(inputs, given.seed, given.epochs)
    out = given.out or home
    out.mkdir(parents=True, exist_ok=True)
    backbone.save_weights(out / "street.weights.h5")
    log.info("%s; %.0f%% of unseen examples named rightly", out / "street.weights.h5", 100 * accuracy)


if __name__ == "__main__":
    main()

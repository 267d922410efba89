"""A package whose model is set by hand: it hears tones, steady noise, silence and low volume; all else is normal."""

from pathlib import Path

import numpy as np

from horuslib.audio.features import segment_to_input
from tests.conftest import tone

CALIBRATION = {"temperature": 2.0, "ece_before": 0.2, "ece_after": 0.1}


def toy_model(task):
    """Mean level of each row of the picture -> one logit per label, with weights that follow from what the classes are.

    Levels are in units of 160 dB. What stands out at 1 kHz is a tone, loud high bands are hiss, little sound is low
    volume, and little sound without any shape is silence.
    """
    import keras

    front = task.front_end
    rows, channels = front.image_size, front.input_shape[2]
    picture = segment_to_input(tone(front.segment_s, front.sample_rate_hz), front)
    mean, high, at_1khz = np.full(rows, 1 / rows), np.zeros(rows), np.zeros(rows)
    high[-20:] = 1 / 20
    at_1khz[int(picture.mean(axis=(1, 2)).argmax())] = 1
    logits = {
        "sinal_teste": (60 * (at_1khz - mean), -8),
        "ruido_hiss": (200 * high, -75) if front.hears_level else (150 * high, -8),
        "ausencia_audio": (40 * mean - 100 * at_1khz, 20) if front.hears_level else (-200 * mean, 12),
        "volume_baixo": (-60 * mean, 18),
        "normal": (0 * mean, 8),
    }
    nothing = (0 * mean, 0)
    weights, bias = zip(*(logits.get(label, nothing) for label in task.labels), strict=True)
    x = entered = keras.Input(front.input_shape)
    if not front.hears_level:  # -1..1 over 80 dB
        x = keras.layers.Rescaling(0.25, offset=0.25)(x)
    x = keras.layers.AveragePooling2D((1, front.input_shape[1]))(x)
    x = keras.layers.Dense(len(task.labels), name="logits")(keras.layers.Flatten()(x))
    model = keras.Model(entered, keras.layers.Softmax()(x))
    of_channels = np.repeat(np.stack(weights, axis=1), channels, axis=0) / channels
    model.get_layer("logits").set_weights([of_channels, np.array(bias, float)])
    return model


def write_toy_package(folder: Path, task, **changes) -> Path:
    """An exported package of `toy_model`; `changes` go to `write_bundle`."""
    from horuslib.export.bundle import write_bundle

    trained = folder.with_name("trained.keras")
    trained.parent.mkdir(parents=True, exist_ok=True)
    toy_model(task).save(trained)
    content = {
        "calibration": CALIBRATION,
        "thresholds": {label: 0.6 for label in task.faults},
        "metrics": {"macro_f1": 0.5},
        "training_summary": {"recordings": 3},
    }
    return write_bundle(folder, task, trained, **{**content, **changes})

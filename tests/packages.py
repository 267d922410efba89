"""A package whose model is set by hand: it hears a 1 kHz tone and steady noise, and calls everything else normal."""

from pathlib import Path

import numpy as np

from horuslib.sound.features import segment_to_input
from tests.conftest import tone

CALIBRATION = {"temperature": 2.0, "ece_before": 0.2, "ece_after": 0.1}


def toy_model(task):
    """Mean level of each mel band -> one logit per label, with weights that follow from what the classes are."""
    import keras

    front = task.front_end
    picture = segment_to_input(tone(front.segment_s, front.sample_rate_hz), front)
    at_1khz = int(picture.mean(axis=(1, 2)).argmax())
    weights, bias = np.zeros((front.n_mels, len(task.labels))), np.zeros(len(task.labels))
    weights[:, task.labels.index("sinal_teste")] = -60 / front.n_mels
    weights[at_1khz, task.labels.index("sinal_teste")] += 60
    bias[task.labels.index("sinal_teste")] = -8
    weights[-20:, task.labels.index("ruido_hiss")] = 200 / 20
    bias[task.labels.index("ruido_hiss")] = -75
    bias[task.labels.index("normal")] = 8
    x = entered = keras.Input(front.input_shape)
    x = keras.layers.AveragePooling2D((1, front.image_size))(x)
    logits = keras.layers.Dense(len(task.labels), name="logits")(keras.layers.Flatten()(x))
    model = keras.Model(entered, keras.layers.Softmax()(logits))
    model.get_layer("logits").set_weights([weights, bias])
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

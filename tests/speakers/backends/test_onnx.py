"""A network of the user's: sound or filterbank in, an embedding per window out; anything else is said."""

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.backends.registry import make_backend
from horuslib.speakers.clusters.number import Number
from horuslib.speakers.diarize import Settings, diarize
from tests.speakers.conftest import needs_voices
from tests.speakers.networks import network, spectral_mean_network

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("kaldi_native_fbank")


@pytest.fixture
def spectral_mean(tmp_path):
    return spectral_mean_network(tmp_path / "mean.onnx")


@needs_voices
def test_a_network_of_filterbanks_is_run(spectral_mean, talk):
    found = diarize(talk[0], Settings(backend=spectral_mean, number=Number(2)))
    assert len(found.speakers) == 2
    assert {len(v) for v in found.vectors.values()} == {80}


def test_a_network_of_sound_is_run(tmp_path, rng):
    weights = rng.standard_normal((24000, 5)).astype(np.float32)
    name = network(tmp_path / "w.onnx", ["b", 24000], [(("MatMul", ["x", "w"], ["y"]), {})], [("w", weights)])
    x = rng.standard_normal((3, 24000)).astype(np.float32)
    np.testing.assert_allclose(make_backend(name)._embed(x), x @ weights, rtol=1e-3, atol=1e-2)


def test_a_wrong_input_is_said(tmp_path):
    name = network(tmp_path / "image.onnx", ["b", 3, 64, 64], [(("Identity", ["x"], ["y"]), {})], outputs=None)
    with pytest.raises(UserError, match=r"takes 1 inputs, the first of shape \['b', 3, 64, 64\]: it should take"):
        make_backend(name)


def test_another_number_of_bands_is_said(tmp_path):
    reduce = [(("ReduceMean", ["x"], ["y"]), {"axes": [1], "keepdims": 0})]
    with pytest.raises(UserError, match=r"filterbank \(batch, frames, 80\)"):
        make_backend(network(tmp_path / "bands.onnx", ["b", "t", 40], reduce))


def test_an_output_per_frame_is_said(tmp_path):
    name = network(tmp_path / "frames.onnx", ["b", "t", 80], [(("Identity", ["x"], ["y"]), {})], outputs=None)
    with pytest.raises(UserError, match=r"gives an output of shape .* it should be \(2, d\)"):
        make_backend(name)


def test_what_is_no_network_is_said(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"not a network")
    with pytest.raises(UserError, match="is no ONNX network that can be run"):
        make_backend(f"onnx:{tmp_path / 'x.onnx'}")
    with pytest.raises(UserError, match="There is no file"):
        make_backend(f"onnx:{tmp_path / 'absent.onnx'}")

"""Checkpoints are read without PyTorch and without running what is in them."""

import pickle
from collections import OrderedDict
from typing import ClassVar

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.spectral.embedding.torch_file import read_tensors

MAGIC = 0x1950A86A20F9469CFC6C


class FloatStorage:
    __module__, __qualname__ = "torch", "FloatStorage"


def _rebuild_tensor_v2(*_):
    raise AssertionError


class Tensor:
    def __init__(self, key, offset, shape, strides):
        self.about = (key, offset, shape, strides)

    def __reduce__(self):
        storage, offset, shape, strides = self.about
        return _rebuild_tensor_v2, (Stored(storage), offset, shape, strides, False, OrderedDict())


class Stored:
    def __init__(self, key):
        self.key = key


class Writer(pickle._Pickler):
    """Writes the names of torch, which is not installed."""

    def persistent_id(self, obj):
        return ("storage", FloatStorage, obj.key, "cpu", 12) if isinstance(obj, Stored) else None

    def save_global(self, obj, name=None):
        if obj in (FloatStorage, _rebuild_tensor_v2):
            module = "torch" if obj is FloatStorage else "torch._utils"
            self.write(b"c" + f"{module}\n{obj.__name__}\n".encode())
        else:
            super().save_global(obj, name)

    dispatch: ClassVar = {**pickle._Pickler.dispatch, type: save_global, type(_rebuild_tensor_v2): save_global}


def checkpoint(path, state, values):
    with open(path, "wb") as file:
        for part in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(part, file, 2)
        Writer(file, 2).dump(state)
        pickle.dump(["7"], file, 2)
        file.write(len(values).to_bytes(8, "little") + values.astype(np.float32).tobytes())
    return path


def test_packed_and_strided_tensors(tmp_path):
    state = OrderedDict(packed=Tensor("7", 2, (2, 3), (3, 1)), turned=Tensor("7", 0, (3, 4), (1, 3)))
    found = read_tensors(checkpoint(tmp_path / "x.pth", state, np.arange(12)))
    assert found["packed"].tolist() == [[2, 3, 4], [5, 6, 7]]
    assert found["turned"].tolist() == np.arange(12.0).reshape(4, 3).T.tolist()


def test_anything_else_is_refused(tmp_path):
    with pytest.raises(UserError, match="reaches beyond"):
        read_tensors(checkpoint(tmp_path / "x.pth", OrderedDict(x=Tensor("7", 8, (5,), (1,))), np.arange(12)))
    (tmp_path / "y.pth").write_bytes(pickle.dumps(print, 2))
    with pytest.raises(UserError, match="it names"):
        read_tensors(tmp_path / "y.pth")
    (tmp_path / "z.pth").write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match="no checkpoint"):
        read_tensors(tmp_path / "z.pth")

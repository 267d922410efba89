"""Tensors of a PyTorch checkpoint without PyTorch: the format from before version 1.6, read without running code.

Such a file is four pickles (magic number, protocol, machine, the object with references to storages), the storages'
names, and their bytes. Only the names that a dictionary of tensors needs are resolved; any other is refused.
"""

import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np

from horuslib.core.errors import UserError

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16, "DoubleStorage": np.float64}


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Name -> array of every tensor of a state dictionary.

    Raises
    ------
    UserError
        When the file is no such checkpoint.
    """
    try:
        with open(path, "rb") as file:
            if _Reader(file, {}).load() != _MAGIC:
                raise ValueError("its magic number is another")
            for _ in range(2):
                _Reader(file, {}).load()
            storages: dict[str, _Storage] = {}
            state = _Reader(file, storages).load()
            for key in _Reader(file, {}).load():
                storages[key].read(file)
    except (pickle.UnpicklingError, ValueError, KeyError, EOFError, OSError, AttributeError) as e:
        raise UserError(f"{path} is no checkpoint of tensors that can be read ({e}): install its package again.") from e
    return {name: tensor.array() for name, tensor in state.items() if isinstance(tensor, _Tensor)}


class _Storage:
    def __init__(self, kind: type, count: int):
        self.kind, self.count = np.dtype(kind), count
        self.values = np.zeros(0, kind)

    def read(self, file) -> None:
        count = int.from_bytes(file.read(8), "little")
        if count != self.count:
            raise ValueError(f"a storage has {count} values instead of {self.count}")
        self.values = np.frombuffer(file.read(count * self.kind.itemsize), self.kind)


class _Tensor:
    """A view of a storage: its strides need not be those of a packed array."""

    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object):
        self._storage, self._offset, self._shape, self._strides = storage, offset, shape, strides

    def array(self) -> np.ndarray:
        values = self._storage.values[self._offset :]
        reach = 1 + sum((n - 1) * s for n, s in zip(self._shape, self._strides, strict=True) if n)
        if reach > len(values):
            raise UserError("a tensor of the checkpoint reaches beyond its storage: install its package again.")
        strides = tuple(s * values.itemsize for s in self._strides)
        return np.lib.stride_tricks.as_strided(values, self._shape, strides, writeable=False).copy()


class _Reader(pickle.Unpickler):
    """Resolves the few names that a dictionary of tensors needs."""

    def __init__(self, file, storages: dict[str, _Storage]):
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name.startswith("_rebuild_tensor"):
            return _Tensor
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, reference):
        kind, key, count = reference[1], reference[2], reference[4]
        return self._storages.setdefault(key, _Storage(kind, count))

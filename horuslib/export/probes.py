"""Sounds whose verdict is known before any model hears them: the last check before a package leaves the house."""

import numpy as np
import pandas as pd

from horuslib.detect.detector import Detector
from horuslib.detect.hear import hear
from horuslib.tasks.task import FrontEnd


def probe_sounds(front_end: FrontEnd, rng: np.random.Generator) -> dict[str, tuple[str, np.ndarray]]:
    """What is played -> (the label it should get, one segment of mono sound).

    The tone is the one that Horus's own validator makes: 1 kHz with amplitude 0.5.
    """
    n = front_end.segment_samples
    phase = 2 * np.pi * 1000 * np.arange(n) / front_end.sample_rate_hz
    return {
        "1 kHz tone, amplitude 0.5": ("sinal_teste", 0.5 * np.sin(phase)),
        "digital silence": ("ausencia_audio", np.zeros(n)),
        "white noise, -30 dBFS": ("ruido_hiss", rng.standard_normal(n) * 10 ** (-30 / 20)),
    }


def hear_probes(detector: Detector, rng: np.random.Generator) -> pd.DataFrame:
    """One row per probe: probe, expected, verdict, confidence, right."""
    rows = []
    for probe, (expected, samples) in probe_sounds(detector.task.front_end, rng).items():
        heard = hear([samples], detector).iloc[0]
        rows.append((probe, expected, heard.label, heard.confidence, heard.label == expected))
    return pd.DataFrame(rows, columns=["probe", "expected", "verdict", "confidence", "right"])

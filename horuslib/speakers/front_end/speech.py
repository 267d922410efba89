"""Where somebody speaks: Silero's network by default, and the energy rule that it is compared with.

Both give a probability per hop; `regions` turns probabilities into regions of speech. Both take a recording block by
block, so that memory does not grow with its length.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from horuslib.core.errors import UserError, install
from horuslib.speakers.front_end.sound import RATE_HZ

HOP = 512
HOP_S = HOP / RATE_HZ
"""One probability per 32 ms, as Silero gives them."""
ON, OFF = 0.4, 0.25
"""Speech begins at a probability of ON and lasts until it stays under OFF (hysteresis)."""
PAUSE_S = 0.3
"""Shorter pauses belong to the speech around them."""
SHORTEST_S = 0.1
MARGIN_S = 0.08
"""Added before and after: onsets and decays are faint."""
_CONTEXT = 64
"""Samples of the preceding hop that Silero's network is given."""


class Detector(Protocol):
    """Gives the probability of speech per hop of HOP samples, block after block."""

    def probabilities(self, block: np.ndarray) -> np.ndarray:
        """(hops,) of a block of (hops * HOP,) float32 samples that follows the one before."""
        ...


def make_detector(name: str) -> Detector:
    """A detector at the start of a recording: "silero" or "energy".

    Raises
    ------
    UserError
        When there is none of this name, or Silero's package is not installed.
    """
    if name == "silero":
        return Silero()
    if name == "energy":
        return Energy()
    raise UserError(f"There is no speech detector {name!r}: choose silero or energy.")


class Silero:
    """Silero VAD through ONNX Runtime; its network travels in the wheel of faster-whisper (MIT licence)."""

    def __init__(self) -> None:
        self._network = _silero_network()
        self._state = [np.zeros((1, 1, 128), np.float32) for _ in range(2)]
        self._before = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, block: np.ndarray) -> np.ndarray:
        hops = np.asarray(block, np.float32).reshape(-1, HOP)
        if not len(hops):
            return np.zeros(0, np.float32)
        context = np.vstack([self._before, hops[:-1, -_CONTEXT:]])
        self._before = hops[-1, -_CONTEXT:].copy()
        given = {"input": np.hstack([context, hops]), "h": self._state[0], "c": self._state[1]}
        output, *self._state = self._network.run(None, given)
        return np.asarray(output, np.float32).reshape(-1)


class Energy:
    """The rule of the first version: a hop is speech where its level is over a share of the level so far.

    The threshold is the median of the levels so far plus 30 % of what lies between it and their 95th
    percentile, in decibels.
    """

    SHARE = 0.3

    def __init__(self) -> None:
        self._levels = np.zeros(0)

    def probabilities(self, block: np.ndarray) -> np.ndarray:
        hops = np.asarray(block, np.float64).reshape(-1, HOP)
        level_db = 10 * np.log10(np.mean(hops**2, axis=1) + 1e-10)
        self._levels = np.concatenate([self._levels, level_db])[-round(600 / HOP_S) :]
        if not len(self._levels):
            return np.zeros(0, np.float32)
        middle, high = np.percentile(self._levels, [50, 95])
        return (level_db > middle + self.SHARE * (high - middle)).astype(np.float32)


@cache
def _silero_network():
    """The inference session.

    Raises
    ------
    UserError
        When faster-whisper or ONNX Runtime is not installed.
    """
    found = find_spec("faster_whisper")
    files = sorted(Path(found.origin).parent.glob("assets/silero_vad*.onnx")) if found and found.origin else []
    if not files or find_spec("onnxruntime") is None:
        raise UserError(
            f"Silero's speech detector is not installed: {install('speakers')}, or choose "
            "`--speech energy`, which needs nothing and is less exact."
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(files[-1]), options, providers=["CPUExecutionProvider"])


def regions(probabilities: np.ndarray, duration_s: float, hop_s: float = HOP_S) -> np.ndarray:
    """Regions of speech, (n, 2) seconds, sorted, apart and within the recording.

    Parameters
    ----------
    probabilities : (hops,) of speech.
    duration_s : of the recording; nothing reaches beyond it.

    Example
    -------
    >>> p = np.r_[np.zeros(50), np.ones(50), np.zeros(50)]
    >>> regions(p, 4.8).round(2).tolist()
    [[1.52, 3.28]]
    """
    found: list[list[float]] = []
    begun, last = None, 0
    for i, p in enumerate(probabilities.tolist()):
        if begun is None:
            if p >= ON:
                begun = last = i
        elif p >= OFF:
            last = i
        elif (i - last) * hop_s > PAUSE_S:
            found.append([begun * hop_s, (last + 1) * hop_s])
            begun = None
    if begun is not None:
        found.append([begun * hop_s, (last + 1) * hop_s])
    merged: list[list[float]] = []
    for start_s, end_s in found:
        if end_s - start_s < SHORTEST_S:
            continue
        start_s, end_s = max(0.0, start_s - MARGIN_S), min(duration_s, end_s + MARGIN_S)
        if merged and start_s <= merged[-1][1]:
            merged[-1][1] = end_s
        elif end_s > start_s:
            merged.append([start_s, end_s])
    return np.array(merged, float).reshape(-1, 2)

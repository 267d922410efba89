"""Voices by a network of the user's: a WeSpeaker, CAM++, ECAPA or similar file in ONNX format."""

from pathlib import Path

import numpy as np

from horuslib.core import recorder
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.speakers.backends.network import MEL_BANDS, describe, filterbank
from horuslib.speakers.backends.voices import Voices
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.speakers.front_end.windows import WINDOW_S, Windows


class Onnx:
    """A network of one input, (batch, samples) of sound or (batch, frames, 80) of filterbank, to (batch, d).

    Raises
    ------
    UserError
        When the file cannot be read, or its input or output has another shape.
    """

    FIXED, PER_S = 0.35, 0.6
    same = 0.75
    overlap = None

    def __init__(self, path: str | Path) -> None:
        import onnxruntime

        self.name, self._path = f"onnx:{path}", Path(path)
        if not self._path.is_file():
            raise UserError(f"There is no file {path}: give the path of an ONNX network, as in onnx:wespeaker.onnx.")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            self._network = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as e:  # ONNX Runtime raises classes of its own for each way in which a file is damaged
            raise UserError(f"{path} is no ONNX network that can be run ({str(e).splitlines()[0][:120]}).") from None
        recorder.record_file(self._path, sha256_file(self._path))
        self._input = self._network.get_inputs()[0]
        self._of_sound = self._check()

    def describe(self, side: Side, windows: Windows) -> Voices:
        return describe(side, windows, self._embed, self.FIXED, self.PER_S)

    def _check(self) -> bool:
        """Whether the network takes sound rather than a filterbank, tried on a second of noise."""
        inputs, shape = self._network.get_inputs(), self._input.shape
        of_sound = len(shape) == 2
        bands = isinstance(shape[-1], str) or shape[-1] is None or shape[-1] == MEL_BANDS
        if len(inputs) != 1 or len(shape) not in (2, 3) or not (of_sound or bands):
            raise UserError(
                f"{self._path} takes {len(inputs)} inputs, the first of shape {shape}: it should take one, sound "
                f"(batch, samples) at {RATE_HZ} Hz or a filterbank (batch, frames, {MEL_BANDS})."
            )
        self._of_sound = of_sound
        noise = np.random.default_rng(0).standard_normal((2, round(WINDOW_S * RATE_HZ))).astype(np.float32) / 30
        try:
            found = self._embed(noise)
        except Exception as e:
            raise UserError(
                f"{self._path} cannot be run on windows of {WINDOW_S:g} s in a batch of two "
                f"({str(e).splitlines()[0][:120]}): export it with a free batch and length."
            ) from None
        if found.ndim != 2 or len(found) != 2 or found.shape[1] < 2:
            raise UserError(
                f"{self._path} gives an output of shape {found.shape} for two windows: it should be (2, d)."
            )
        return of_sound

    def _embed(self, samples: np.ndarray) -> np.ndarray:
        given = samples if self._of_sound else np.stack([filterbank(x) for x in samples]).astype(np.float32)
        return np.asarray(self._network.run(None, {self._input.name: given})[0])

"""Voices by Resemblyzer's network (Wan et al. 2018, GE2E), whose wheel carries its weights and needs torch."""

import warnings

import numpy as np

from horuslib.speakers.backends.network import describe
from horuslib.speakers.backends.voices import Voices
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.windows import Windows

_LEVEL_DBFS = -30.0
"""The network was trained on sound brought to this level."""


class Resemblyzer:
    """The backend `resemblyzer`."""

    name = "resemblyzer"
    same = 0.8
    overlap = 0.1
    FIXED, PER_S = 0.17, 0.3

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from resemblyzer import VoiceEncoder

            self._network = VoiceEncoder("cpu", verbose=False)

    def describe(self, side: Side, windows: Windows) -> Voices:
        return describe(side, windows, self._embed, self.FIXED, self.PER_S)

    def _embed(self, samples: np.ndarray) -> np.ndarray:
        import torch
        from resemblyzer.audio import wav_to_mel_spectrogram

        level = np.sqrt(np.mean(samples**2, axis=1, keepdims=True)) + 1e-9
        mels = np.stack([wav_to_mel_spectrogram(x) for x in samples * (10 ** (_LEVEL_DBFS / 20) / level)])
        with torch.no_grad():
            return self._network(torch.from_numpy(mels)).numpy()

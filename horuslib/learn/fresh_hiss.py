"""Hiss that no epoch hears twice: generated noise laid over stored pictures of normal programme.

Two sounds that know nothing of one another add their powers. So noise can be laid over a picture as `AddHiss` lays it
over a waveform, quickly enough to be drawn anew whenever an example is learnt from. What this is for: a few hundred
stored examples of hiss hold a few dozen noises of each kind, and a network soon knows them by heart.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from horuslib.learn.recipes import can_become
from horuslib.sound.faults import AddHiss, drawn_noise
from horuslib.sound.features import mix_pictures, segments_to_inputs
from horuslib.sound.levels import from_db
from horuslib.sound.noise import HISSES
from horuslib.sound.transforms import draw
from horuslib.tasks import Task
from horuslib.tasks.sections import FrontEnd

LABEL = "ruido_hiss"
NOISES_PER_KIND = 30
"""Turned in time by chance, each is a new one."""
NOISE_DBFS = -20.0
"""RMS level of the noises whose pictures are kept."""


class FreshHiss:
    """Lays new hiss over some of the examples of a batch.

    Parameters
    ----------
    features : (N, 128, 128) stored pictures.
    index : 04_features' table, row i for `features[i]`.
    learn : the rows that are learnt from: programme is taken from these alone.
    task : `training.fresh_hiss` says how often, `augmentation.hiss_snr_db` how strong.
    """

    def __init__(self, features: np.ndarray, index: pd.DataFrame, learn: np.ndarray, task: Task):
        levels = index[["lufs", "rms"]].assign(rms_dbfs=20 * np.log10(np.maximum(index["rms"], 1e-9)))
        normal = [i for i in learn if index["label"].iat[i] == "normal"]
        self._programme = np.array([i for i in normal if can_become(LABEL, levels.iloc[i], task)], int)
        made = (index["label"] == LABEL) & (index["source_label"] == "normal")
        self._made = made.to_numpy() & bool(len(self._programme))
        self._levels_dbfs = index["active_dbfs"].to_numpy()
        self._features, self._task = features, task
        self._noises = noise_pictures(task.front_end, task.seed)

    def lay(self, pictures: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> None:
        """Of the pictures (B, 128, 128) of these rows, make some of those anew, in place, whose hiss was laid over
        normal sound."""
        for picture, row in zip(pictures, rows, strict=True):
            if self._made[row] and rng.random() < self._task.training.fresh_hiss:
                picture[:] = self._one(rng)

    def _one(self, rng: np.random.Generator) -> np.ndarray:
        row = rng.choice(self._programme)
        noise = self._noises[rng.integers(len(self._noises))]
        noise = np.roll(noise, rng.integers(noise.shape[1]), axis=1)
        gain_db = self._levels_dbfs[row] - rng.uniform(*self._task.augmentation.hiss_snr_db) - NOISE_DBFS
        return mix_pictures(self._features[row], noise, gain_db, self._task.front_end)


@lru_cache(maxsize=2)
def noise_pictures(front_end: FrontEnd, seed: int = 0) -> np.ndarray:
    """Pictures of noises of every kind in `HISSES`, at `NOISE_DBFS`: float16 (K, 128, 128)."""
    rng, n, rate = np.random.default_rng([seed, len(HISSES)]), front_end.segment_samples, front_end.sample_rate_hz
    noises = []
    for kind in HISSES * NOISES_PER_KIND:
        drawn = draw(AddHiss(kinds=(kind,)), rng, np.zeros(n, np.float32), rate)
        noises.append(drawn_noise(drawn["parameters"], n, rate) * from_db(NOISE_DBFS))
    return segments_to_inputs(noises, front_end)[..., 0].astype(np.float16)

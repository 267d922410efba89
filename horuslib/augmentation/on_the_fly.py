"""Examples that no epoch meets twice: hiss, echoes and rooms laid over stored pictures of normal sound.

A few hundred stored examples of a fault hold a few dozen noises or rooms of each kind, and a network soon knows them by
heart. On pictures the same can be made anew whenever an example is learnt from
(`horuslib.augmentation.spectrogram_mix`), and so can the little rooms and faint echoes that are no fault: how much of
them it takes is what is to be learnt.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd

from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import from_db
from horuslib.augmentation.echoes import AddEcho, AddRoom
from horuslib.augmentation.faults import AddHiss, drawn_noise
from horuslib.augmentation.hard_negatives import AddFaintEcho, AddLittleRoom
from horuslib.augmentation.recipes import FAINT_HALL_DB, can_become
from horuslib.augmentation.spectrogram_mix import mix_pictures, reflect_picture, response_energy
from horuslib.augmentation.transforms import Fault, draw
from horuslib.synthesis.noise import HISSES
from horuslib.tasks import Task
from horuslib.tasks.sections import Augmentation, FrontEnd

NOISES_PER_KIND = 30
"""Turned in time by chance, each is a new one."""
RESPONSES = 100
"""Rooms, and as many echoes. Over another programme, each is a new example."""
NOISE_DBFS = -20.0
"""RMS level of the noises whose pictures are kept."""
_RUNNING_SHARE = 0.8


class OnTheFlyAugmentation:
    """Makes some of the examples of a batch anew.

    Hiss that was laid over normal sound becomes other hiss over other normal sound, an echo or a room (one of the
    user's own, too) another one on other sound that moves. Normal sound that moves, as it was recorded, gets a room or
    an echo too weak to be a fault.

    Parameters
    ----------
    features : (N, 128, 128) stored pictures.
    index : 04_features' table, row i for `features[i]`.
    learn : the rows that are learnt from: programme is taken from these alone.
    task : `training.fresh` says how often, `augmentation` how strong.
    """

    def __init__(self, features: np.ndarray, index: pd.DataFrame, learn: np.ndarray, task: Task):
        self._features, self._task = features, task
        self._levels_dbfs = index["active_dbfs"].to_numpy()
        learnt = np.isin(np.arange(len(index)), learn)
        hiss, reflections, background = map(task.label_of, ("hiss", "reflections", "background"))
        normal = (index["label"] == background).to_numpy()
        made = (index["source_label"] == background).to_numpy()
        levels = index[["lufs", "rms"]].assign(rms_dbfs=20 * np.log10(np.maximum(index["rms"], 1e-9)))
        heard = np.array([can_become(hiss, row, task) for row in levels.to_dict("records")], bool)
        echoes = (index["label"] == reflections).to_numpy() & made
        moves = index["segment_id"].isin(index["segment_id"][echoes]).to_numpy()  # or no echo would have been made
        self._heard, self._moving = np.flatnonzero(learnt & normal & heard), np.flatnonzero(learnt & normal & moves)
        self._hiss = (index["label"] == hiss).to_numpy() & made & bool(len(self._heard))
        self._echo = echoes & bool(len(self._moving))
        self._plain = normal & moves & (index["kind"] == "original").to_numpy()

    def lay(self, pictures: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> None:
        """Make some of the pictures (B, 128, 128) of these rows anew, in place."""
        for picture, row in zip(pictures, rows, strict=True):
            if rng.random() >= self._task.training.fresh:
                continue
            if self._hiss[row]:
                picture[:] = self._hissing(rng)
            elif self._echo[row]:
                picture[:] = self._reflected(self._features[rng.choice(self._moving)], "fault", rng)
            elif self._plain[row]:
                picture[:] = self._reflected(picture, "normal", rng)

    def _hissing(self, rng: np.random.Generator) -> np.ndarray:
        noises = noise_pictures(self._task.front_end, self._task.seed)
        row, noise = rng.choice(self._heard), noises[rng.integers(len(noises))]
        noise = np.roll(noise, rng.integers(noise.shape[1]), axis=1)
        gain_db = self._levels_dbfs[row] - rng.uniform(*self._task.augmentation.hiss_snr_db) - NOISE_DBFS
        return mix_pictures(self._features[row], noise, gain_db, self._task.front_end)

    def _reflected(self, picture: np.ndarray, strength: str, rng: np.random.Generator) -> np.ndarray:
        front_end, augmentation = self._task.front_end, self._task.augmentation
        energies = response_energies(front_end, augmentation.model_dump_json(), self._task.seed)[strength]
        energy = energies[rng.integers(len(energies))]
        return reflect_picture(picture, energy, front_end, running=rng.random() < _RUNNING_SHARE)


@lru_cache(maxsize=2)
def noise_pictures(front_end: FrontEnd, seed: int = 0) -> np.ndarray:
    """Pictures of noises of every kind in `HISSES`, at `NOISE_DBFS`: float16 (K, 128, 128)."""
    rng, n, rate = np.random.default_rng([seed, len(HISSES)]), front_end.segment_samples, front_end.sample_rate_hz
    noises = []
    for kind in HISSES * NOISES_PER_KIND:
        drawn = draw(AddHiss(kinds=(kind,)), rng, np.zeros(n, np.float32), rate)
        noises.append(drawn_noise(drawn["parameters"], n, rate) * from_db(NOISE_DBFS))
    return segments_to_inputs(noises, front_end)[..., 0].astype(np.float16)


@lru_cache(maxsize=2)
def response_energies(front_end: FrontEnd, augmentation: str, seed: int = 0) -> dict[str, np.ndarray]:
    """Energies (`response_energy`) of rooms and echoes, each strong enough to be a `fault` or weak enough to be
    `normal`: float32 (2 * RESPONSES, 128, 128).

    Parameters
    ----------
    augmentation : the task's section as JSON; it holds the ranges of what is drawn.
    """
    a, rng = Augmentation.model_validate_json(augmentation), np.random.default_rng([seed, RESPONSES])
    faults = (
        AddRoom(*a.rt60_s, *a.direct_to_reverberant_db, max_c50_db=a.max_c50_db),
        AddEcho(*a.echo_delay_s, *a.echo_gain_db),
    )
    little, far, faint = AddLittleRoom(*a.little_room_rt60_s), AddLittleRoom(*a.rt60_s, *FAINT_HALL_DB), AddFaintEcho()
    normal = (little, faint, little, faint, far, faint)
    return {
        "fault": np.stack(list(_energies(faults, front_end, rng))),
        "normal": np.stack(list(_energies(normal, front_end, rng))),
    }


def _energies(transforms: tuple[Fault, ...], front_end: FrontEnd, rng: np.random.Generator) -> Iterator[np.ndarray]:
    rate, silence = front_end.sample_rate_hz, np.zeros(front_end.segment_samples, np.float32)
    for k in range(2 * RESPONSES):
        transform = transforms[k % len(transforms)]
        drawn = draw(transform, rng, silence, rate)["parameters"]
        yield response_energy(transform.response(drawn, rate), front_end)

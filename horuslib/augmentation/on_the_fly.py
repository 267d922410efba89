"""On-the-fly augmentation: new hiss, echoes and rooms in every epoch, on stored log-mel spectrograms of normal sound.

A few hundred stored examples of a fault have a few dozen noises or rooms of each kind, which a network soon memorises.
Computed on spectrograms (`horuslib.augmentation.spectrogram_mix`), they can be drawn again each time an example is
used; so can the small rooms and faint echoes that are no fault, from which the network learns how strong a fault is.
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
from horuslib.augmentation.spectrogram_mix import mix_spectrograms, reflect_spectrogram, response_energy
from horuslib.augmentation.transforms import Fault, draw
from horuslib.synthesis.noise import HISSES
from horuslib.tasks import Task
from horuslib.tasks.augmentation import Augmentation
from horuslib.tasks.sections import FrontEnd

NOISES_PER_KIND = 30
"""Each is shifted cyclically in time by a random amount whenever it is used."""
RESPONSES = 100
"""Number of rooms, and of echoes. With another programme, each makes a new example."""
NOISE_DBFS = -20.0
"""RMS level of the noises whose log-mel spectrograms are kept."""
_RUNNING_SHARE = 0.8


class OnTheFlyAugmentation:
    """Replaces some of the examples of a batch by newly augmented ones.

    Hiss that was added to normal sound becomes other hiss on other normal sound; an echo or a room (a measured one,
    too) becomes another one on other sound of varying level. Original normal sound of varying level gets a room or an
    echo too weak to be a fault.

    Parameters
    ----------
    features : (N, 128, 128) stored log-mel spectrograms.
    index : 04_features' table, row i for `features[i]`.
    learn : the training rows: programme is taken from these only.
    task : `training.fresh` is the share of examples replaced; `augmentation` has the strengths.
    """

    def __init__(self, features: np.ndarray, index: pd.DataFrame, learn: np.ndarray, task: Task):
        self._features, self._task = features, task
        self._levels_dbfs = index["active_dbfs"].to_numpy()
        trained_on = np.isin(np.arange(len(index)), learn)
        hiss, reflections, background = map(task.label_of, ("hiss", "reflections", "background"))
        normal = (index["label"] == background).to_numpy()
        made = (index["source_label"] == background).to_numpy()
        levels = index[["lufs", "rms"]].assign(rms_dbfs=20 * np.log10(np.maximum(index["rms"], 1e-9)))
        audible = np.array([can_become(hiss, row, task) for row in levels.to_dict("records")], bool)
        echoes = (index["label"] == reflections).to_numpy() & made
        # Echoes are made of segments of varying level only (`recipes.can_become`).
        modulated = index["segment_id"].isin(index["segment_id"][echoes]).to_numpy()
        self._audible = np.flatnonzero(trained_on & normal & audible)
        self._modulated = np.flatnonzero(trained_on & normal & modulated)
        self._hiss = (index["label"] == hiss).to_numpy() & made & bool(len(self._audible))
        self._echo = echoes & bool(len(self._modulated))
        self._plain = normal & modulated & (index["kind"] == "original").to_numpy()

    def lay(self, pictures: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> None:
        """Replace some of the log-mel spectrograms (B, 128, 128) of these rows, in place."""
        for picture, row in zip(pictures, rows, strict=True):
            if rng.random() >= self._task.training.fresh:
                continue
            if self._hiss[row]:
                picture[:] = self._hissing(rng)
            elif self._echo[row]:
                picture[:] = self._reflected(self._features[rng.choice(self._modulated)], "fault", rng)
            elif self._plain[row]:
                picture[:] = self._reflected(picture, "normal", rng)

    def _hissing(self, rng: np.random.Generator) -> np.ndarray:
        noises = noise_pictures(self._task.front_end, self._task.seed)
        row, noise = rng.choice(self._audible), noises[rng.integers(len(noises))]
        noise = np.roll(noise, rng.integers(noise.shape[1]), axis=1)
        gain_db = self._levels_dbfs[row] - rng.uniform(*self._task.augmentation.hiss_snr_db) - NOISE_DBFS
        return mix_spectrograms(self._features[row], noise, gain_db, self._task.front_end)

    def _reflected(self, picture: np.ndarray, strength: str, rng: np.random.Generator) -> np.ndarray:
        front_end, augmentation = self._task.front_end, self._task.augmentation
        energies = response_energies(front_end, augmentation.model_dump_json(), self._task.seed)[strength]
        energy = energies[rng.integers(len(energies))]
        return reflect_spectrogram(picture, energy, front_end, running=rng.random() < _RUNNING_SHARE)


@lru_cache(maxsize=2)
def noise_pictures(front_end: FrontEnd, seed: int = 0) -> np.ndarray:
    """Log-mel spectrograms of noises of every kind in `HISSES`, at `NOISE_DBFS`: float16 (K, 128, 128)."""
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
    augmentation : the task's section as JSON, with the ranges of the drawn parameters.
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

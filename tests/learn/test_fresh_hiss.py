"""New hiss over stored programme: where it may be laid, over what, and how strong it is."""

import numpy as np
import pandas as pd
import pytest

from horuslib.learn.fresh_hiss import NOISE_DBFS, NOISES_PER_KIND, FreshHiss, noise_pictures
from horuslib.sound.features import mix_pictures, segments_to_inputs
from horuslib.sound.levels import active_dbfs, lufs, rms
from horuslib.sound.noise import HISSES
from tests.conftest import noise, syllables

ROWS = [
    *(("normal", "normal"),) * 3,  # the last of them too quiet to be given hiss
    ("normal", "normal"),  # of a fold that is not learnt from
    *(("ruido_hiss", "normal"),) * 2,
    ("ruido_hiss", "ruido_hiss"),
    ("volume_baixo", "normal"),
]
LEARN = np.array([0, 1, 2, 4, 5, 6, 7])


@pytest.fixture
def sounds(rng, horus):
    levels_dbfs = (-20, -26, -50, -20, -20, -20, -20, -45)
    return [syllables(rng, horus.front_end.segment_s, level_dbfs=level).astype(np.float32) for level in levels_dbfs]


@pytest.fixture
def fresh(sounds, horus):
    rate = horus.front_end.sample_rate_hz
    index = pd.DataFrame(ROWS, columns=["label", "source_label"])
    index = index.assign(lufs=[lufs(x, rate) for x in sounds], rms=[rms(x) for x in sounds])
    index = index.assign(active_dbfs=[active_dbfs(x, rate) for x in sounds])
    pictures = segments_to_inputs(sounds, horus.front_end)[..., 0]

    def with_share(share):
        task = horus.model_copy(update={"training": horus.training.model_copy(update={"fresh_hiss": share})})
        return FreshHiss(pictures, index, LEARN, task), pictures

    return with_share


def laid(fresh_hiss, pictures, rng, times=1):
    """Batches of all rows that are learnt from, after new hiss."""
    batches = []
    for _ in range(times):
        batch = pictures[LEARN].copy()
        fresh_hiss.lay(batch, LEARN, rng)
        batches.append(batch)
    return np.array(batches)


def test_only_hiss_that_was_laid_over_normal_sound_is_made_anew(fresh, rng):
    fresh_hiss, pictures = fresh(1.0)
    batches = laid(fresh_hiss, pictures, rng, times=5)
    changed = (batches != pictures[LEARN]).any(axis=(2, 3))
    assert changed.tolist() == [[False, False, False, True, True, False, False]] * 5
    assert len({batch[3].tobytes() for batch in batches}) == 5, "another one each time"


def test_a_share_of_it_is_made_anew(fresh, rng):
    fresh_hiss, pictures = fresh(0.5)
    changed = (laid(fresh_hiss, pictures, rng, times=60) != pictures[LEARN]).any(axis=(2, 3))
    assert 0.35 < changed[:, 3:5].mean() < 0.65


def test_it_lies_over_heard_programme_that_is_learnt_from(fresh, rng):
    """Noise only adds: where hiss was laid over a picture, no cell is darker; programmes 0 and 1 are all there are."""
    fresh_hiss, pictures = fresh(1.0)
    under = set()
    for batch in laid(fresh_hiss, pictures, rng, times=20):
        fits = [k for k in range(4) if (batch[3] >= pictures[k] - 0.01).all()]
        under.add(min(fits, key=lambda k: np.abs(batch[3] - pictures[k]).mean()))
    assert under == {0, 1}


def test_it_is_as_strong_as_the_task_says(fresh, rng, horus):
    """The mel power that was added against that of the programme while it is there, both over all bands."""
    fresh_hiss, pictures = fresh(1.0)

    def power(picture):
        return 10 ** ((160 * picture.astype(float) - 80) / 10)

    frames = [np.sort(power(p).sum(axis=0)) for p in pictures[:2]]
    active = [f[f > f[-7] / 100].mean() for f in frames]
    ratios_db, brightest = [], []
    for batch in laid(fresh_hiss, pictures, rng, times=150):
        k = int(np.abs(batch[3] - pictures[0]).mean() > np.abs(batch[3] - pictures[1]).mean())
        added = np.maximum(power(batch[3]) - power(pictures[k]), 0)
        ratios_db.append(10 * np.log10(active[k] / added.sum(axis=0).mean()))
        brightest.append(int(added.mean(axis=1).argmax()))
    low_db, high_db = horus.augmentation.hiss_snr_db
    inside = np.mean((np.array(ratios_db) > low_db - 3) & (np.array(ratios_db) < high_db + 3))
    assert inside > 0.9 and np.ptp(ratios_db) > 0.7 * (high_db - low_db)
    assert len(set(brightest)) > 20, "of many spectra"


def test_every_kind_of_noise_is_among_them_at_the_same_level(horus):
    pictures = noise_pictures(horus.front_end).astype(float)
    assert len(pictures) == len(HISSES) * NOISES_PER_KIND
    assert len({p.tobytes() for p in pictures}) == len(pictures)
    white = segments_to_inputs([noise(np.random.default_rng(0), 5.0, level_dbfs=NOISE_DBFS)], horus.front_end)[
        0, ..., 0
    ]
    drawn = pictures[HISSES.index("white") :: len(HISSES)]
    assert 160 * np.abs(drawn.mean(axis=(1, 2)) - white.mean()).max() < 1


@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_pictures_add_as_waveforms_do(rng, horus, snr_db):
    programme, hiss = syllables(rng, 5.0, level_dbfs=-23), noise(rng, 5.0, level_dbfs=-20)
    gain_db = active_dbfs(programme, 16000) - snr_db + 20
    of_each = segments_to_inputs([programme, hiss], horus.front_end)[..., 0]
    of_sum = segments_to_inputs([programme + hiss * 10 ** (gain_db / 20)], horus.front_end)[0, ..., 0]
    off_db = 160 * (mix_pictures(*of_each, gain_db, horus.front_end) - of_sum)
    assert abs(off_db.mean()) < 0.3 and np.percentile(np.abs(off_db), 95) < 2.5
    assert 160 * np.abs(of_each[0] - of_sum).mean() > 3, "and there is something to add"

"""On-the-fly hiss, echoes and rooms: the examples replaced, the programmes used, and the strengths."""

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import active_dbfs, lufs, rms
from horuslib.augmentation.on_the_fly import (
    NOISE_DBFS,
    NOISES_PER_KIND,
    OnTheFlyAugmentation,
    noise_pictures,
    response_energies,
)
from horuslib.synthesis.noise import HISSES
from tests.conftest import noise, syllables

pytestmark = pytest.mark.slow

ROWS = [  # label, of what, segment, kind
    *[("normal", "normal", f"s{k}", "original") for k in range(3)],  # the last one is too quiet for hiss
    ("normal", "normal", "s3", "original"),  # not in the training folds
    *[("ruido_hiss", "normal", f"s{k}", "variation") for k in range(2)],
    ("ruido_hiss", "ruido_hiss", "s6", "original"),
    ("volume_baixo", "normal", "s1", "variation"),
    ("eco_reverb", "normal", "s0", "variation"),
    ("eco_reverb", "normal", "s3", "variation"),  # not trained on
    ("eco_reverb", "eco_reverb", "s11", "variation"),
    ("eco_reverb", "eco_reverb", "s11", "original"),
    ("normal", "normal", "s0", "variation"),
]
LEARN = np.array([0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12])
HISS, ECHO, NORMAL = LEARN.searchsorted([4, 5]), LEARN.searchsorted(8), LEARN.searchsorted(0)


@pytest.fixture
def sounds(rng, horus):
    levels_dbfs = (-20, -26, -50, -32, -20, -20, -20, -45, -20, -20, -20, -20)
    made = [syllables(rng, horus.front_end.segment_s, level_dbfs=level).astype(np.float32) for level in levels_dbfs]
    return [*made, 0.7 * made[0]]


@pytest.fixture
def fresh(sounds, horus):
    rate = horus.front_end.sample_rate_hz
    index = pd.DataFrame(ROWS, columns=["label", "source_label", "segment_id", "kind"])
    index = index.assign(lufs=[lufs(x, rate) for x in sounds], rms=[rms(x) for x in sounds])
    index = index.assign(active_dbfs=[active_dbfs(x, rate) for x in sounds])
    pictures = segments_to_inputs(sounds, horus.front_end)[..., 0]

    def with_share(share):
        task = horus.model_copy(update={"training": horus.training.model_copy(update={"fresh": share})})
        return OnTheFlyAugmentation(pictures, index, LEARN, task), pictures

    return with_share


def augmented(fresh, pictures, rng, times=1):
    """Batches of all training rows after augmentation."""
    batches = []
    for _ in range(times):
        batch = pictures[LEARN].copy()
        fresh.lay(batch, LEARN, rng)
        batches.append(batch)
    return np.array(batches)


def power(picture):
    return 10 ** ((160 * picture.astype(float) - 80) / 10)


def test_faults_made_of_normal_sound_and_normal_sound_of_varying_level_are_replaced(fresh, rng):
    made, pictures = fresh(1.0)
    batches = augmented(made, pictures, rng, times=5)
    changed = (batches != pictures[LEARN]).any(axis=(2, 3))
    wanted = np.isin(np.arange(len(LEARN)), [*HISS, ECHO, NORMAL])
    assert changed.tolist() == [wanted.tolist()] * 5
    assert all(len({batch[k].tobytes() for batch in batches}) == 5 for k in (*HISS, ECHO, NORMAL)), "new in each epoch"


def test_the_share_of_replaced_examples_is_a_setting(fresh, rng):
    made, pictures = fresh(0.5)
    changed = (augmented(made, pictures, rng, times=60) != pictures[LEARN]).any(axis=(2, 3))
    assert (np.abs(changed[:, [*HISS, ECHO, NORMAL]].mean(axis=0) - 0.5) < 0.2).all()


def test_reflections_of_faults_fill_the_pauses_and_faint_ones_do_not(fresh, rng):
    """The level between syllables re that of the syllables: reflections of a fault raise it by 10 to 30 dB."""
    made, pictures = fresh(1.0)

    def gaps_db(picture):
        frames = 10 * np.log10(power(picture).sum(axis=0))
        return np.percentile(frames, 10) - np.percentile(frames, 90)

    dry = gaps_db(pictures[0])
    batches = augmented(made, pictures, rng, times=60)
    fault, faint = ([gaps_db(b[k]) - dry for b in batches] for k in (ECHO, NORMAL))
    assert np.median(fault) > np.median(faint) + 6
    assert min(faint) > -1
    for k in (ECHO, NORMAL):  # the loudness is preserved
        loudness_db = 10 * np.log10(np.array([power(b[k]).mean() for b in batches]) / power(pictures[0]).mean())
        assert np.abs(loudness_db).max() < 6


def test_reflections_have_the_number_and_strength_of_the_task(horus):
    drawn = response_energies(horus.front_end, horus.augmentation.model_dump_json())
    late = {name: energies[..., 2:].sum(axis=-1).mean(axis=-1) for name, energies in drawn.items()}
    assert {name: len(np.unique(x)) for name, x in late.items()} == {"fault": 200, "normal": 200}
    assert late["fault"].min() > 0.05 and np.median(late["fault"]) > 0.5
    assert late["normal"].max() < 0.2


def test_hiss_is_added_to_audible_training_programme(fresh, rng):
    """Added noise lowers no bin of the spectrogram. Rows 0, 1 and 12 are the only candidates."""
    made, pictures = fresh(1.0)
    under = set()
    for batch in augmented(made, pictures, rng, times=20):
        fits = [k for k in (0, 1, 2, 3, 12) if (batch[HISS[0]] >= pictures[k] - 0.01).all()]
        under.add(min(fits, key=lambda k: np.abs(batch[HISS[0]] - pictures[k]).mean()))
    assert under == {0, 1, 12}


def test_hiss_has_the_signal_to_noise_ratio_of_the_task(fresh, rng, horus):
    """The added mel power re that of the active programme, both over all bands."""
    made, pictures = fresh(1.0)
    frames = {k: np.sort(power(pictures[k]).sum(axis=0)) for k in (0, 1, 12)}
    active = {k: f[f > f[-7] / 100].mean() for k, f in frames.items()}
    ratios_db, brightest = [], []
    for batch in augmented(made, pictures, rng, times=150):
        k = min(frames, key=lambda k: np.abs(batch[HISS[0]] - pictures[k]).mean())
        added = np.maximum(power(batch[HISS[0]]) - power(pictures[k]), 0)
        ratios_db.append(10 * np.log10(active[k] / added.sum(axis=0).mean()))
        brightest.append(int(added.mean(axis=1).argmax()))
    low_db, high_db = horus.augmentation.hiss_snr_db
    inside = np.mean((np.array(ratios_db) > low_db - 3) & (np.array(ratios_db) < high_db + 3))
    assert inside > 0.9 and np.ptp(ratios_db) > 0.7 * (high_db - low_db)
    assert len(set(brightest)) > 20, "noise of many spectra"


def test_noises_of_all_kinds_have_the_same_level(horus):
    pictures = noise_pictures(horus.front_end).astype(float)
    assert len(pictures) == len(HISSES) * NOISES_PER_KIND
    assert len({p.tobytes() for p in pictures}) == len(pictures)
    white = segments_to_inputs([noise(np.random.default_rng(0), 5.0, level_dbfs=NOISE_DBFS)], horus.front_end)[
        0, ..., 0
    ]
    drawn = pictures[HISSES.index("white") :: len(HISSES)]
    assert 160 * np.abs(drawn.mean(axis=(1, 2)) - white.mean()).max() < 1

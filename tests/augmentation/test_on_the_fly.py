"""New hiss, echoes and rooms over stored programme: where they may be laid, over what, and how strong they are."""

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

ROWS = [  # label, of what, segment, kind
    *[("normal", "normal", f"s{k}", "original") for k in range(3)],  # the last too quiet to be given hiss
    ("normal", "normal", "s3", "original"),  # of a fold that is not learnt from
    *[("ruido_hiss", "normal", f"s{k}", "variation") for k in range(2)],
    ("ruido_hiss", "ruido_hiss", "s6", "original"),
    ("volume_baixo", "normal", "s1", "variation"),
    ("eco_reverb", "normal", "s0", "variation"),
    ("eco_reverb", "normal", "s3", "variation"),  # not learnt from
    ("eco_reverb", "eco_reverb", "s11", "variation"),
    ("eco_reverb", "eco_reverb", "s11", "original"),
    ("normal", "normal", "s0", "variation"),
]
LEARN = np.array([0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12])
HISS, ECHO, MOVING = LEARN.searchsorted([4, 5]), LEARN.searchsorted(8), LEARN.searchsorted(0)


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


def laid(fresh, pictures, rng, times=1):
    """Batches of all rows that are learnt from, after some were made anew."""
    batches = []
    for _ in range(times):
        batch = pictures[LEARN].copy()
        fresh.lay(batch, LEARN, rng)
        batches.append(batch)
    return np.array(batches)


def power(picture):
    return 10 ** ((160 * picture.astype(float) - 80) / 10)


def test_what_was_made_of_normal_sound_is_made_anew_and_normal_sound_that_moves(fresh, rng):
    made, pictures = fresh(1.0)
    batches = laid(made, pictures, rng, times=5)
    changed = (batches != pictures[LEARN]).any(axis=(2, 3))
    wanted = np.isin(np.arange(len(LEARN)), [*HISS, ECHO, MOVING])
    assert changed.tolist() == [wanted.tolist()] * 5
    assert all(len({batch[k].tobytes() for batch in batches}) == 5 for k in (*HISS, ECHO, MOVING)), "another each time"


def test_a_share_of_it_is_made_anew(fresh, rng):
    made, pictures = fresh(0.5)
    changed = (laid(made, pictures, rng, times=60) != pictures[LEARN]).any(axis=(2, 3))
    assert (np.abs(changed[:, [*HISS, ECHO, MOVING]].mean(axis=0) - 0.5) < 0.2).all()


def test_an_echo_fills_the_gaps_and_what_is_too_weak_to_be_one_does_not(fresh, rng):
    """The level between syllables, against that of the syllables: reflections of a fault are 10 to 30 dB more."""
    made, pictures = fresh(1.0)

    def gaps_db(picture):
        frames = 10 * np.log10(power(picture).sum(axis=0))
        return np.percentile(frames, 10) - np.percentile(frames, 90)

    dry = gaps_db(pictures[0])
    batches = laid(made, pictures, rng, times=60)
    fault, faint = ([gaps_db(b[k]) - dry for b in batches] for k in (ECHO, MOVING))
    assert np.median(fault) > np.median(faint) + 6
    assert min(faint) > -1
    for k in (ECHO, MOVING):  # as loud as what is learnt from
        loudness_db = 10 * np.log10(np.array([power(b[k]).mean() for b in batches]) / power(pictures[0]).mean())
        assert np.abs(loudness_db).max() < 6


def test_reflections_are_as_many_and_as_strong_as_the_task_says(horus):
    drawn = response_energies(horus.front_end, horus.augmentation.model_dump_json())
    late = {name: energies[..., 2:].sum(axis=-1).mean(axis=-1) for name, energies in drawn.items()}
    assert {name: len(np.unique(x)) for name, x in late.items()} == {"fault": 200, "normal": 200}
    assert late["fault"].min() > 0.05 and np.median(late["fault"]) > 0.5
    assert late["normal"].max() < 0.2


def test_hiss_lies_over_heard_programme_that_is_learnt_from(fresh, rng):
    """Noise only adds: where hiss was laid over a picture, no cell is darker. Rows 0, 1, 12 are all there are."""
    made, pictures = fresh(1.0)
    under = set()
    for batch in laid(made, pictures, rng, times=20):
        fits = [k for k in (0, 1, 2, 3, 12) if (batch[HISS[0]] >= pictures[k] - 0.01).all()]
        under.add(min(fits, key=lambda k: np.abs(batch[HISS[0]] - pictures[k]).mean()))
    assert under == {0, 1, 12}


def test_hiss_is_as_strong_as_the_task_says(fresh, rng, horus):
    """The mel power that was added against that of the programme while it is there, both over all bands."""
    made, pictures = fresh(1.0)
    frames = {k: np.sort(power(pictures[k]).sum(axis=0)) for k in (0, 1, 12)}
    active = {k: f[f > f[-7] / 100].mean() for k, f in frames.items()}
    ratios_db, brightest = [], []
    for batch in laid(made, pictures, rng, times=150):
        k = min(frames, key=lambda k: np.abs(batch[HISS[0]] - pictures[k]).mean())
        added = np.maximum(power(batch[HISS[0]]) - power(pictures[k]), 0)
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

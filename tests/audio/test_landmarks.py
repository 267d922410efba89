"""Landmarks of the same sound match at one lag, also under added sound; those of other sound do not."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from horuslib.audio import landmarks
from horuslib.audio.fingerprint import RATE_HZ
from horuslib.audio.landmarks import HOP
from tests.conftest import noise


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def sound(seed, seconds=12.0):
    return noise(np.random.default_rng(seed), seconds, RATE_HZ)


def candidates_of(cuts, owners, pool):
    marks = [landmarks.landmarks(cut) for cut in cuts]
    return landmarks.candidates(marks, [len(cut) // HOP + 1 for cut in cuts], owners, pool)


@pytest.mark.slow
def test_landmarks_are_sorted_pairs_within_the_piece():
    hashes, starts = landmarks.landmarks(sound(1))
    assert len(hashes) > 1000 and (np.diff(hashes.astype(int)) >= 0).all()
    assert starts.max() <= 12 * RATE_HZ / HOP


def test_landmarks_are_invariant_to_level():
    quiet, loud = landmarks.landmarks(0.01 * sound(1)), landmarks.landmarks(sound(1))
    assert len(np.intersect1d(quiet[0], loud[0])) > 0.98 * len(np.unique(loud[0]))


@pytest.mark.parametrize("cut", [np.zeros(4 * RATE_HZ, np.float32), np.zeros(300, np.float32)])
def test_silence_has_no_landmarks(cut):
    assert landmarks.landmarks(cut).shape == (2, 0)


def test_repeated_landmarks_are_dropped():
    click = np.zeros(12 * RATE_HZ, np.float32)
    click[:: 8 * HOP] = 1.0
    assert np.unique(landmarks.landmarks(click)[0], return_counts=True)[1].max(initial=0) <= 2


def test_the_lag_is_found_under_noise(pool, rng):
    x = sound(1)
    b = x[3 * RATE_HZ :] + noise(rng, 9.0, RATE_HZ, -20)
    found = candidates_of([sound(2), x, sound(3), b], [0, 1, 2, 3], pool).sort_values("evidence", ascending=False)
    best, *others = found.itertuples()
    assert (best.first, best.second) == (1, 3)
    assert best.lag * HOP == pytest.approx(-3 * RATE_HZ, abs=2 * HOP)
    assert all(best.evidence > 3 * other.evidence for other in others)


def test_unrelated_sound_has_chance_evidence_only(pool):
    found = candidates_of([sound(k) for k in range(12)], range(12), pool)
    assert len(found) > 0
    assert (found["evidence"] < landmarks.SURE_EVIDENCE / 2).all()


def test_pieces_of_one_recording_are_not_compared(pool):
    assert candidates_of([sound(1), sound(1), sound(1)], [0, 0, 1], pool)[["first", "second"]].to_numpy().tolist() == [
        [0, 2],
        [1, 2],
    ]


def test_blocks_and_threads_do_not_change_the_result(monkeypatch, pool):
    cuts = [sound(k % 5) + 0.5 * sound(20 + k) for k in range(12)]
    whole = candidates_of(cuts, range(12), pool)
    monkeypatch.setattr(landmarks, "_BLOCK", 5)
    monkeypatch.setattr(landmarks, "_QUERIES", 2)
    with ThreadPoolExecutor(1) as one:
        pd.testing.assert_frame_equal(candidates_of(cuts, range(12), one), whole)
    same = {(i, j) for i in range(12) for j in range(i + 1, 12) if (j - i) % 5 == 0}
    assert same <= set(zip(whole["first"], whole["second"], strict=True))


def test_only_the_best_candidates_are_kept(monkeypatch, pool):
    monkeypatch.setattr(landmarks, "MAX_CANDIDATES", 2)
    monkeypatch.setattr(landmarks, "MAX_SURE_CANDIDATES", 2)
    x = sound(1)
    mixed = [x + level * sound(9 + k) for k, level in enumerate((2.0, 0.1, 1.0, 0.3))]
    found = candidates_of([*mixed, x], range(5), pool)
    assert found.loc[found["second"] == 4, "first"].tolist() == [1, 3]


def test_nothing_to_compare(pool):
    assert list(candidates_of([], [], pool).columns) == ["first", "second", "lag", "evidence"]


@pytest.mark.parametrize("thin", [2, 4, 7, 28, 49, 98])
def test_thinned_landmarks_are_the_same_ones_everywhere(thin):
    x, y = sound(1), np.concatenate([sound(2, 3.0), sound(1)])
    every, some = landmarks.landmarks(x)[0], landmarks.landmarks(x, thin)[0]
    assert len(some) == pytest.approx(len(every) / thin, rel=0.25)
    elsewhere, some_elsewhere = landmarks.landmarks(y)[0], landmarks.landmarks(y, thin)[0]
    both = np.intersect1d(every, elsewhere)
    assert len(both) > 1000
    np.testing.assert_array_equal(np.intersect1d(both, some), np.intersect1d(both, some_elsewhere))


def test_small_corpora_are_not_thinned():
    assert [landmarks.thinning(pieces) for pieces in (1, 4000, 4001, 14400)] == [1, 1, 2, 4]

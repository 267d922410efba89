"""Randomness comes from the given generator only, and drawn transforms can be replayed."""

import json
import random

import numpy as np
import pytest
from audiomentations import Gain, PeakingFilter

from horuslib.augmentation.faults import AddHiss
from horuslib.augmentation.transforms import Fault, SeededTransform, check_range, draw, replay
from tests.conftest import noise

CLASSES = {c.__name__: c for c in (AddHiss, Gain, PeakingFilter)}


class Mute(Fault):
    """A fault whose interval is visible as zeros."""

    def draw_parameters(self, rng, samples, sample_rate):
        return {}

    def make(self, samples, sample_rate):
        return np.zeros_like(samples)


@pytest.mark.parametrize("transform", [AddHiss(), Gain(p=1.0), PeakingFilter(p=1.0)], ids=lambda t: type(t).__name__)
def test_replay_is_identical_after_a_json_round_trip(rng, transform):
    x = noise(rng)
    step = draw(transform, np.random.default_rng(3), x, 16000)
    again = draw(transform, np.random.default_rng(3), x, 16000)
    other = draw(transform, np.random.default_rng(4), x, 16000)
    assert step == again != other
    sounds = [replay(s, CLASSES, x, 16000) for s in (step, json.loads(json.dumps(step)), other)]
    assert np.array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])
    assert not np.array_equal(sounds[0], x)


@pytest.mark.parametrize("transform", [AddHiss(), Gain(p=1.0), PeakingFilter(p=1.0)], ids=lambda t: type(t).__name__)
def test_global_generators_are_unchanged(rng, transform):
    random.seed(5)
    np.random.seed(5)
    before = random.random(), np.random.random()
    random.seed(5)
    np.random.seed(5)
    replay(draw(transform, rng, noise(rng), 16000), CLASSES, noise(rng), 16000)
    assert (random.random(), np.random.random()) == before


def test_a_transform_alone_follows_its_seed(rng):
    x = noise(rng)
    first, second = AddHiss(seed=1), AddHiss(seed=1)
    assert np.array_equal(first(x, 16000), second(x, 16000))
    assert not np.array_equal(first(x, 16000), AddHiss(seed=1)(x, 16000)), "its generator advances"


def test_probability_zero_changes_nothing(rng):
    x = noise(rng)
    assert AddHiss(p=0.0)(x, 16000) is x


def test_a_partial_fault_changes_its_share_only(rng):
    x = np.full(16000, 0.5, np.float32)
    shares, starts = [], []
    for _ in range(200):
        fault = Mute(min_share=0.7, seed=rng)
        y = fault(x, 16000)
        inside = slice(*(round(16000 * fault.parameters[key]) for key in ("start_share", "end_share")))
        outside = np.delete(np.arange(16000), np.arange(16000)[inside])
        assert np.array_equal(y[outside], x[outside])
        assert np.mean(y == 0) >= 0.7 - 2 * 0.02
        shares.append((inside.stop - inside.start) / 16000)
        starts.append(inside.start > 0)
    partial = np.array(shares) < 1
    assert min(shares) >= 0.7
    assert 0.2 < np.mean(partial) < 0.4
    assert 0.3 < np.mean(np.array(starts)[partial]) < 0.7, "as many begin as end inside"


def test_a_whole_fault_covers_everything(rng):
    assert not any(Mute(seed=rng)(np.ones(1000, np.float32), 16000).any() for _ in range(20))


def test_invalid_ranges_are_rejected(rng):
    with pytest.raises(ValueError, match="The gain goes from 3 to -3; it must rise within -6 to 6"):
        check_range("The gain", 3, -3, -6, 6)
    with pytest.raises(ValueError, match=r"min_share is 0"):
        Mute(min_share=0)
    with pytest.raises(TypeError, match="abstract method draw_parameters"):
        SeededTransform()

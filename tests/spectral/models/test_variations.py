"""Variations keep what they claim to keep."""

from itertools import pairwise

import numpy as np
import pytest

from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.generator.examples import make_example
from horuslib.spectral.models.conditions import conditions
from horuslib.spectral.models.variations import (
    PARTS,
    absent,
    apart_moves,
    curves_apart,
    moved,
    pulled_apart,
    varied,
    with_dropped,
)
from horuslib.spectral.timing.targets import TARGETS


@pytest.fixture(scope="module")
def inputs():
    return make_example(np.random.default_rng(5), 5.0, 3)[0]


def test_moving_a_modality_moves_it_alone(inputs):
    later = moved(inputs, "audio", 7)
    assert np.array_equal(later["bands"][7:], inputs["bands"][:-7])
    assert np.array_equal(later["bands"][:7], inputs["bands"][[1, 2, 3, 2, 1, 0, 1][::-1]])
    assert np.array_equal(moved(inputs, "audio", -50)["bands"][-1:], inputs["bands"][[-3]])
    assert all(np.array_equal(later[name], inputs[name]) for name in inputs if name not in PARTS["audio"])


def test_modalities_pulled_apart_are_two_seconds_and_more_from_each_other(inputs):
    marked = dict(inputs)
    for name, series in inputs.items():
        if name != "present":
            spike = np.zeros_like(series)
            spike[len(series) // 2] = 1
            marked[name] = spike
    for seed in range(20):
        out = pulled_apart(marked, apart_moves(np.random.default_rng(seed)))
        places = sorted(int(out[name][:, 0].argmax()) for name in ("picture", "bands", "sensors") if out[name].any())
        assert all(b - a >= 18 for a, b in pairwise(places))


def test_what_is_absent_is_zero_and_says_so_and_one_always_stays(inputs):
    for i, modality in enumerate(MODALITIES):
        out = absent(inputs, modality)
        assert not any(out[name].any() for name in PARTS[modality]) and out["present"][i] == 0
        assert not any(varied(np.random.default_rng(0), out)[name].any() for name in PARTS[modality])
    for seed in range(20):
        out = inputs
        for _ in range(5):
            out = with_dropped(np.random.default_rng(seed), out, 1.0)
        assert out["present"].sum() == 1


def test_the_input_is_never_changed_in_place(inputs):
    before = {name: value.copy() for name, value in inputs.items()}
    varied(np.random.default_rng(0), pulled_apart(inputs, apart_moves(np.random.default_rng(1))))
    assert all(np.array_equal(before[name], inputs[name]) for name in inputs)


def test_conditions_leave_what_their_names_say(inputs):
    found = {name: change(inputs)["present"].tolist() for name, change in conditions().items()}
    assert found["all"] == [1, 1, 1] and found["without audio"] == [1, 0, 1] and found["sensors alone"] == [0, 0, 1]


def test_curves_are_pulled_apart_as_their_modalities_are():
    curves = np.zeros((50, len(TARGETS)), np.float32)
    curves[25] = 1
    out = curves_apart(curves, {"video": -20, "audio": 0, "sensors": 24})
    places = {kind: int(out[:, k].argmax()) for k, kind in enumerate(TARGETS)}
    assert (places["light"], places["sound"], places["field"]) == (5, 25, 49)

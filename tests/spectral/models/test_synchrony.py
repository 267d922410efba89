"""Pretraining by synchrony: what it trains, and from what."""

import numpy as np
import pytest

from horuslib.spectral.models.synchrony import learn_synchrony
from horuslib.spectral.models.timed import LOGITS, build_timed
from horuslib.spectral.timing.inputs import input_shapes


def coinciding(rng):
    """A rise of the field and a sound at the same instant, plain in their curves."""
    event = {name: np.zeros(shape, np.float32) for name, shape in input_shapes(5.0, 1).items()}
    at = int(rng.integers(15, 35))
    event["sensors"][at : at + 4, :3] = 3.0
    event["sound"][at : at + 4] = 2.0
    event["present"][:] = (0, 1, 1)
    return event


@pytest.mark.slow
def test_it_trains_the_curves_and_leaves_the_classes_alone(rng):
    model = build_timed(5.0, 1, 4)
    names = ("audio_conv0", "sensors_heads", "weigh", LOGITS)
    before = {name: model.get_layer(name).get_weights()[0].copy() for name in names}
    shares = learn_synchrony(model, [coinciding(rng) for _ in range(8)], 2, rng)
    assert len(shares) == 2 and all(0 <= share <= 1 for share in shares)
    same = {name: np.array_equal(before[name], model.get_layer(name).get_weights()[0]) for name in names}
    assert same == {"audio_conv0": False, "sensors_heads": False, "weigh": True, LOGITS: True}


def test_events_of_one_modality_teach_nothing(rng):
    event = coinciding(rng)
    event["present"][:] = (0, 1, 0)
    model = build_timed(5.0, 1, 4)
    before = model.get_weights()
    assert learn_synchrony(model, [event], 3, rng) == []
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))

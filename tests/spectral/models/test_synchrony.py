"""Events whose modalities change together are told from the same ones pulled apart, without any class."""

import numpy as np
import pytest

from horuslib.spectral.models.synchrony import learn_synchrony
from horuslib.spectral.models.timed import build_timed
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
def test_it_learns_what_coincides(rng):
    import keras

    keras.utils.set_random_seed(1)
    model = build_timed(5.0, 1, 4)
    for modality in ("audio", "sensors"):  # generated events would have taught the curves to answer
        kernel, bias = model.get_layer(f"{modality}_heads").get_weights()
        model.get_layer(f"{modality}_heads").set_weights([kernel, np.zeros_like(bias)])
    shares = learn_synchrony(model, [coinciding(rng) for _ in range(64)], 10, rng, learning_rate=5e-3)
    assert len(shares) == 10 and shares[0] < 0.7 and max(shares[-3:]) > 0.8


def test_events_of_one_modality_teach_nothing(rng):
    event = coinciding(rng)
    event["present"][:] = (0, 1, 0)
    model = build_timed(5.0, 1, 4)
    before = model.get_weights()
    assert learn_synchrony(model, [event], 3, rng) == []
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))

"""The package's own preprocess.py gives the model's input of training, also where clips are repeated to one level."""

import numpy as np
import pytest

from horuslib.audio.features import segment_to_input
from horuslib.export.bundle import _render
from horuslib.tasks import load_task


@pytest.mark.slow
@pytest.mark.parametrize("name", ["horus", "sirens", "sirens_small"])
@pytest.mark.parametrize("seconds", [12.0, 3.0, 0.3, 0.03])
def test_it_is_the_input_of_training(rng, name, seconds):
    task = load_task(name)
    module: dict = {}
    exec(_render("preprocess.py.j2", task).decode(), module)
    rate = task.front_end.sample_rate_hz
    x = np.concatenate([np.zeros(rate // 3), 0.03 * rng.standard_normal(round(seconds * rate))]).astype(np.float32)
    given = module["audio_segment_to_input"](x)[0]
    assert given.shape == task.front_end.input_shape
    np.testing.assert_allclose(given, segment_to_input(x, task.front_end), atol=1e-5)

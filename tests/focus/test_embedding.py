"""The embedding is the same for the same input, whatever else is asked for, and knows no label."""

import numpy as np
import pytest

from horuslib.focus.embedding import embed


@pytest.mark.slow
def test_a_row_is_embedded_alike_alone_and_among_others(focused, rng):
    task, _ = focused
    features = rng.uniform(0.2, 0.6, (5, *task.front_end.input_shape[:2])).astype(np.float16)
    together = embed(features, np.arange(5), task)
    assert together.shape[0] == 5 and np.isfinite(together).all()
    alone = embed(features, np.array([3]), task)
    assert alone.shape == (1, together.shape[1])
    assert embed(features, np.array([], int), task).shape == (0, together.shape[1])

"""Examples of the starting weights for street sound: reproducible, resumable, and a network learns them."""

import numpy as np
import pytest

from horuslib.pretraining import street
from horuslib.tasks import load_task

FRONT_END = load_task("sirens_small").front_end


def test_an_example_is_reproducible_and_of_the_models_shape():
    first, again, other = (street.example(n, 0, FRONT_END) for n in (8, 8, 8 + len(street.NAMES)))
    assert first.shape == FRONT_END.input_shape
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_a_cut_off_run_goes_on_with_the_next_block(tmp_path, monkeypatch):
    monkeypatch.setattr(street, "BLOCK", 2)
    np.save(tmp_path / "000000_000002.npy", np.ones((2, *FRONT_END.input_shape[:2]), np.float16))
    made = street.make_examples(tmp_path, 3, 0, FRONT_END, workers=1)
    assert made.shape == (3, *FRONT_END.input_shape[:2])
    assert (made[:2] == 1).all() and not (made[2] == 1).all()


@pytest.mark.slow
def test_the_shipped_weights_fit_the_task():
    from horuslib.training.weights import SHIPPED, start_backbone

    assert SHIPPED["street"].is_file() and SHIPPED["street"].stat().st_size < 2e6
    backbone = start_backbone(load_task("sirens_small"))
    assert backbone.input_shape[1:] == FRONT_END.input_shape

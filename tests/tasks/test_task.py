"""The tasks that ship say what the documents ask, and a task with a mistake stops with the key's name."""

import subprocess
import sys
from copy import deepcopy

import pytest
import yaml

from horuslib.core.errors import UserError
from horuslib.tasks import load_task
from horuslib.tasks.sections import KnownGood
from horuslib.tasks.task import HERE


@pytest.fixture(scope="module")
def content():
    return yaml.safe_load((HERE / "horus.yaml").read_text("utf-8"))


@pytest.fixture
def load_changed(content, tmp_path):
    """Load a task, horus unless another is named, after one change: a dotted key and its new value."""

    def load(key, value, task=""):
        changed = yaml.safe_load((HERE / f"{task}.yaml").read_text("utf-8")) if task else deepcopy(content)
        *sections, last = key.split(".")
        part = changed
        for section in sections:
            part = part[section]
        part[last] = value
        path = tmp_path / "changed.yaml"
        path.write_text(yaml.safe_dump(changed), "utf-8")
        return load_task(path)

    return load


def test_horus_has_the_six_conditions_in_order(horus):
    assert horus.labels == ["ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste", "normal"]
    assert horus.faults == horus.labels[:-1]


def test_heimdall_has_seed_fives_five_conditions_in_order(heimdall):
    assert heimdall.labels == ["ausencia_audio", "eco_reverb", "ruido_hiss", "sinal_teste", "normal"]
    assert heimdall.resolve("volume_baixo") == "volume_baixo"
    assert heimdall.ignore == ["volume_baixo"]


@pytest.mark.parametrize(
    ("name", "rate_hz", "segment_s", "hop_s", "samples"),
    [("horus", 16000, 5.0, 2.5, 80000), ("heimdall", 22050, 3.0, 1.0, 66150)],
)
def test_front_ends_are_those_of_the_seeds(name, rate_hz, segment_s, hop_s, samples):
    front_end = load_task(name).front_end
    assert (front_end.sample_rate_hz, front_end.segment_s, front_end.hop_s) == (rate_hz, segment_s, hop_s)
    assert (front_end.n_mels, front_end.n_fft, front_end.hop_length, front_end.fmax_hz) == (128, 2048, 512, 8000)
    assert (front_end.min_db, front_end.max_db, front_end.top_db) == (-80, 80, 80)
    assert front_end.input_shape == (128, 128, 1)
    assert front_end.segment_samples == samples
    assert front_end.hop_samples == round(hop_s * rate_hz)


def test_the_front_end_of_older_installations_makes_160x160_in_three_channels():
    task = load_task("horus_minmax160")
    front_end = task.front_end
    assert (front_end.sample_rate_hz, front_end.segment_s, front_end.input_shape) == (16000, 3.0, (160, 160, 3))
    # What it cannot hear it is not asked.
    assert not front_end.hears_level and "volume_baixo" not in task.labels


def test_heimdalls_decision_is_seed_five_to_the_letter(heimdall):
    decision, rules = heimdall.decision, heimdall.decision.labels
    assert (decision.silence.rms_below, decision.silence.peak_below, decision.silence.confidence) == (0.008, 0.15, 0.99)
    assert {label: rule.threshold for label, rule in rules.items()} == {
        "eco_reverb": 0.85,
        "ruido_hiss": 0.68,
        "ausencia_audio": 0.75,
        "sinal_teste": 0.68,
    }
    echo, hiss = rules["eco_reverb"], rules["ruido_hiss"]
    assert (echo.margin_over_normal, echo.margin_over_second) == (0.20, 0.15)
    assert (echo.boost_per_rms, echo.boost_above_rms) == (3.0, 0.02)
    assert (hiss.boost_per_rms, hiss.boost_above_rms) == (2.0, 0.015)
    assert (echo.single_segment.min_confidence, echo.single_segment.min_rms) == (0.85, 0.03)
    assert (hiss.single_segment.min_confidence, hiss.single_segment.min_rms) == (0.82, 0.025)
    assert {label: rule.min_segments for label, rule in rules.items()} == {
        "eco_reverb": 1,
        "ruido_hiss": 1,
        "ausencia_audio": 2,
        "sinal_teste": 2,
    }
    assert rules["ausencia_audio"].or_rms_at_most == 0.006
    assert decision.gap_tolerance_segments == 1


def test_training_follows_seed_one(horus):
    training = horus.training
    assert [p.layers for p in training.phases] == ["head", "all"]
    assert training.phases[0].learning_rate > training.phases[1].learning_rate
    assert sum(p.epochs for p in training.phases) <= 40
    assert training.patience == 5
    assert 8 <= training.batch_size <= 32
    assert horus.splits.folds == 4


def test_empty_is_not_quiet(horus):
    # Programme 14 dB under -23 LUFS and more must reach the model: the silence floor lies at about -60 dBFS.
    assert horus.decision.silence.rms_below == pytest.approx(10 ** (-60 / 20))


@pytest.mark.parametrize("label", ["volume_baixo", "eco_reverb"])
def test_false_positives_weigh_most_where_seed_one_says(horus, label):
    assert horus.decision.labels[label].strict
    assert sum(rule.strict for rule in horus.decision.labels.values()) == 2


@pytest.mark.parametrize("task", ["horus", "heimdall"])
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("eco", "eco_reverb"),
        ("echo", "eco_reverb"),
        ("reverb", "eco_reverb"),
        ("hiss", "ruido_hiss"),
        ("ruido", "ruido_hiss"),
        ("ruido_chiado", "ruido_hiss"),
        ("chiado", "ruido_hiss"),
        ("sinal_erro", "sinal_teste"),
        ("sinalerro", "sinal_teste"),
        ("sinal_1khz", "sinal_teste"),
        ("sinal_test", "sinal_teste"),
        ("mudo", "ausencia_audio"),
        ("silencio", "ausencia_audio"),
        ("  ECO-Reverb ", "eco_reverb"),
        ("Sinal 1kHz", "sinal_teste"),
        ("NORMAL", "normal"),
        ("sirene", None),
        ("", None),
    ],
)
def test_old_and_sloppy_names_resolve(task, name, label):
    assert load_task(task).resolve(name) == label


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "red"),
        ("front_end.sample_rate", 16000),
        ("training.learning_rate", 0.1),
        ("decision.labels", {"eco_reverb": {"treshold": 0.5}}),
    ],
)
def test_an_unknown_key_stops_with_its_name(load_changed, key, value):
    with pytest.raises(UserError, match=key.split(".")[-1] if key != "decision.labels" else "treshold") as error:
        load_changed(key, value)
    assert "not permitted" in str(error.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("front_end.sample_rate_hz", "16000"),
        ("front_end.hop_s", -1.0),
        ("front_end.kind", "minmax"),
        ("splits.folds", 2.5),
        ("splits.folds", 1),
        ("ingest.min_label_share", 0.4),
        ("decision.default_threshold", 1.2),
        ("training.balance", "sometimes"),
        ("seed", "zero"),
        ("labels", "normal"),
        ("augmentation.rt60_s", [1.0]),
        ("augmentation.rt60_s", [3.0, 0.7]),
    ],
)
def test_a_wrong_value_stops_with_the_keys_name(load_changed, key, value):
    with pytest.raises(UserError, match=key.replace(".", r"\.")):
        load_changed(key, value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("labels", ["eco_reverb", "eco_reverb", "normal"], "labels: a label is listed twice"),
        ("labels", ["eco_reverb", "ruido_hiss"], "labels: 'normal' is missing"),
        ("labels", ["Eco Reverb", "normal"], "labels"),
        ("aliases", {"eco": "ecco_reverb"}, "aliases: 'ecco_reverb' is not one of the labels"),
        ("aliases", {"Eco": "eco_reverb"}, "aliases"),
        ("decision.labels", {"ecco": {}}, "decision.labels: 'ecco' is not one of the labels"),
        ("decision.measures", ["echo", "quiet"], r"eco_reverb\.requires_any: \['room'\] must also be in"),
        ("name", "../elsewhere", "name"),
        ("front_end.kind", "minmax160", "front_end: .*image_size is 128: pictures of kind minmax160 are 160x160"),
    ],
)
def test_inconsistent_names_stop_with_a_sentence(load_changed, key, value, message):
    with pytest.raises(UserError, match=message):
        load_changed(key, value)


@pytest.mark.parametrize(("given", "kept"), [(-23, "-23.0"), (-31.5, "-31.5"), ("auto", '"auto"')])
def test_the_target_loudness_is_a_number_or_auto(load_changed, given, kept):
    decision = load_changed("decision.target_lufs", given).decision
    assert decision.target_lufs == given and decision.estimates_target == (given == "auto")
    assert decision.model_dump_json(include={"target_lufs"}) == f'{{"target_lufs":{kept}}}'


@pytest.mark.parametrize("value", ["Auto", "-23", "loud", True, None, [-23], float("nan"), float("-inf")])
def test_any_other_target_loudness_is_refused_by_name(load_changed, value):
    message = r"decision\.target_lufs: .*is neither a number \(LUFS\) nor the word auto$"
    with pytest.raises(UserError, match=message):
        load_changed("decision.target_lufs", value)


def test_the_loudness_of_normal_sound_needs_a_class_for_it(load_changed):
    with pytest.raises(UserError, match=r"decision\.target_lufs: auto takes the loudness of normal sound"):
        load_changed("decision.target_lufs", "auto", "sirens")


def test_a_target_that_was_not_estimated_is_no_number(horus, load_changed):
    assert horus.decision.channel_lufs == -23
    with pytest.raises(UserError, match=r"target_lufs is auto, and the channel's level was not estimated"):
        _ = load_changed("decision.target_lufs", "auto").decision.channel_lufs


def test_a_task_is_found_by_name_or_by_path(horus):
    assert load_task(HERE / "horus.yaml") == horus
    assert load_task(str(HERE / "horus.yaml")) == horus


def test_an_unknown_task_is_told_which_ones_ship():
    with pytest.raises(UserError, match=r"no task 'hours'.*heimdall, horus, horus_minmax160"):
        load_task("hours")


@pytest.mark.parametrize("text", ["labels: [a, b", "", "- a\n- b\n"])
def test_a_file_that_is_no_task_is_a_sentence(tmp_path, text):
    path = tmp_path / "broken.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"broken\.yaml"):
        load_task(path)


def test_a_task_cannot_be_changed_in_passing(horus):
    with pytest.raises(ValueError, match="frozen"):
        horus.seed = 3


def test_importing_the_tasks_is_no_read_of_one():
    """Defaults that the import builds would else stand in every step's provenance as if the step had read them."""
    code = "from horuslib.core import recorder; import horuslib.tasks; print(recorder.reads().fields)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "{}\n"


def test_what_is_learnt_of_known_good_programme_stands_in_the_task_file(horus, content, tmp_path):
    """There to be changed; without it the same numbers hold, so that it makes no step due."""
    without = deepcopy(content)
    assert set(without["training"].pop("known_good")) == set(KnownGood.model_fields)
    (tmp_path / "without.yaml").write_text(yaml.safe_dump(without))
    assert load_task(tmp_path / "without.yaml") == horus


def test_stages_that_yamnet_has_not_are_refused(load_changed):
    with pytest.raises(UserError, match=r"pooling: every_stage is for a backbone of feature maps; with yamnet use"):
        load_changed("training.pooling", "every_stage", "sirens")


def test_a_window_longer_than_its_transform_is_refused(load_changed):
    with pytest.raises(UserError, match=r"window_length is 4096: at most n_fft, 2048"):
        load_changed("front_end.window_length", 4096)

"""The settings that ship are the plan's; what they name must exist."""

import shutil

import pytest
import yaml

from horuslib.core.errors import UserError
from horuslib.focus.settings import HERE, OUT, check_class, default_class, load_settings
from horuslib.tasks import load_task

TASK = load_task("sirens")


def test_the_plans_numbers_ship():
    found = load_settings(TASK)
    how = found.training
    assert (how.learning_rate, how.weight_decay, how.warmup_steps, how.dropout) == (3e-5, 0.01, 50, 0.1)
    assert len(found.curriculum) == 4 and found.curriculum[-1].learning_rate == 1e-5
    assert (found.audit.least_confidence, found.audit.most_of_filed) == (0.60, 0.05)
    assert not found.policy.enabled


@pytest.mark.parametrize(("tag", "filed", "becomes"), [
    ("true_siren", "alert_sounds", "emergency_sirens"),
    ("true_siren", "environmental_sounds", "emergency_sirens"),
    ("true_siren", "collision_sounds", "emergency_sirens"),
    ("true_siren", "emergency_sirens", None),
    ("non_siren_alert", "emergency_sirens", "alert_sounds"),
    ("collision_artifact", "emergency_sirens", "collision_sounds"),
    ("ambiguous", "emergency_sirens", OUT),
    ("ambient", "road_traffic", None),
])  # fmt: skip
def test_the_plans_rules_ship(tag, filed, becomes):
    assert load_settings(TASK).outcome(tag, filed, TASK) == becomes


def test_another_task_has_a_tag_per_label():
    horus = load_task("horus")
    found = load_settings(horus)
    assert found.tag_names(horus) == [*horus.labels, "ambiguous"]
    assert found.outcome("ruido_hiss", "normal", horus) == "ruido_hiss"


def test_a_variant_of_a_task_has_its_settings():
    small = load_task("sirens_small")
    assert load_settings(small) == load_settings(TASK) != load_settings(load_task("horus"))


def test_a_rule_of_an_unknown_label_is_a_sentence(tmp_path):
    shutil.copy(HERE / "default.yaml", tmp_path)
    content = {"rules": [{"tag": "ambiguous", "becomes": "sirene"}]}
    (tmp_path / "sirens.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(UserError, match=r"names 'sirene', which is no label and no tag"):
        load_settings(TASK, tmp_path)
    (tmp_path / "sirens.yaml").write_text("gate: {focus: 1}", "utf-8")
    with pytest.raises(UserError, match=r"gate\.focus"):
        load_settings(TASK, tmp_path)


@pytest.mark.parametrize("focus", [32, 40])
def test_a_batch_has_places_for_the_other_classes(tmp_path, focus):
    shutil.copy(HERE / "default.yaml", tmp_path)
    (tmp_path / "sirens.yaml").write_text(f"batch: {{size: 32, focus: {focus}}}", "utf-8")
    with pytest.raises(UserError, match=f"batch: .*focus is {focus} of size 32: the other classes need places"):
        load_settings(TASK, tmp_path)


def test_the_class_in_focus():
    assert default_class(TASK) == "emergency_sirens"
    assert check_class("Siren", TASK) == "emergency_sirens"
    with pytest.raises(UserError, match=r"CLASS='sirene' is no label of task sirens: choose one of emergency_sirens"):
        check_class("sirene", TASK)

"""Sentences on events count what the tables hold, and escape what they quote."""

import numpy as np
import pandas as pd
import pytest

from horuslib.review.sentences import events as sentences
from horuslib.spectral.timing.targets import TARGETS
from horuslib.tasks import load_events_task


@pytest.fixture(scope="module")
def task():
    return load_events_task("spectral")


@pytest.fixture
def events(task):
    ambient, form = task.roles["ambient"], task.roles["form"]
    return pd.DataFrame({
        "label": [ambient, form, form, None], "humanoid_any": [0.0, 1.0, 0.0, 1.0], "has_video": [True] * 3 + [False],
        "has_audio": True, "has_sensors": True, "film": list("aabc"), "sound": list("abcd"),
        "clock": ["wall", "wall", "first row", ""], "clock_uncertainty_s": [0.05, 0.05, 0.35, np.nan],
        "magnetic_mean": [48.0, 20.0, 900.0, np.nan],
    })  # fmt: skip


def test_what_was_read_is_counted(events, task):
    found = sentences.events_read(events, task)
    assert (
        found.startswith("4 events: `Ruído_Ambiente` 1,")
        and "`Forma_Humanoide_Potencial` 2; 1 without a class" in found
    )
    assert "1 event without video, 0 events without audio" in found
    report = pd.DataFrame({"severity": ["error", "note", "note"]})
    assert sentences.issues_found(report).startswith("1 error, 0 warnings, 2 notes.")
    found = sentences.groups_found(events, ["9 of 9 events share one *film*"])
    assert found.startswith("3 films and 4 sounds in 4 events.") and "*film*" not in found


def test_clocks_fields_and_flags_are_counted_and_what_is_missing_is_said(events, task):
    assert "2 by wall, 1 by first row; the least sure one to 0.35 s" in sentences.clocks_found(events)
    assert "in 2 of 3 events; the median is 48.0 µT" in sentences.fields_found(events)
    assert "in 67% of 3 events" in sentences.flags_right(events, task)
    nothing = events.assign(clock="", magnetic_mean=np.nan, humanoid_any=np.nan)
    assert sentences.clocks_found(nothing) == "No event has sensors."
    assert sentences.fields_found(nothing) == "No event has a magnetic field."
    assert sentences.flags_right(nothing, task).startswith("No log has the flag")


def test_curves_are_counted_by_kind(task):
    curves = np.zeros((3, 50, len(TARGETS)))
    curves[:2, 20, 0], curves[1, 30, 2] = 0.9, 0.4
    assert "field 2, electronic 0, sound 0" in sentences.generated_described(curves, np.array([0, 2, 2]), task)
    assert "`Anomalia_Correlacionada` 2" in sentences.generated_described(curves, np.array([0, 2, 2]), task)
    curves[2] = np.nan
    assert sentences.onsets_summary(curves).startswith("Of 2 events: field in 2, electronic in 0, sound in 1,")


def test_results_are_told_with_their_intervals():
    score = {"events": 40, "accuracy": 0.75, "accuracy_interval": [0.6, 0.86], "macro_f1": 0.7, "ece": 0.1234}
    found = sentences.scores_summary(score)
    assert found == "Accuracy 0.75 (95 % interval 0.60 to 0.86), macro-F1 0.70 over 40 events; calibration error 0.123."
    assert sentences.networks_compared({"one": score, "a*b": score}) == "Macro-F1: one 0.70, a&#42;b 0.70."
    table = pd.DataFrame({"confidence": [0.0, 0.45, 0.9], "answered": [1.0, 0.8, 0.1], "accuracy": [0.7, 0.9, 1.0]})
    found = sentences.abstention_summary(table, 0.45)
    assert "80% of the events are answered, 90% of them right; without it 70% are right" in found
    found = sentences.abstention_summary(table.assign(answered=[1.0, 0.0, 0.0], accuracy=[0.7, np.nan, np.nan]), 0.45)
    assert "0% of the events are answered, without it 70% are right" in found
    assert "in 0.30 s (median of 3 here)" in sentences.package_summary(12.0, [0.2, 0.3, 4.0], 3, 3)


def test_uses_name_the_best_modality_and_the_worst_loss():
    conditions = ["all", "without video", "without audio", "without sensors", "video alone", "audio alone",
                  "sensors alone", "2 s apart", "2.5 s apart"]  # fmt: skip
    uses = pd.DataFrame({
        "condition": conditions, "macro_f1": [0.9, 0.5, 0.6, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0],
        "ambient": [0.1] * 7 + [0.7, 0.8], "macro_f1_answered": 0.65, "answered": 0.5,
    })  # fmt: skip
    found = sentences.uses_summary(uses)
    assert "With everything macro-F1 is 0.90; the best single modality, video, reaches 0.30" in found
    assert "leaves 0.40 (without sensors); 50% of the events are answered then, with 0.65 among them." in found
    assert "70% become ambient when the modalities are 2 s apart, 80%" in found
    assert "flags" not in found


@pytest.mark.parametrize(
    ("shuffled", "told"),
    [(0.9, "at most 0.05 being allowed"), (0.8, "more than the 0.05 allowed: the network needs the flag")],
)
def test_a_network_that_needs_the_flag_fails(shuffled, told):
    conditions = ["all", "without video", "without audio", "without sensors", "video alone", "audio alone",
                  "sensors alone", "2 s apart", "flags removed", "flags shuffled"]  # fmt: skip
    uses = pd.DataFrame({
        "condition": conditions, "macro_f1": [0.9] + 7 * [0.5] + [0.88, shuffled], "ambient": 0.5,
        "macro_f1_answered": 0.5, "answered": 0.5,
    })  # fmt: skip
    found = sentences.uses_summary(uses)
    assert f"With the flags removed macro-F1 falls by 0.02, shuffled by {0.9 - shuffled:.2f}" in found and told in found


def test_pretraining_without_classes_is_told():
    assert "7 events without a class" in sentences.synchrony_summary(7, [0.5, 0.625])
    assert "in 62% of the cases in the last of 2 epochs" in sentences.synchrony_summary(7, [0.5, 0.625])
    assert "none was pretrained on" in sentences.synchrony_summary(0, [])


def test_labels_notes_clocks_and_networks_are_escaped(events, task, shows, hostile):
    def renamed(text):
        labels = [text if label == task.roles["form"] else label for label in task.labels]
        roles = {**task.roles, "form": text}
        return task.model_copy(update={"labels": labels, "roles": roles})

    shows(lambda text: sentences.events_read(events, renamed(text)), hostile)
    shows(lambda text: sentences.flags_right(events, renamed(text)), hostile)
    curves, labels = np.zeros((2, 4, len(TARGETS))), np.zeros(2, int)
    shows(lambda text: sentences.generated_described(curves, labels, renamed(text)), hostile)
    shows(lambda text: sentences.groups_found(events, [f"a{text}"]), hostile)
    shows(lambda text: sentences.clocks_found(events.assign(clock=f"a{text}")), hostile)
    shows(lambda text: sentences.networks_compared({f"a{text}": {"macro_f1": 0.5}}), hostile)

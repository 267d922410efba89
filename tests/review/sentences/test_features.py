import numpy as np
import pandas as pd
import pytest

from horuslib.review.sentences import features
from horuslib.tasks import load_task

INDEX = pd.DataFrame(
    [
        ("1", "normal", "original", 0.001, 0, 0.1),
        ("2", "normal", "original", 0.1, 1, 0.2),
        ("3", "eco_reverb", "original", 0.2, 2, 0.9),
        ("2", "eco_reverb", "variation", 0.1, 3, 0.0),
    ],
    columns=["segment_id", "label", "kind", "rms", "row", "echo"],
).assign(room=0.0, quiet=0.0, noise=0.0)
INPUTS = np.arange(4, dtype=np.float16)[:, None, None] * np.ones((1, 2, 3), np.float16) / 10


def test_originals_and_variations_are_counted():
    assert features.examples_listed(INDEX) == "To compute: 3 labelled segments and 1 variation of them."
    assert features.examples_listed(INDEX[:1]) == "To compute: 1 labelled segment and 0 variations of them."
    assert features.examples_listed(INDEX[:0]) == "To compute: 0 labelled segments and 0 variations of them."


def test_the_shape_of_the_inputs_and_their_size(horus):
    samples = horus.front_end.segment_samples
    stored = np.zeros((100, 128, 128), np.float16)
    assert features.inputs_stored(stored, horus) == (
        "100 inputs of 128 mel bands by 128 frames take 3 MB; "
        f"the waveforms would take {100 * 4 * samples / 1e6:.0f} MB."
    )
    assert features.inputs_stored(stored[:1], horus).startswith("1 input of 128 mel bands by 128 frames takes 0 MB")


def test_measures_are_of_originals_alone(horus):
    table = features.measures_by_class(INDEX, horus)
    assert list(table.index) == [x for x in horus.labels if x in ("eco_reverb", "normal")]
    assert table.loc["normal", ("echo", "median")] == pytest.approx(0.15)
    assert table.loc["eco_reverb", ("echo", "max")] == 0.9
    assert features.highest_measures(INDEX, horus).startswith("`echo` is highest in `eco_reverb`; ")


def test_a_task_without_measures_is_named(shows, hostile):
    bare = load_task("horus")
    bare = bare.model_copy(update={"decision": bare.decision.model_copy(update={"measures": []})})
    assert features.measures_by_class(INDEX, bare) is None
    assert features.highest_measures(INDEX, bare) == "The task `horus` uses no waveform measure."
    shows(lambda text: features.highest_measures(INDEX, bare.model_copy(update={"name": text})), hostile)


def test_a_label_is_escaped_in_measures(horus, shows, hostile):
    shows(lambda text: features.highest_measures(INDEX[2:3].assign(label=text), horus), hostile)


def test_one_input_of_each_class_is_its_first_original(horus):
    shown = features.one_per_class(INDEX, INPUTS, horus)
    assert {label: float(x[0, 0]) for label, x in shown.items()} == pytest.approx(
        {"eco_reverb": 0.2, "normal": 0}, abs=1e-3
    )
    assert features.one_per_class(INDEX[:0], INPUTS, horus) == {}


def test_the_brightest_and_the_darkest_input_are_given_in_decibels(horus, shows, hostile):
    front = horus.front_end
    of = {"normal": np.zeros((2, 3)), "eco_reverb": np.ones((2, 3))}
    found = features.brightest_and_darkest(of, front)
    assert found.alt == (
        f"Of these examples eco_reverb is the brightest (mean {front.max_db:.0f} dB) and normal the darkest "
        f"({front.min_db:.0f} dB)."
    )
    assert "`eco_reverb` is the brightest" in found.markdown
    assert features.brightest_and_darkest({}, front).alt == "There is no original segment."
    for extreme in (np.full((2, 3), 2.0), np.full((2, 3), -2.0)):  # brighter, then darker, than all others
        shows(lambda text, x=extreme: features.brightest_and_darkest(of | {text: x}, front).markdown, hostile)


def test_the_example_of_level_is_normal_and_audible_or_else_the_loudest(horus):
    assert features.example_of_level(INDEX, "normal") == "2"
    assert features.example_of_level(INDEX, None) == "3"
    assert features.example_of_level(INDEX[:1], "normal") == "1"


def test_attenuation_is_given_as_the_input_shows_it(horus):
    front = horus.front_end
    step = 20 / (front.max_db - front.min_db)
    full = np.full((2, 3), 0.5)
    kept = features.level_lost(full, full - step, -20, front)
    assert (
        kept.markdown
        == kept.alt
        == (
            "Attenuating the sound by 20 dB lowers the model input by 20.0 dB (median over its cells). "
            "The model input keeps the absolute level."
        )
    )
    assert "by 5.0 dB" in (part := features.level_lost(full, full - step / 4, -20, front).alt)
    assert part.endswith("Part of the attenuation is lost at the floor of the scale.")


def test_a_front_end_that_normalises_does_not_keep_level():
    front = load_task("horus_minmax160").front_end
    same = np.zeros((2, 3))
    assert features.level_lost(same, same, -20, front).alt.endswith("so the model does not see absolute level.")

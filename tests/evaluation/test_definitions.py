"""Verdicts of a model that is sure, and what the definitions of the classes leave of them."""

import numpy as np
import pytest

from horuslib.acoustics.signals import lasting_dbfs, muted_s
from horuslib.evaluation.definitions import CERTAIN, MEASUREMENTS, apply_definitions
from horuslib.synthesis.music import music
from horuslib.tasks import load_task

HORUS = load_task("horus")


def columns(labels, **measurements):
    """Verdicts of probability 0.9 on segments of 5 s every 2.5 s, in which nothing was measured but what is given."""
    n = len(labels)
    p = {f"p_{name}": np.where(np.array(labels) == name, 0.9, 0.02) for name in HORUS.labels}
    verdicts = {"label": np.array(labels, object), "confidence": np.full(n, 0.9), "silent": np.zeros(n, bool), **p}
    times = {"start_s": 2.5 * np.arange(n), "end_s": 2.5 * np.arange(n) + 5.0}
    return verdicts | times | {name: np.array(measurements.get(name, [np.nan] * n), float) for name in MEASUREMENTS}


def applied(labels, louder_db=0.0, thresholds=None, **measurements):
    given = columns(labels, **measurements)
    apply_definitions(given, HORUS, thresholds or {}, louder_db)
    return given


def found(labels, *args, **measurements):
    return applied(labels, *args, **measurements)["label"].tolist()


@pytest.mark.parametrize(("lasts_s", "label"), [(4.9, "normal"), (5.1, "sinal_teste")])
def test_a_test_tone_lasts_five_seconds_at_least(lasts_s, label):
    from_s, to_s = [2.0, 2.5], [5.0, 2.0 + lasts_s]  # the tone begins in the first segment and ends in the second
    assert found(["sinal_teste"] * 2, tone_from_s=from_s, tone_to_s=to_s) == [label] * 2


def test_a_tone_from_end_to_end_of_a_shorter_sound_is_a_test_tone():
    given = columns(["sinal_teste"], tone_from_s=[0.0], tone_to_s=[4.0]) | {"end_s": np.array([4.0])}
    apply_definitions(given, HORUS, {})
    assert given["label"].tolist() == ["sinal_teste"]


def test_what_was_not_measured_is_the_models_word():
    assert found(["sinal_teste", "volume_baixo", "eco_reverb"]) == ["sinal_teste", "volume_baixo", "eco_reverb"]


def test_bleeps_one_after_the_other_are_no_test_tone():
    assert found(["sinal_teste"] * 3, tone_from_s=[0, 4, 8], tone_to_s=[3, 7, 9.9]) == ["normal"] * 3


def test_a_tone_that_fills_a_segment_is_a_test_tone_whatever_the_model_says():
    verdicts = applied(["normal"] * 2, tone_from_s=[0, 2.5], tone_to_s=[5, 7.5])
    assert verdicts["label"].tolist() == ["sinal_teste"] * 2
    assert verdicts["confidence"].tolist() == verdicts["p_sinal_teste"].tolist() == [CERTAIN] * 2
    assert found(["normal"] * 2, 0.0, {"sinal_teste": 1.0}, tone_from_s=[0, 2.5], tone_to_s=[5, 7.5]) == ["normal"] * 2


@pytest.mark.parametrize(("louder_db", "label"), [(0.0, "volume_baixo"), (3.0, "normal")])
def test_low_volume_is_bounded_by_the_loudness_of_the_programme(louder_db, label):
    assert found(["volume_baixo"] * 2, louder_db, lufs=[-37.0, -38.0]) == [label] * 2


def test_low_volume_is_decided_as_a_run_whose_edges_may_be_loud():
    assert found(["volume_baixo"] * 3, lufs=[-25.0, -40.0, -41.0]) == ["volume_baixo"] * 3
    assert found(["volume_baixo"] * 3, lufs=[-32.0, -33.0, -41.0]) == ["normal"] * 3
    assert found(["volume_baixo", "eco_reverb", "volume_baixo"], lufs=[-32, np.nan, -41])[2] == "volume_baixo"


def test_muting_again_and_again_is_silence_and_once_is_not():
    assert found(["normal"] * 3, muted_s=[2.0, 2.0, 0.0]) == ["ausencia_audio", "ausencia_audio", "normal"]
    assert found(["normal"] * 3, muted_s=[2.0, 0.0, 2.0]) == ["normal"] * 3
    assert found(["normal"], muted_s=[2.0]) == ["ausencia_audio"]
    assert found(["normal"] * 2, 0.0, {"ausencia_audio": 1.0}, muted_s=[2.0, 2.0]) == ["normal"] * 2


def test_what_is_loud_most_of_the_time_is_no_silence():
    labels = ["ausencia_audio", "ausencia_audio", "sinal_teste"]
    verdicts = applied(labels, lasting_dbfs=[-44.0, -46.0, -20.0])
    assert verdicts["label"].tolist() == ["normal", "ausencia_audio", "sinal_teste"]
    assert verdicts["confidence"][0] == verdicts["p_normal"][0]


@pytest.mark.parametrize("style", ["song", "orchestra", "loops"])
@pytest.mark.parametrize(("rest_s", "label"), [(1.5, "normal"), (4.5, "ausencia_audio")])
def test_a_rest_before_the_last_chord_is_no_silence(style, rest_s, label):
    """Music, digital silence, and a chord of 3.5 s, of which a model takes every segment for silence."""
    rate_hz = 16000
    piece = music(np.random.default_rng(3), 12.0, rate_hz, style)
    piece *= 0.1 / np.sqrt(np.mean(piece**2))
    rest = np.zeros(round(rest_s * rate_hz))
    sound = np.concatenate([piece[: 8 * rate_hz], rest, piece[8 * rate_hz :]])[: 13 * rate_hz]
    starts = np.arange(0, len(sound) - 5 * rate_hz + 1, round(2.5 * rate_hz))
    segments = [sound[start : start + 5 * rate_hz] for start in starts]
    facts = {
        "muted_s": [muted_s(x, rate_hz) for x in segments],
        "lasting_dbfs": [lasting_dbfs(x, rate_hz) for x in segments],
    }
    verdicts = found(["ausencia_audio"] * len(segments), **facts)
    assert (set(verdicts) == {"normal"}) == (label == "normal")


def test_muting_is_silence_however_loud_the_programme_between_is():
    muted = {"muted_s": [2.0] * 2, "lasting_dbfs": [-20.0] * 2}
    assert found(["ausencia_audio"] * 2, **muted) == ["ausencia_audio"] * 2


def test_bare_tones_have_no_reflections():
    assert found(["eco_reverb"] * 2, bare_tones=[1, 0]) == ["normal", "eco_reverb"]


def test_what_is_too_short_is_background_with_the_confidence_of_a_guess():
    for label in HORUS.labels:
        given = columns([label])
        given["end_s"] = np.array([2.4])
        apply_definitions(given, HORUS, {})
        assert (given["label"][0], given["confidence"][0]) == ("normal", pytest.approx(1 / 6))


def test_what_is_short_and_silent_by_its_level_is_silent():
    given = columns(["ausencia_audio"])
    given |= {"end_s": np.array([1.0]), "silent": np.array([True])}
    apply_definitions(given, HORUS, {})
    assert given["label"].tolist() == ["ausencia_audio"]


def test_a_task_without_bounds_leaves_the_model_its_word():
    task, given = load_task("heimdall"), columns(["sinal_teste", "eco_reverb"], bare_tones=[1, 1])
    apply_definitions(given, task, {})
    assert given["label"].tolist() == ["sinal_teste", "eco_reverb"]

"""Phases 1 and 3, with Heimdall's own code as the reference for `heimdall` and both sides of each of its boundaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from horuslib.evaluation.decide import decide, is_silent, resolved_thresholds
from horuslib.tasks import load_task

HEIMDALL = load_task("heimdall")
UNDER = np.nextafter  # the neighbouring number


def probabilities(**given):
    """Five probabilities: those given, the rest of the sum on labels that are not."""
    rest = (1 - sum(given.values())) / (5 - len(given)) if len(given) < 5 else 0
    return [given.get(label, rest) for label in HEIMDALL.labels]


def verdict(p, rms, peak=0.5, task=HEIMDALL, thresholds=None):
    return decide(np.array([p]), [rms], [peak], task, thresholds).iloc[0]


def seed_5(probs, rms, peak):
    """The functions of the reference document, combined as in its diagram: label and confidence."""

    def boosted_confidence(pred, conf, rms):
        if pred == "eco_reverb":
            return min(1.0, conf + 3.0 * max(0, rms - 0.02))
        if pred == "ruido_hiss":
            return min(1.0, conf + 2.0 * max(0, rms - 0.015))
        return conf

    if rms < 0.008 and peak < 0.15:
        return "ausencia_audio", 0.99
    pred = max(probs, key=probs.get)
    eff_conf = boosted_confidence(pred, probs[pred], rms)
    if pred == "eco_reverb":
        second_best = max(p for cls, p in probs.items() if cls != "eco_reverb")
        is_error = (
            eff_conf >= 0.85
            and (probs["eco_reverb"] - probs["normal"]) >= 0.20
            and (probs["eco_reverb"] - second_best) >= 0.15
        )
    elif pred == "ausencia_audio":
        is_error = eff_conf >= 0.75 or rms <= 0.006
    else:
        is_error = pred != "normal" and eff_conf >= 0.68
    return (pred, eff_conf) if is_error else ("normal", probs["normal"])


@given(
    st.lists(st.floats(0.001, 1), min_size=5, max_size=5),
    st.floats(0, 0.2) | st.sampled_from([0.006, 0.008, 0.015, 0.02]),
    st.floats(0, 1) | st.just(0.15),
    st.floats(1, 12),
)
def test_heimdall_decides_as_seed_5_does(weights, rms, peak, sharpness):
    p = np.array(weights) ** sharpness
    p /= p.sum()
    label, confidence = seed_5(dict(zip(HEIMDALL.labels, p.tolist(), strict=True)), rms, peak)
    found = verdict(p, rms, peak)
    assert (found.label, found.confidence) == (label, confidence)


@pytest.mark.parametrize(
    ("rms", "peak", "silent"),
    [
        (UNDER(0.008, 0), UNDER(0.15, 0), True),
        (0.008, 0.1, False),
        (0.001, 0.15, False),
        (0.0, 0.0, True),
    ],
)
def test_silence_needs_both_levels_under_their_floor(rms, peak, silent):
    found = verdict(probabilities(normal=0.99), rms, peak)
    assert bool(found.silent) == silent
    assert (found.label, found.confidence) == (("ausencia_audio", 0.99) if silent else ("normal", 0.99))


@pytest.mark.parametrize(
    ("label", "rms", "reaches", "falls_short"),
    [
        ("eco_reverb", 0.02, 0.85, UNDER(0.85, 0)),
        ("eco_reverb", 0.12, 0.56, 0.54),  # boosted by 3.0 * (0.12 - 0.02) = 0.30
        ("ruido_hiss", 0.015, 0.68, UNDER(0.68, 0)),
        ("ruido_hiss", 0.115, 0.49, 0.47),  # boosted by 2.0 * (0.115 - 0.015) = 0.20
        ("sinal_teste", 0.2, 0.68, UNDER(0.68, 0)),
        ("ausencia_audio", 0.1, 0.75, UNDER(0.75, 0)),
    ],
)
def test_each_threshold_is_inclusive(label, rms, reaches, falls_short):
    assert verdict(probabilities(**{label: reaches}), rms).label == label
    assert verdict(probabilities(**{label: falls_short}), rms).label == "normal"


def test_strict_silence_accepts_the_models_prediction_at_any_confidence():
    unsure = probabilities(ausencia_audio=0.4)
    assert verdict(unsure, rms=0.006).label == "ausencia_audio"
    assert verdict(unsure, rms=UNDER(0.006, 1)).label == "normal"
    assert verdict(probabilities(normal=0.4), rms=0.006).label == "normal"


def test_echo_needs_its_margin_over_normal():
    # loud enough for any confidence to be boosted over the threshold
    assert verdict(probabilities(eco_reverb=0.5, normal=0.25), 0.3).label == "eco_reverb"
    assert verdict(probabilities(eco_reverb=0.45, normal=0.27), 0.3).label == "normal"


def test_echo_needs_its_margin_over_the_second_best():
    assert verdict(probabilities(eco_reverb=0.5, ruido_hiss=0.34), 0.3).label == "eco_reverb"
    assert verdict(probabilities(eco_reverb=0.5, ruido_hiss=0.36), 0.3).label == "normal"


def test_the_boost_stops_at_one():
    assert verdict(probabilities(eco_reverb=0.9), rms=0.9).confidence == 1.0


def test_horus_classifies_quiet_programme_where_heimdall_applies_the_silence_rule(horus):
    quiet = (np.array([0.004]), np.array([0.05]))  # -48 dBFS
    assert is_silent(*quiet, HEIMDALL).all() and not is_silent(*quiet, horus).any()


def test_given_thresholds_take_precedence_over_the_tasks(horus):
    p = np.full(6, 0.02)
    p[horus.labels.index("ruido_hiss")] = 0.9
    assert verdict(p, 0.1, task=horus, thresholds={"ruido_hiss": 0.9}).label == "ruido_hiss"
    assert verdict(p, 0.1, task=horus, thresholds={"ruido_hiss": 0.91}).label == "normal"
    assert resolved_thresholds(HEIMDALL)["eco_reverb"] == 0.85
    assert resolved_thresholds(horus)["ruido_hiss"] == horus.decision.default_threshold


def test_rows_of_silent_segments_are_not_read(horus):
    found = decide(np.full((1, 6), np.nan), [0.0], [0.0], horus).iloc[0]
    assert found.label == "ausencia_audio"
    assert found[[f"p_{label}" for label in horus.labels]].sum() == pytest.approx(1)
    assert found.p_ausencia_audio == 0.99


def test_a_task_without_a_label_for_silence_calls_it_normal():
    task = HEIMDALL.model_copy(update={"labels": ["eco_reverb", "ruido_hiss", "normal"]})
    found = decide(np.full((1, 3), np.nan), [0.0], [0.0], task).iloc[0]
    assert (found.label, found.predicted, bool(found.silent)) == ("normal", "normal", True)

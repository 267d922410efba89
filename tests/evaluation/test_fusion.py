"""Fusion of measures with the network: known weights are recovered, and without measures nothing changes."""

import json

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from horuslib.evaluation.fusion import PENALTY, Fusion, Veto, fit_fusion, no_fusion, penalised_loss


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_without_measures_the_network_is_unchanged(horus, rng):
    p = softmax(rng.standard_normal((20, 6)))
    np.testing.assert_allclose(no_fusion(horus).apply(p, np.zeros((20, 0))), p, atol=1e-9)
    assert fit_fusion(p, np.zeros((20, 0)), np.zeros(20, int), (), horus).measures == ()


def test_the_weights_that_generated_the_labels_are_recovered(horus, rng):
    n, echo = 20000, horus.labels.index("eco_reverb")
    p, measured = softmax(rng.standard_normal((n, 6))), rng.uniform(0, 1, (n, 1))
    made = Fusion(("echo",), 1.0, np.zeros(6), 4.0 * (np.arange(6) == echo)[None])
    truth = np.array([rng.choice(6, p=row) for row in made.apply(p, measured)])
    found = fit_fusion(p, measured, truth, ("echo",), horus)
    assert found.trust == pytest.approx(1.0, abs=0.1)
    over = found.weights[0] - np.delete(found.weights[0], echo).mean()
    assert over[echo] == pytest.approx(4.0, abs=0.4)
    assert np.abs(np.delete(over, echo)).max() < 0.4


def test_a_measure_corrects_a_network_that_misses_the_class(horus, rng):
    """The network predicts normal for everything; the measure identifies the half that is echo."""
    echo, normal = horus.labels.index("eco_reverb"), horus.labels.index("normal")
    p = np.full((400, 6), 0.02)
    p[:, normal] = 0.9
    truth = np.where(np.arange(400) % 2, echo, normal)
    measured = (truth == echo)[:, None] * 1.0
    read = fit_fusion(p, measured, truth, ("echo",), horus).apply(p, measured)
    assert (read.argmax(axis=1) == truth).mean() == 1.0


def test_a_class_without_examples_keeps_small_weights(horus, rng):
    p, measured = softmax(rng.standard_normal((300, 6))), rng.uniform(0, 1, (300, 2))
    found = fit_fusion(p, measured, np.arange(300) % 3, ("echo", "room"), horus)
    assert np.abs([found.offsets, *found.weights]).max() < 20
    assert np.isfinite(found.apply(p, measured)).all()


def test_a_stored_fusion_reads_the_same(horus, rng):
    vetoes = {horus.labels.index("eco_reverb"): Veto([0, 1]), horus.labels.index("ruido_hiss"): Veto([0], 0.4)}
    fusion = Fusion(("echo", "room"), 0.7, rng.standard_normal(6), rng.standard_normal((2, 6)), vetoes)
    again = Fusion.from_dict(json.loads(json.dumps(fusion.as_dict(horus.labels))), horus.labels)
    p, measured = softmax(rng.standard_normal((9, 6))), rng.uniform(0, 1, (9, 2))
    np.testing.assert_allclose(again.apply(p, measured), fusion.apply(p, measured))
    assert again.measures == ("echo", "room") and again.vetoes == vetoes


def test_no_echo_without_a_reflection_however_sure_the_network(horus):
    """Its probability goes to the other likely classes; a fifth of the required measure leaves a fifth of it."""
    echo, hiss, normal = (horus.labels.index(x) for x in ("eco_reverb", "ruido_hiss", "normal"))
    p = np.full((4, 6), 1e-4)
    p[:, [echo, hiss, normal]] = 0.98, 0.005, 0.015
    measured = np.array([[0.0, 0.0], [0.02, 0.0], [0.0, 0.1], [1.0, 0.0]])
    read = Fusion(("room", "echo"), 1.0, np.zeros(6), np.zeros((2, 6)), {echo: Veto([0, 1])}).apply(p, measured)
    np.testing.assert_allclose(read.sum(axis=1), 1)
    assert read[0, echo] == 0 and read[0, normal] == pytest.approx(3 * read[0, hiss], rel=1e-6)
    assert read[1, echo] / read[1, normal] == pytest.approx(0.2 * 0.98 / 0.015, rel=1e-6)
    np.testing.assert_allclose(read[2:], p[2:] / p[2:].sum(axis=1, keepdims=True), atol=1e-9)


def test_a_share_may_be_left_without_the_measure(horus):
    hiss, normal = horus.labels.index("ruido_hiss"), horus.labels.index("normal")
    p = np.full((3, 6), 1e-4)
    p[:, [hiss, normal]] = 0.8, 0.2
    veto = {hiss: Veto([0], 0.4)}
    read = Fusion(("noise",), 1.0, np.zeros(6), np.zeros((1, 6)), veto).apply(p, np.array([[0.0], [0.05], [0.1]]))
    np.testing.assert_allclose(read[:, hiss] / read[:, normal], [4 * 0.4, 4 * 0.7, 4.0], rtol=1e-6)


def test_a_tasks_veto_applies_only_if_all_its_measures_are_available(horus, rng):
    echo = horus.labels.index("eco_reverb")
    p, truth = softmax(rng.standard_normal((60, 6))), np.arange(60) % 6
    for measures, vetoes in (
        (("quiet", "echo", "room"), {echo: Veto([1, 2])}),
        (("noise",), {horus.labels.index("ruido_hiss"): Veto([0], horus.decision.rule("ruido_hiss").left_without)}),
        (("echo",), {}),
        (("quiet",), {}),
    ):
        assert fit_fusion(p, rng.uniform(0, 1, (60, len(measures))), truth, measures, horus).vetoes == vetoes


def test_older_packages_without_vetoes_load(horus):
    stored = Fusion(("echo",), 1.0, np.zeros(6), np.zeros((1, 6))).as_dict(horus.labels)
    del stored["requires_any"], stored["left_without"]
    assert Fusion.from_dict(stored, horus.labels).vetoes == {}


def test_missing_predictions_stay_missing(horus):
    fusion = Fusion(("echo",), 1.0, np.zeros(6), np.ones((1, 6)), {2: Veto([0])})
    assert np.isnan(fusion.apply(np.full((1, 6), np.nan), np.full((1, 1), np.nan))).all()


def test_the_gradient_is_that_of_the_loss_with_its_penalty(rng):
    logits, measured = np.log(softmax(rng.standard_normal((40, 6)))), rng.uniform(0, 1, (40, 2))
    right, numbers = np.eye(6)[rng.integers(0, 6, 40)], rng.standard_normal(1 + 3 * 6)
    data = logits, measured, right
    slope = approx_fprime(numbers, lambda x: penalised_loss(x, *data)[0], 1e-6)
    np.testing.assert_allclose(penalised_loss(numbers, *data)[1], slope, atol=1e-3)


def test_weights_cost_half_the_penalty_times_their_squares(rng):
    """Without data, the loss consists of the penalty alone."""
    numbers = np.concatenate([[1.0], rng.standard_normal(12)])
    nothing = np.zeros((0, 6)), np.zeros((0, 1)), np.zeros((0, 6))
    cost, slope = penalised_loss(numbers, *nothing)
    assert cost == pytest.approx(PENALTY / 2 * (numbers[1:] ** 2).sum())
    np.testing.assert_allclose(slope, [0.0, *PENALTY * numbers[1:]])

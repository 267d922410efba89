"""Evidence beside a network: weights that are known are found again, and nothing is changed where there is none."""

import json

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from horuslib.evaluation.fusion import PENALTY, Fusion, fit_fusion, no_fusion, penalised_loss


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_no_measure_leaves_the_network_as_it_is(horus, rng):
    p = softmax(rng.standard_normal((20, 6)))
    np.testing.assert_allclose(no_fusion(horus).apply(p, np.zeros((20, 0))), p, atol=1e-9)
    assert fit_fusion(p, np.zeros((20, 0)), np.zeros(20, int), (), horus).measures == ()


def test_weights_that_made_the_labels_are_found_again(horus, rng):
    n, echo = 20000, horus.labels.index("eco_reverb")
    p, measured = softmax(rng.standard_normal((n, 6))), rng.uniform(0, 1, (n, 1))
    made = Fusion(("echo",), 1.0, np.zeros(6), 4.0 * (np.arange(6) == echo)[None])
    truth = np.array([rng.choice(6, p=row) for row in made.apply(p, measured)])
    found = fit_fusion(p, measured, truth, ("echo",), horus)
    assert found.trust == pytest.approx(1.0, abs=0.1)
    over = found.weights[0] - np.delete(found.weights[0], echo).mean()
    assert over[echo] == pytest.approx(4.0, abs=0.4)
    assert np.abs(np.delete(over, echo)).max() < 0.4


def test_evidence_corrects_a_network_that_does_not_hear_it(horus, rng):
    """The network calls everything normal; the measure knows better half of the time."""
    echo, normal = horus.labels.index("eco_reverb"), horus.labels.index("normal")
    p = np.full((400, 6), 0.02)
    p[:, normal] = 0.9
    truth = np.where(np.arange(400) % 2, echo, normal)
    measured = (truth == echo)[:, None] * 1.0
    read = fit_fusion(p, measured, truth, ("echo",), horus).apply(p, measured)
    assert (read.argmax(axis=1) == truth).mean() == 1.0


def test_a_class_without_examples_keeps_small_numbers(horus, rng):
    p, measured = softmax(rng.standard_normal((300, 6))), rng.uniform(0, 1, (300, 2))
    found = fit_fusion(p, measured, np.arange(300) % 3, ("echo", "room"), horus)
    assert np.abs([found.offsets, *found.weights]).max() < 20
    assert np.isfinite(found.apply(p, measured)).all()


def test_a_stored_fusion_reads_the_same(horus, rng):
    vetoes = {horus.labels.index("eco_reverb"): [0, 1]}
    fusion = Fusion(("echo", "room"), 0.7, rng.standard_normal(6), rng.standard_normal((2, 6)), vetoes)
    again = Fusion.from_dict(json.loads(json.dumps(fusion.as_dict(horus.labels))), horus.labels)
    p, measured = softmax(rng.standard_normal((9, 6))), rng.uniform(0, 1, (9, 2))
    np.testing.assert_allclose(again.apply(p, measured), fusion.apply(p, measured))
    assert again.measures == ("echo", "room") and again.vetoes == vetoes


def test_no_echo_without_a_reflection_however_sure_the_network(horus):
    """Its share goes to what else was likely; a fifth of the evidence it takes leaves a fifth of the share."""
    echo, hiss, normal = (horus.labels.index(x) for x in ("eco_reverb", "ruido_hiss", "normal"))
    p = np.full((4, 6), 1e-4)
    p[:, [echo, hiss, normal]] = 0.98, 0.005, 0.015
    measured = np.array([[0.0, 0.0], [0.02, 0.0], [0.0, 0.1], [1.0, 0.0]])
    read = Fusion(("room", "echo"), 1.0, np.zeros(6), np.zeros((2, 6)), {echo: [0, 1]}).apply(p, measured)
    np.testing.assert_allclose(read.sum(axis=1), 1)
    assert read[0, echo] == 0 and read[0, normal] == pytest.approx(3 * read[0, hiss], rel=1e-6)
    assert read[1, echo] / read[1, normal] == pytest.approx(0.2 * 0.98 / 0.015, rel=1e-6)
    np.testing.assert_allclose(read[2:], p[2:] / p[2:].sum(axis=1, keepdims=True), atol=1e-9)


def test_a_tasks_veto_holds_where_all_that_it_asks_for_is_measured(horus, rng):
    echo = horus.labels.index("eco_reverb")
    p, truth = softmax(rng.standard_normal((60, 6))), np.arange(60) % 6
    for measures, vetoes in (
        (("quiet", "echo", "room"), {echo: [1, 2]}),
        (("echo",), {}),
        (("quiet",), {}),
    ):
        assert fit_fusion(p, rng.uniform(0, 1, (60, len(measures))), truth, measures, horus).vetoes == vetoes


def test_packages_from_before_there_were_vetoes_have_none(horus):
    stored = Fusion(("echo",), 1.0, np.zeros(6), np.zeros((1, 6))).as_dict(horus.labels)
    del stored["requires_any"]
    assert Fusion.from_dict(stored, horus.labels).vetoes == {}


def test_what_was_never_heard_stays_unknown(horus):
    fusion = Fusion(("echo",), 1.0, np.zeros(6), np.ones((1, 6)), {2: [0]})
    assert np.isnan(fusion.apply(np.full((1, 6), np.nan), np.full((1, 1), np.nan))).all()


def test_the_gradient_is_that_of_the_loss_with_its_penalty(rng):
    logits, measured = np.log(softmax(rng.standard_normal((40, 6)))), rng.uniform(0, 1, (40, 2))
    right, numbers = np.eye(6)[rng.integers(0, 6, 40)], rng.standard_normal(1 + 3 * 6)
    data = logits, measured, right
    slope = approx_fprime(numbers, lambda x: penalised_loss(x, *data)[0], 1e-6)
    np.testing.assert_allclose(penalised_loss(numbers, *data)[1], slope, atol=1e-3)


def test_weights_cost_half_the_penalty_times_their_squares(rng):
    """With nothing to fit, the penalty is all that the loss is."""
    numbers = np.concatenate([[1.0], rng.standard_normal(12)])
    nothing = np.zeros((0, 6)), np.zeros((0, 1)), np.zeros((0, 6))
    cost, slope = penalised_loss(numbers, *nothing)
    assert cost == pytest.approx(PENALTY / 2 * (numbers[1:] ** 2).sum())
    np.testing.assert_allclose(slope, [0.0, *PENALTY * numbers[1:]])

"""Confidence is what it says, also where a modality is missing and where errors are as sure as right answers."""

import numpy as np
import pytest

from horuslib.evaluation.calibration import expected_calibration_error
from horuslib.spectral.models.confidence import Answered, Confidence, calibrated_by_fold, fit_confidence


def told(rng, count, sharpness=1.0, wrong=0.0):
    """Classes drawn from probabilities, these told sharper than they are, and a share of classes that are anything."""
    honest = rng.dirichlet([1.0] * 4, count)
    labels = np.array([rng.choice(4, p=p) for p in honest])
    anything = rng.random(count) < wrong
    labels[anything] = rng.integers(0, 4, anything.sum())
    q = honest**sharpness
    return q / q.sum(1, keepdims=True), labels


def test_what_is_right_already_stays(rng):
    p, labels = told(rng, 3000)
    found = fit_confidence(p, np.ones((3000, 3)), labels)
    assert found.sharpness == pytest.approx(0, abs=0.1) and found.floor < 0.03


def test_errors_that_are_as_sure_as_right_answers_lower_the_highest_confidence(rng):
    p, labels = told(rng, 3000, wrong=0.2)
    present = np.ones((3000, 3))
    found = fit_confidence(p, present, labels)
    sure = found(p, present)
    assert found.floor == pytest.approx(0.2, abs=0.1) and sure.max() < 0.9
    assert expected_calibration_error(sure, labels) < 0.03 < expected_calibration_error(p, labels)


def test_a_missing_modality_has_a_temperature_of_its_own(rng):
    whole, labels = told(rng, 2000)
    less, others = told(rng, 2000, sharpness=3.0)
    present = np.ones((4000, 3))
    present[2000:, 2] = 0
    p, y = np.concatenate([whole, less]), np.concatenate([labels, others])
    found = fit_confidence(p, present, y)
    assert np.exp(found.change[2]) == pytest.approx(1 / 3, rel=0.15) and found.sharpness == pytest.approx(0, abs=0.15)
    assert expected_calibration_error(found(p, present)[2000:], others) < 0.05
    assert found(p, present).sum(1) == pytest.approx(1)
    assert Confidence.of(found.as_dict()) == found


def test_a_fold_is_not_calibrated_by_itself(rng):
    p, labels = told(rng, 400)
    folds = np.arange(400) % 4 - 1

    def calibrated(p, labels):
        asked = {"all": Answered(p, np.ones((400, 3))), "apart": Answered(p[::-1], np.ones((400, 3)))}
        out, everything = calibrated_by_fold(asked, labels, folds, ["all"])
        assert set(out) == {"all", "apart"} and everything.floor >= 0
        return out["all"].probabilities

    changed = np.where(folds == 1, (labels + 1) % 4, labels)
    first, second = calibrated(p, labels), calibrated(p, changed)
    assert np.array_equal(first[folds == 1], second[folds == 1])
    assert not np.allclose(first[folds == 0], second[folds == 0])
    p[5] = np.nan
    again = calibrated(p, labels)
    assert np.isnan(again[5]).all() and np.isfinite(again[6]).all()

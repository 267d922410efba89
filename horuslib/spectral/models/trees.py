"""What the network is compared with: boosted trees over hand-made features of onsets, lags and scores of a person."""

import numpy as np

from horuslib.spectral.models.held_out import held_out
from horuslib.spectral.timing.clock import STEP_S
from horuslib.spectral.timing.inputs import Inputs
from horuslib.spectral.timing.picture_curves import PICTURE_CURVES
from horuslib.spectral.timing.sensor_curves import SENSOR_CURVES
from horuslib.spectral.timing.sound_curves import SOUND_CURVES

_MISSING = -3.0


def hand_made(inputs: Inputs) -> np.ndarray:
    """(features,) of an event: how much each curve changes, when, how long, and the lags between the times."""
    peaks, times = [], []
    for name, names, curves in (
        ("sensors", SENSOR_CURVES, ("field_change", "field_surprise", "jolt_surprise")),
        ("sound", SOUND_CURVES, ("onset", "loudness")),
        ("picture", PICTURE_CURVES, ("light", "change", "novel")),
    ):
        for curve in curves:
            series = np.abs(inputs[name][:, names.index(curve)])
            peaks.append(float(series.max()))
            times.append(float(series.argmax()) * STEP_S if series.any() else np.nan)
    person = inputs["person"][:, :2].max(1)
    spread, buzz = (inputs["sound"][:, SOUND_CURVES.index(name)] for name in ("spread", "buzz"))
    loud = inputs["sound"][:, SOUND_CURVES.index("loudness")]
    lasts = float((loud > 0.5 * loud.max()).mean())
    lags = [abs(a - b) for i, a in enumerate(times) for b in times[:i]]
    found = [*peaks, *lags, person.max(), person.mean(), np.ptp(person), spread.max(), buzz.mean(), lasts]
    return np.nan_to_num(np.array(found + list(inputs["present"]), float), nan=_MISSING)


def cross_validate_trees(events: list[Inputs], labels: np.ndarray, folds: np.ndarray, seed: int) -> np.ndarray:
    """(n, classes) answers of boosted trees, each by those that were not trained on the event's group."""
    from sklearn.ensemble import GradientBoostingClassifier

    x = np.stack([hand_made(event) for event in events])
    out = np.full((len(labels), int(labels.max()) + 1), np.nan)
    for _, used, evaluated in held_out(labels, folds):
        model = GradientBoostingClassifier(n_estimators=150, max_depth=3, subsample=0.7, random_state=seed)
        out[evaluated] = model.fit(x[used], labels[used]).predict_proba(x[evaluated])
    return out

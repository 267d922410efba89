"""Classes of measured events from the true time and kind of every change: what timing alone tells, without pictures."""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from horuslib.spectral.events.event import MODALITIES
from horuslib.spectral.models.held_out import held_out

_ELECTRONIC = r"(?:^|\|)(?:gsm|elec|smps)"
_MISSING, _TREES = -3.0, 300


def known_onsets(truth: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Modality -> when (s) and of which kind its changes were, a row per event.

    Parameters
    ----------
    truth : truth.csv, a row per event in the order of the answers.
    """
    electronic = truth.audio.fillna("").str.contains(_ELECTRONIC)
    light = truth.video.fillna("").str.contains("step:")
    appears = truth.seen.str.split("-").str[0].astype(float)
    video = {
        "light": truth.t_view.where(light),
        "object": truth.t_view.where(~light & appears.isna()),
        "person": appears.where(appears > 0),
        "there": truth.person,
    }
    audio = {"electronic": truth.t_sound.where(electronic), "sound": truth.t_sound.where(~electronic)}
    sensors = {"field": truth.t_field, "jolt": truth.t_jolt}
    return {name: pd.DataFrame(found) for name, found in zip(MODALITIES, (video, audio, sensors), strict=True)}


def classes_of_known(onsets: dict[str, pd.DataFrame], labels: np.ndarray, fold: np.ndarray, seed: int) -> np.ndarray:
    """(n,) classes that a random forest over times, kinds and lags predicts, each event by the other folds."""
    table = pd.concat(onsets.values(), axis=1)
    times = table.drop(columns="there", errors="ignore").to_numpy(float)
    a, b = np.triu_indices(times.shape[1], 1)
    x = np.nan_to_num(np.hstack([table.to_numpy(float), np.abs(times[:, a] - times[:, b])]), nan=_MISSING)
    out = np.full(len(labels), -1)
    for _, used, evaluated in held_out(labels, fold):
        forest = RandomForestClassifier(_TREES, random_state=seed)
        out[evaluated] = forest.fit(x[used], labels[used]).predict(x[evaluated])
    return out

"""Figures before and after side by side, under the labels as filed and as corrected; probes by generated sound."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.audio.features import segments_to_inputs
from horuslib.audio.levels import active_dbfs, from_db
from horuslib.evaluation import metrics
from horuslib.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from horuslib.evaluation.cross_fitting import measured_columns, probabilities, truth
from horuslib.evaluation.fusion import Fusion
from horuslib.focus.settings import FocusSettings
from horuslib.synthesis.street.catalogue import STREET, bed, street_sound
from horuslib.synthesis.street.scene import far_away
from horuslib.tasks import Task

SNR_DB = (20.0, 10.0, 0.0)
"""A generated sound over a bed of street background."""
AWAY_M = (50.0, 200.0, 400.0)
"""How far away it is heard over the same bed, which is `_NEAR_SNR_DB` under it at `_NEAR_M`."""
_NEAR_M, _NEAR_SNR_DB = 50.0, 20.0
EACH = 4
"""Generated sounds of a kind and condition."""


def calibrated(rows: pd.DataFrame, fusion: Fusion, task: Task) -> pd.DataFrame:
    """Raw predictions with each fold's temperature fitted on the others, then fused with the measures.

    Parameters
    ----------
    rows : p_<label> of networks, label, fold (-1 for held-out rows, whose temperature is of all folds), the measures.
    """
    p, y, parts = probabilities(rows, task), truth(rows, task), []
    for fold in sorted(rows["fold"].unique()):
        mine = (rows["fold"] == fold).to_numpy()
        others = ~mine & (rows["fold"] >= 0).to_numpy()
        parts.append((mine, apply_temperature(p[mine], fit_temperature(p[others], y[others]))))
    result = np.array(p)
    for mine, scaled in parts:
        result[mine] = scaled
    return with_probabilities(rows, fusion.apply(result, measured_columns(rows, fusion.measures)), task)


def with_probabilities(rows: pd.DataFrame, p: np.ndarray, task: Task) -> pd.DataFrame:
    """The rows with these probabilities (N, L), and `predicted` and `confidence` that follow from them."""
    columns = {f"p_{label}": p[:, i] for i, label in enumerate(task.labels)}
    return rows.assign(**columns, predicted=np.array(task.labels)[p.argmax(axis=1)], confidence=p.max(axis=1))


def side_by_side(
    before: pd.DataFrame, after: pd.DataFrame, labels: Mapping[str, pd.Series], task: Task
) -> pd.DataFrame:
    """Recall and precision of every class, macro-F1, accuracy and calibration error, under each reading of the labels.

    Parameters
    ----------
    before, after : the same rows, with `predicted` and p_<label>.
    labels : name of a reading (`as filed`, `as corrected`) -> label of each row; rows without one do not count.

    Returns
    -------
    A row per measure; columns (reading, `before` or `after`).
    """
    columns = {}
    for reading, truths in labels.items():
        known = truths.notna().to_numpy()
        for when, table in (("before", before), ("after", after)):
            columns[reading, when] = _figures(table[known].assign(label=truths[known].to_numpy()), task)
    return pd.DataFrame(columns)


def by_reading(before: pd.DataFrame, after: pd.DataFrame, task: Task) -> pd.DataFrame:
    """`side_by_side` under the labels as filed and as corrected: columns `filed` and `now` of the rows."""
    return side_by_side(before, after, {"as filed": before["filed"], "as corrected": before["now"]}, task)


def _figures(table: pd.DataFrame, task: Task) -> dict[str, float]:
    scores = metrics.evaluate(table["label"], table["predicted"], task.labels)
    found = {
        f"{measure} of {label}": scores.loc[label, measure]
        for label in task.labels
        for measure in ("recall", "precision")
    }
    found["macro-F1"] = metrics.macro_f1_of(table["label"], table["predicted"], task.labels)
    found["accuracy"] = float((table["label"] == table["predicted"]).mean())
    found["calibration error"] = expected_calibration_error(probabilities(table, task), truth(table, task))
    return found


def mistakes(rows: pd.DataFrame, focus: str) -> pd.DataFrame:
    """Every row that is predicted wrongly: those that concern the focus first, the surest first among both.

    Parameters
    ----------
    rows : with now, predicted, confidence, source.

    Returns
    -------
    The rows with `label` (as corrected), `verdict` (as predicted) and `concerns` (the focus).
    """
    wrong = rows[rows["now"].notna() & (rows["now"] != rows["predicted"])]
    wrong = wrong.assign(label=wrong["now"], verdict=wrong["predicted"])
    wrong = wrong.assign(concerns=(wrong["label"] == focus) | (wrong["verdict"] == focus))
    return wrong.sort_values(["concerns", "confidence"], ascending=False, ignore_index=True, kind="stable")


def probe(models: Mapping, focus: str, task: Task, seed: int = 0) -> pd.DataFrame:
    """How generated sounds of the class in focus are classified, by kind, distance and level over the street; and what
    generated sound of the other classes is taken for it.

    Parameters
    ----------
    models : name -> function of model inputs (N, ...) to probabilities (N, L).

    Returns
    -------
    Columns class, sound, condition, heard (how many), and per model the share named as the focus; empty where the
    class's kind is not generated.
    """
    if task.kind(focus) not in STREET:
        return pd.DataFrame(columns=["class", "sound", "condition", "heard", *models])
    places: list[tuple[str, str, str]] = []
    sounds: list[np.ndarray] = []
    for label in task.labels:
        for name in STREET.get(task.kind(label), {}):
            for condition in _CONDITIONS if label == focus else (_ANYHOW,):
                for k in range(EACH):
                    rng = np.random.default_rng([seed, len(sounds), k])
                    places.append((label, name, condition))
                    sounds.append(_sound(rng, task, label, name, condition))
    inputs = segments_to_inputs(sounds, task.front_end)
    table = pd.DataFrame(places, columns=["class", "sound", "condition"]).assign(heard=1)
    for name, model in models.items():
        named = np.concatenate(
            [np.asarray(model(inputs[i : i + 32])).argmax(axis=1) for i in range(0, len(inputs), 32)]
        )
        table[name] = (named == task.labels.index(focus)).astype(float)
    return (
        table.groupby(["class", "sound", "condition"], sort=False)
        .agg({"heard": "sum", **dict.fromkeys(models, "mean")})
        .reset_index()
    )


_ANYHOW = "in a street"
_CONDITIONS: dict[str, tuple[float, float]] = {
    _ANYHOW: (0.0, 0.0),
    **{f"{snr_db:g} dB over it": (snr_db, 0.0) for snr_db in SNR_DB},
    **{f"{away_m:g} m away": (_NEAR_SNR_DB - 20 * float(np.log10(away_m / _NEAR_M)), away_m) for away_m in AWAY_M},
}
"""Condition -> how far the sound is over the bed (dB), and through how much air it is heard (m)."""


def _sound(rng: np.random.Generator, task: Task, label: str, name: str, condition: str) -> np.ndarray:
    rate, seconds = task.front_end.sample_rate_hz, task.front_end.segment_s
    if condition == _ANYHOW:
        return street_sound(rng, seconds, rate, task.kind(label), name)
    snr_db, away_m = _CONDITIONS[condition]
    x = STREET[task.kind(label)][name](rng, seconds, rate)[: round(seconds * rate)]
    if away_m:
        x = far_away(x, rate, away_m)
    under = bed(rng, seconds, rate)[: len(x)]
    gain_db = active_dbfs(x, rate) - snr_db - active_dbfs(under, rate)
    return (x + under * from_db(gain_db)).astype(np.float32)


def extreme_counts(tables: Mapping[str, pd.DataFrame], settings: FocusSettings, task: Task) -> pd.DataFrame:
    """How many files of each class are extreme-off, before and after: a column per table."""
    from horuslib.focus.audit import extreme_off

    counts = {name: x[extreme_off(x, settings, task)]["label"].value_counts() for name, x in tables.items()}
    return pd.DataFrame(counts).reindex(task.labels).fillna(0).astype(int)

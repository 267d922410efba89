"""Figures before and after stand side by side under each reading of the labels; no fold fits its own temperature."""

import numpy as np
import pandas as pd
import pytest

from horuslib.evaluation.fusion import no_fusion
from horuslib.focus import figures
from horuslib.focus.settings import load_settings
from horuslib.tasks import load_task

TASK = load_task("sirens")
SIREN, ALERT = TASK.labels[0], TASK.labels[2]


def rows(named, sure=0.8):
    rest = (1 - sure) / (len(TASK.labels) - 1)
    table = pd.DataFrame([{f"p_{x}": sure if x == label else rest for x in TASK.labels} for label in named])
    return table.assign(predicted=list(named), label=list(named))


def test_taking_wrong_files_out_is_shown_for_what_it_is():
    before = after = rows([SIREN, SIREN, ALERT, ALERT])
    filed = pd.Series([SIREN, SIREN, ALERT, SIREN])
    corrected = pd.Series([SIREN, SIREN, ALERT, None])
    found = figures.side_by_side(before, after, {"as filed": filed, "as corrected": corrected}, TASK)
    assert found.loc["accuracy", ("as filed", "after")] == 0.75
    assert found.loc["accuracy", ("as corrected", "after")] == 1.0
    assert found.loc["accuracy", ("as filed", "before")] == found.loc["accuracy", ("as filed", "after")]
    assert found.loc[f"recall of {SIREN}", ("as filed", "before")] == pytest.approx(2 / 3)


def test_a_folds_temperature_comes_from_the_others():
    right, wrong = rows([SIREN, ALERT] * 20, 0.9), rows([SIREN, ALERT] * 20, 0.9)
    wrong["label"] = [ALERT, SIREN] * 20
    table = pd.concat([right.assign(fold=0), wrong.assign(fold=1)], ignore_index=True)
    found = figures.calibrated(table, no_fusion(TASK), TASK)
    assert found.confidence[found.fold == 1].mean() > 0.9, "fold 0 was right: it sharpens fold 1"
    assert found.confidence[found.fold == 0].mean() < 0.3, "fold 1 was wrong: it flattens fold 0"


@pytest.mark.slow
def test_probes_name_kinds_and_conditions():
    def everything_is_a_siren(inputs):
        return np.eye(len(TASK.labels))[np.zeros(len(inputs), int)]

    small = TASK.model_copy(update={"front_end": TASK.front_end.model_copy(update={"segment_s": 1.0})})
    found = figures.probe({"after": everything_is_a_siren}, SIREN, small)
    assert set(found["class"]) == set(TASK.labels) and (found.after == 1).all()
    mine = found[found["class"] == SIREN]
    assert set(mine.condition) == {"in a street", "20 dB over it", "10 dB over it", "0 dB over it"}
    assert figures.probe({}, "ruido_hiss", load_task("horus")).empty


def test_extreme_files_are_counted_per_class():
    off = rows([SIREN, ALERT, ALERT], 0.96).assign(label=[SIREN, SIREN, ALERT])
    found = figures.extreme_counts({"before": off, "after": off[:1]}, load_settings(TASK), TASK)
    assert found.before[SIREN] == 1 and found.after.sum() == 0

"""Figures before and after stand side by side under each reading of the labels; no fold fits its own temperature."""

import numpy as np
import pandas as pd
import pytest

from horuslib.evaluation.fusion import no_fusion
from horuslib.focus import figures
from horuslib.focus.settings import load_settings
from horuslib.synthesis.street.tones import times
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


def test_every_mistake_is_listed_and_those_about_the_focus_come_first():
    table = rows([SIREN, ALERT, ALERT, ALERT], 0.8).assign(now=[SIREN, SIREN, "road_traffic", None])
    table["confidence"] = [0.9, 0.6, 0.95, 0.99]
    found = figures.mistakes(table, SIREN)
    assert found.label.tolist() == [SIREN, "road_traffic"] and found.verdict.tolist() == [ALERT, ALERT]
    assert found.concerns.tolist() == [True, False]


@pytest.mark.slow
def test_probes_name_kinds_and_conditions():
    def everything_is_a_siren(inputs):
        return np.eye(len(TASK.labels))[np.zeros(len(inputs), int)]

    small = TASK.model_copy(update={"front_end": TASK.front_end.model_copy(update={"segment_s": 1.0})})
    found = figures.probe({"after": everything_is_a_siren}, SIREN, small)
    assert set(found["class"]) == set(TASK.labels) and (found.after == 1).all()
    mine = found[found["class"] == SIREN]
    over = {f"{snr_db} dB over it" for snr_db in (20, 10, 0)}
    assert set(mine.condition) == {"in a street", *over, "50 m away", "200 m away", "400 m away"}
    assert figures.probe({}, "ruido_hiss", load_task("horus")).empty


def test_a_distant_sound_is_duller_and_nearer_to_the_bed(monkeypatch):
    rate_hz = TASK.front_end.sample_rate_hz
    monkeypatch.setattr(figures, "bed", lambda rng, seconds, rate: np.sin(100 * np.pi * times(seconds, rate)))

    def measured(condition):
        """dB of the sound's upper partials over its lower ones, and of the sound over the bed of 50 Hz."""
        x = figures._sound(np.random.default_rng(5), TASK, SIREN, "hi_lo", condition)
        power, hz = np.abs(np.fft.rfft(x)) ** 2, np.fft.rfftfreq(len(x), 1 / rate_hz)
        under, low, high = (power[(hz > a) & (hz < b)].sum() for a, b in ((0, 100), (100, 1500), (3000, 8000)))
        return 10 * np.log10(high / low), 10 * np.log10((low + high) / under)

    (near_tone, near_snr), (far_tone, far_snr) = measured("50 m away"), measured("400 m away")
    assert far_tone < near_tone - 6
    assert near_snr - far_snr == pytest.approx(18.06, abs=1.5), "6 dB each time the distance doubles"


def test_extreme_files_are_counted_per_class():
    off = rows([SIREN, ALERT, ALERT], 0.96).assign(label=[SIREN, SIREN, ALERT])
    found = figures.extreme_counts({"before": off, "after": off[:1]}, load_settings(TASK), TASK)
    assert found.before[SIREN] == 1 and found.after.sum() == 0

"""Variations have true labels, stay in their groups and balance the classes; rendering a plan is reproducible."""

import json

import numpy as np
import pandas as pd
import pytest

from horuslib.audio import levels
from horuslib.augmentation.hard_negatives import BedInFront
from horuslib.augmentation.plan import drawn_strengths, plan_variations, render
from horuslib.augmentation.recipes import can_become, keeping_recipe
from horuslib.datasets.label_checks import measure
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES
from horuslib.tasks import load_task
from tests.conftest import noise, syllables, tone

pytestmark = pytest.mark.slow

NEVER_FOR_A_TONE = {"Shift", "TimeMask", "AddRoom", "AddLittleRoom", "AddEcho"}


def corpus(task, rng):
    """About forty segments of all classes, two per group: a table without levels, and segment_id -> sound."""
    rate, seconds = task.front_end.sample_rate_hz, task.front_end.segment_s
    speech = [syllables(rng, seconds, rate, level) for level in np.linspace(-28, -18, 24)]
    sounds = [("normal", x) for x in speech]
    sounds += [("normal", noise(rng, seconds, rate, -20)), ("normal", np.zeros_like(speech[0]))]
    sounds += [("ausencia_audio", np.zeros_like(speech[0])), ("ausencia_audio", noise(rng, seconds, rate, -75))]
    sounds += [("sinal_teste", tone(seconds, rate, level_dbfs=level)) for level in (-32, -20, -7)]
    sounds += [("eco_reverb", x + 0.7 * np.roll(x, rate // 4)) for x in speech[:2]]
    sounds += [("ruido_hiss", x + noise(rng, seconds, rate, -33)) for x in speech[:2]]
    if "volume_baixo" in task.labels:
        sounds += [("volume_baixo", x * 0.05) for x in speech[:3]]
    segments = pd.DataFrame(
        {
            "segment_id": [f"r{i:02d}-0000000" for i in range(len(sounds))],
            "recording_id": [f"r{i:02d}" for i in range(len(sounds))],
            "group_id": [f"g{i // 2:02d}" for i in range(len(sounds))],
            "label": [label for label, _ in sounds],
            "fold": [i // 2 % 4 for i in range(len(sounds))],
            "split": "train",
        }
    )
    return segments, {key: x.astype(np.float32) for key, (_, x) in zip(segments["segment_id"], sounds, strict=True)}


@pytest.fixture(scope="module", params=["horus", "heimdall"])
def planned(request):
    """Task, measured segments, their sounds, the plan, and the sound of every variation."""
    task = load_task(request.param)
    segments, sounds = corpus(task, np.random.default_rng(4))
    rate = task.front_end.sample_rate_hz
    segments = segments.merge(measure(segments, lambda row: sounds[row.segment_id], rate), on="segment_id")
    plan = plan_variations(segments, task, np.random.default_rng(0))
    made = {row.variation_id: render(row, sounds[row.segment_id], rate, task) for row in plan.itertuples()}
    return task, segments, sounds, plan, made


def steps(row):
    return json.loads(row.transforms)


def test_variations_balance_the_classes_of_the_task(planned):
    task, segments, _, plan, _ = planned
    made = plan["label"].value_counts()
    assert set(made.index) == set(task.labels)
    assert made.max() <= task.augmentation.balance_cap * made.min()
    totals = made[task.faults] + segments["label"].value_counts()[task.faults]
    assert totals.max() - totals.min() <= 4, "faults go to the rarest classes"


def test_variations_stay_in_their_group_and_fold(planned):
    _, segments, _, plan, _ = planned
    merged = plan.merge(segments, on="segment_id", suffixes=("", "_of_segment"))
    assert len(merged) == len(plan)
    for column in ("recording_id", "group_id", "fold", "split"):
        assert (merged[column] == merged[f"{column}_of_segment"]).all(), column
    assert (merged["source_label"] == merged["label_of_segment"]).all()
    assert plan["variation_id"].is_unique


def test_only_normal_sound_changes_its_label(planned):
    _, _, _, plan, _ = planned
    changed = plan[plan["label"] != plan["source_label"]]
    assert set(changed["source_label"]) == {"normal"}
    assert not changed.duplicated(["segment_id", "label"]).any(), "each fault at most once per segment"


def test_the_plan_is_reproducible_from_its_seed(planned):
    task, segments, *_, plan, _ = planned
    pd.testing.assert_frame_equal(plan, plan_variations(segments, task, np.random.default_rng(0)))
    other = plan_variations(segments, task, np.random.default_rng(1))
    assert (plan["seed"] != other["seed"].reindex(plan.index)).any()


def test_rendering_is_deterministic(planned):
    task, _, sounds, plan, made = planned
    for row in plan.sample(15, random_state=0).itertuples():
        again = render(row, sounds[row.segment_id], task.front_end.sample_rate_hz, task)
        assert np.array_equal(again, made[row.variation_id]), row.transforms


def test_sounds_have_full_length_and_finite_samples_within_full_scale(planned):
    task, _, _, _, made = planned
    for x in made.values():
        assert x.shape == (task.front_end.segment_samples,) and x.dtype == np.float32
        assert np.isfinite(x).all() and np.abs(x).max() <= 1


def test_silence_never_becomes_a_fault_of_programme(planned):
    _, segments, _, plan, _ = planned
    mute = segments[segments["lufs"] < -60]["segment_id"]
    assert len(mute) == 3
    assert set(plan[plan["segment_id"].isin(mute)]["label"]) <= {"normal", "ausencia_audio", "sinal_teste"}


def test_steady_noise_never_gets_an_echo(planned):
    task, segments, _, plan, _ = planned
    steady = segments[(segments["label"] == "normal") & (segments["modulation_db"] < 1)]
    assert len(steady) == 2
    assert "eco_reverb" not in set(plan[plan["segment_id"].isin(steady["segment_id"])]["label"])
    assert can_become("ruido_hiss", steady.iloc[0], task) and not can_become("eco_reverb", steady.iloc[0], task)
    assert not can_become("siren", steady.iloc[0], task)


def whole(row):
    return all(
        s["parameters"].get("start_share", 0) == 0 and s["parameters"].get("end_share", 1) == 1 for s in steps(row)
    )


def test_generated_faults_meet_their_definitions(planned):
    """Levels and tone share by class, for faults that cover the whole segment."""
    task, _, _, plan, made = planned
    rate = task.front_end.sample_rate_hz
    floor_dbfs = levels.to_db(task.decision.silence.rms_below)
    for row in plan.itertuples():
        x = made[row.variation_id]
        if not whole(row):
            continue
        if row.label == "ausencia_audio":
            assert levels.rms_dbfs(x) < max(-60, floor_dbfs - 3), row.transforms
        elif row.label == "sinal_teste":
            assert levels.tone_share(x, rate) > 0.97, row.transforms
        elif row.label == "volume_baixo":
            assert levels.rms_dbfs(x) > -58 and levels.lufs(x, rate) < -35, row.transforms
        elif row.label != "normal":
            assert levels.lufs(x, rate) > -37, row.transforms
            assert levels.rms_dbfs(x) > floor_dbfs, row.transforms


def test_normal_variations_of_audible_sound_stay_audible(planned):
    task, segments, _, plan, made = planned
    audible = set(segments[segments["lufs"] > -35]["segment_id"])
    kept = plan[(plan["label"] == "normal") & plan["segment_id"].isin(audible)]
    assert len(kept) > 15
    for row in kept.itertuples():
        assert levels.lufs(made[row.variation_id], task.front_end.sample_rate_hz) > -37, row.transforms


def test_line_up_tones_are_not_shifted_cut_or_reverberated(planned):
    _, _, _, plan, _ = planned
    tones = plan[plan["label"] == "sinal_teste"]
    assert not {s["name"] for row in tones.itertuples() for s in steps(row)} & NEVER_FOR_A_TONE


def test_normal_variations_are_hard_negatives_without_faults(planned):
    _, _, _, plan, _ = planned
    names = {s["name"] for row in plan[plan["label"] == "normal"].itertuples() for s in steps(row)}
    assert {"AddFaintNoise", "AddLittleRoom", "CodecRoundTrip", "Gain", "Shift"} <= names
    assert names & {"AddBed", "AddFaintEcho", "Fade", "Pause", "NarrowLine", "LowRate"}
    assert not names & {"AddHiss", "AddRoom", "AddEcho", "LowerVolume", "TestTone", "Silence"}


def test_places_and_music_alone_are_among_the_normal_variations(horus, rng):
    """One in ten each: ambience and music without speech, of more kinds than a corpus has."""
    audible = {"lufs": -20.0, "rms_dbfs": -22.0, "peak_dbfs": -6.0, "modulation_db": 8.0}
    recipes = [keeping_recipe("normal", audible, horus, rng) for _ in range(1000)]
    kinds = [step.kinds for recipe in recipes for step in recipe if isinstance(step, BedInFront)]
    places, music = (sum(set(some) == set(kind) for some in kinds) for kind in (BEDS, STYLES))
    assert 70 < places < 130 and 70 < music < 130 and places + music == len(kinds)


def test_partial_faults_cover_the_minimum_share_of_a_label(planned):
    task, _, _, plan, _ = planned
    shares = drawn_strengths(plan).pivot_table(index=["variation_id", "transform"], columns="parameter", values="value")
    length = (shares["end_share"] - shares["start_share"]).dropna()
    assert (length < 1).any() and (length.round(9) >= task.ingest.min_label_share).all()


def test_drawn_parameters_are_within_the_ranges_of_the_task(planned):
    task, _, _, plan, _ = planned
    drawn = drawn_strengths(plan).set_index(["transform", "parameter"])["value"].sort_index()
    a = task.augmentation
    for name, limits in {
        ("AddHiss", "snr_db"): a.hiss_snr_db,
        ("AddRoom", "rt60_s"): a.rt60_s,
        ("AddEcho", "delay_s"): a.echo_delay_s,
        ("TestTone", "dbfs"): a.tone_dbfs,
        ("Silence", "dbfs"): a.silence_dbfs,
        ("AddFaintNoise", "snr_db"): a.faint_noise_snr_db,
    }.items():
        assert limits[0] <= drawn.loc[name].min() <= drawn.loc[name].max() <= limits[1], name


def test_holdout_and_unlabelled_segments_have_no_variations(horus, rng):
    segments, sounds = corpus(horus, rng)
    segments = segments.merge(measure(segments, lambda row: sounds[row.segment_id], 16000), on="segment_id")
    segments.loc[:5, "split"] = "holdout"
    segments.loc[6:9, "label"] = None
    plan = plan_variations(segments, horus, rng)
    assert not set(plan["segment_id"]) & set(segments["segment_id"][:10])
    assert len(plan_variations(segments.iloc[:10], horus, rng)) == 0
    assert list(plan_variations(segments.iloc[:10], horus, rng).columns) == list(plan.columns)


def test_no_class_exceeds_the_balance_cap(horus, rng):
    """Without faults, normal would have eight times the variations of the rarest class; the cap is two times."""
    segments, sounds = corpus(horus, rng)
    segments = segments.merge(measure(segments, lambda row: sounds[row.segment_id], 16000), on="segment_id")
    capped = horus.augmentation.model_copy(update={"faults_per_normal": 0, "balance_cap": 2.0})
    made = plan_variations(segments, horus.model_copy(update={"augmentation": capped}), rng)["label"].value_counts()
    assert made["normal"] == 2 * made.min()
    assert made["volume_baixo"] == 3 * capped.copies, "classes under the cap keep all variations"


def test_missing_levels_are_named_in_the_error(horus, rng):
    with pytest.raises(ValueError, match="no rms_dbfs, peak_dbfs, lufs, modulation_db: merge their measured levels"):
        plan_variations(corpus(horus, rng)[0], horus, rng)


def test_another_rate_than_the_plans_is_refused(planned):
    task, _, sounds, plan, _ = planned
    row = plan.iloc[0]
    with pytest.raises(ValueError, match="the sound has 8000 Hz"):
        render(row, sounds[row.segment_id], 8000, task)

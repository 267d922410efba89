"""The plan of clips: turns of speed and pitch, shares of dips and missing bands, backgrounds of the fold."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from horuslib.acoustics import filters
from horuslib.augmentation import plan
from horuslib.augmentation.backgrounds import Backgrounds
from horuslib.synthesis.street.catalogue import street_sound
from horuslib.tasks import load_task
from horuslib.training import shortcuts

TASK = load_task("sirens")
RATE_HZ = TASK.front_end.sample_rate_hz


@pytest.fixture(scope="module")
def segments():
    rows = [
        {
            "segment_id": f"{label}-{i}",
            "recording_id": f"{label}-{i}",
            "group_id": f"{label}-{i}",
            "start_s": 0.0,
            "end_s": 2.0 + i % 5,
            "label": label,
            "fold": i % 3,
            "split": "train",
            "lufs": -23.0,
            "rms_dbfs": -26.0,
            "peak_dbfs": -10.0,
            "modulation_db": 6.0,
        }
        for label in TASK.labels
        for i in range(40)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def variations(segments):
    table = pd.DataFrame(
        {"background": range(6), "label": ["road_traffic", "environmental_sounds"] * 3, "fold": [0, 0, 1, 1, 2, 2]}
    )
    own = Backgrounds(table, np.zeros((6, TASK.front_end.segment_samples), np.float16))
    return plan.plan_variations(segments, TASK, np.random.default_rng(0), None, own)


def steps(variations):
    return [json.loads(row) for row in variations.transforms]


def test_copies_take_turns_of_speed_and_pitch_and_keep_their_group(variations, segments):
    kept = variations[variations.label == variations.source_label]
    assert len(kept) == 4 * len(segments)
    of_one = kept[kept.segment_id == "emergency_sirens-3"]
    first = [chain[0] for chain in steps(of_one)]
    assert [(step["name"], *(v for k, v in step["parameters"].items() if k != "should_apply")) for step in first] == [
        ("Stretch", 0.95),
        ("Stretch", 1.05),
        ("ShiftPitch", -1.0),
        ("ShiftPitch", 1.0),
    ]
    of_segment = segments.set_index("segment_id")
    for name in ("group_id", "fold", "split"):
        assert (variations[name].to_numpy() == of_segment.loc[variations.segment_id, name].to_numpy()).all()


def test_dips_and_missing_bands_have_their_shares(variations):
    kept = variations[variations.label == variations.source_label]
    named = Counter(step["name"] for chain in steps(kept) for step in chain)
    assert named["GainDip"] / len(kept) == pytest.approx(0.30, abs=0.05)
    assert named["BandStop"] / len(kept) == pytest.approx(0.15, abs=0.04)
    assert named["ClippingDistortion"] / len(kept) == pytest.approx(0.15, abs=0.04)
    assert not any("Mix" in name for name in named), "mixup stays off"


def test_a_background_is_of_the_segments_own_fold(variations):
    table = dict(enumerate([0, 0, 1, 1, 2, 2]))
    used = [
        (row.fold, row.label, step["parameters"]["background"])
        for row, chain in zip(variations.itertuples(), steps(variations), strict=True)
        for step in chain
        if step["name"] == "LayOnBackground"
    ]
    assert used and all(table[background] == fold for fold, _, background in used)
    assert all(background % 2 == 0 for _, label, background in used if label == "road_traffic")


def test_examples_are_generated_from_beds_alone(variations):
    made = variations[(variations.label != variations.source_label) & (variations.source_label != "emergency_sirens")]
    assert set(made.source_label) == {"road_traffic", "environmental_sounds"}
    assert set(made.label) == set(TASK.labels)
    assert all(chain[0]["name"] == "StreetSound" for chain in steps(made))


@pytest.mark.slow
def test_preparation_hides_the_collection_a_clip_came_from():
    """Classes of the same sounds, each with a length, a level and a bandwidth of its own, as collections have them.

    Six classes are guessed at 0.17. The forest gives 0.22 to 0.29 over seeds: a short clip that is repeated has a
    steadier level than a long one.
    """
    from horuslib.audio.fit import filled

    rng, rows, sounds = np.random.default_rng(5), [], []
    kinds = ("siren", "impact", "alert", "traffic", "scream", "surroundings")
    lengths_s, peaks = (3.0, 0.6, 1.5, 9.0, 0.8, 5.0), (0.3, 0.9, 0.2, 0.05, 0.6, 0.1)
    edges_hz = (7000, 3000, 5000, 4000, 6000, 3500)
    for label, seconds, peak, edge_hz in zip(TASK.labels, lengths_s, peaks, edges_hz, strict=True):
        for i in range(24):
            x = street_sound(rng, seconds * rng.uniform(0.8, 1.2), RATE_HZ, kinds[i % len(kinds)])
            x = filters.band(x, RATE_HZ, None, edge_hz, order=6)
            sounds.append(peak * x / np.abs(x).max())
            rows.append({"label": label, "group_id": f"{label}{i}", "clip_s": len(x) / RATE_HZ})
    clips = pd.DataFrame(rows)
    as_they_are = pd.DataFrame([shortcuts.shortcut_measures(x, RATE_HZ) for x in sounds])
    prepared = pd.DataFrame(
        [
            shortcuts.shortcut_measures(
                shortcuts.prepare(filled(x, TASK.front_end), row.label, row.clip_s, TASK, f"clip {i}"), RATE_HZ
            )
            for i, (x, row) in enumerate(zip(sounds, clips.itertuples(), strict=True))
        ]
    )
    before, after = (shortcuts.shortcut_scores(m, clips.label, clips.group_id) for m in (as_they_are, prepared))
    assert before["macro_f1"] > 0.9
    assert after["macro_f1"] < 0.35
    assert prepared.length_s.nunique() == 1


def test_a_fixed_share_of_every_class_is_generated(variations, segments):
    """Sirens and what resembles them: in the same proportion whatever was recorded."""
    copied = variations[variations.label == variations.source_label]
    generated = variations[variations.label != variations.source_label]
    generated = generated[generated.source_label != "emergency_sirens"]
    own = copied.label.value_counts() + segments.label.value_counts()
    wanted = TASK.augmentation.generated_share / (1 - TASK.augmentation.generated_share) * own
    assert (generated.label.value_counts() == np.ceil(wanted)).all()
    assert set(generated.source_label) == {"road_traffic", "environmental_sounds"}
    few = segments[(segments.label != "emergency_sirens") | (segments.segment_id == "emergency_sirens-0")]
    uneven = TASK.augmentation.model_copy(update={"balance_cap": 99.0, "generated_share": 0.2})
    again = plan.plan_variations(few, TASK.model_copy(update={"augmentation": uneven}), np.random.default_rng(0))
    made = again[again.label != again.source_label].label.value_counts()
    assert made["emergency_sirens"] == 2 and made["human_scream"] == 50, "one siren with four copies, and forty screams"


@pytest.mark.slow
def test_sirens_give_surroundings_that_share_with_them_what_says_nothing(variations, segments):
    made = variations[(variations.source_label == "emergency_sirens") & (variations.label != variations.source_label)]
    sirens = (segments.label == "emergency_sirens").sum()
    assert set(made.label) == {"environmental_sounds"}
    assert len(made) == pytest.approx(TASK.augmentation.lookalikes * sirens, abs=0.2 * sirens)
    first = Counter(chain[0]["name"] for chain in steps(made))
    assert set(first) == {"NoiseInstead", "ProgrammeInstead"}
    assert min(first.values()) > 0.3 * len(made)
    none = TASK.augmentation.model_copy(update={"lookalikes": 0.0})
    again = plan.plan_variations(segments, TASK.model_copy(update={"augmentation": none}), np.random.default_rng(0))
    assert not ((again.source_label == "emergency_sirens") & (again.label != again.source_label)).any()

import numpy as np
import pandas as pd

from horuslib.augmentation.measured_rooms import COLUMNS, MIN_AGREEMENT, MeasuredRooms
from horuslib.review.sentences import augment

TRAIN = pd.DataFrame(
    [("a", "eco_reverb"), ("b", "eco_reverb"), ("c", "normal"), ("c", "normal")], columns=["recording_id", "label"]
)
VARIATIONS = pd.DataFrame(
    [("1", "normal", "normal"), ("2", "eco_reverb", "normal"), ("3", "eco_reverb", "normal")],
    columns=["variation_id", "label", "source_label"],
)


def strengths(*rows):
    return pd.DataFrame(rows, columns=["variation_id", "label", "transform", "parameter", "value"])


def rooms(responses):
    return MeasuredRooms(pd.DataFrame(columns=COLUMNS), np.zeros((responses, 4), np.float32))


def test_training_segments_are_counted():
    assert augment.training_segments(TRAIN) == (
        "4 training segments from 3 recordings; the holdout is never augmented."
    )
    assert augment.training_segments(TRAIN[:1]).startswith("1 training segment from 1 recording;")


def test_the_recovery_of_known_rooms_is_their_median_deviation():
    proof = pd.DataFrame(
        [
            ("room, RT60 1 s", 1.0, 1.1, -20.0, 0.9),
            ("room, RT60 2 s", 2.0, 1.4, -10.0, 0.9),
            ("echo", 0.3, 0.3, -30.0, 1),
        ],
        columns=["response", "known", "found", "error_db", "agreement"],
    )
    assert augment.recovery(proof) == "The median error is -20 dB; the median deviation of RT60 is 20%."
    assert "deviation of RT60 is 20%" in augment.recovery(proof.assign(agreement=MIN_AGREEMENT))
    unsure = proof.assign(agreement=0.1)
    assert augment.recovery(unsure).startswith("No known room was recovered")
    assert augment.recovery(proof[:0]).startswith("No known room was recovered")


def test_ids_become_names():
    table = pd.DataFrame({"recording_id": ["a"], "dry_id": ["b"], "x": [1]})
    shown = augment.with_names(table, {"a": "a.mp4", "b": "b.mp4"})
    assert list(shown) == ["recording", "dry", "x"] and shown.to_numpy().tolist() == [["a.mp4", "b.mp4", 1]]
    assert list(augment.with_names(table[["recording_id"]], {})) == ["recording"]


def test_measured_rooms_are_counted_beside_the_recordings_with_an_echo(horus):
    share = horus.augmentation.own_room_share
    assert augment.rooms_measured(TRAIN, rooms(1), horus) == (
        f"1 of 2 training recordings with an echo gave a usable response; {share:.0%} of the echoes generated in their "
        "folds use one."
    )
    assert augment.rooms_measured(TRAIN[2:], rooms(0), horus).startswith("0 of 0 training recordings")
    assert augment.rooms_measured(TRAIN[:1], rooms(0), horus).startswith("0 of 1 training recording with")
    assert "; 0% of the echoes" in augment.rooms_measured(TRAIN, rooms(0), horus)


def test_segments_are_counted_before_and_after(horus):
    table, alt = augment.amounts(TRAIN, VARIATIONS, horus)
    assert list(table.index) == list(horus.labels)
    assert table.loc["eco_reverb"].to_dict() == {"original": 2, "augmented": 0, "made from normal": 2}
    assert table.loc["normal"].to_dict() == {"original": 2, "augmented": 1, "made from normal": 0}
    assert "eco_reverb 2 to 4, " in alt and alt.endswith("normal 2 to 3.")


def test_the_balance_is_a_ratio_before_and_after(shows, hostile):
    amount = pd.DataFrame(
        {"original": [2, 8], "augmented": [0, 4], "made from normal": [4, 0]}, index=["eco", "normal"]
    )
    assert augment.balance(amount) == (
        "8 variations are added to 10 segments. The largest class, `normal`, is 2.0 times as large as the smallest, "
        "`eco`; before, the ratio was 4.0. `eco` gained most: much of it is now generated."
    )
    one = amount.assign(augmented=[0, 0], **{"made from normal": [1, 0]})
    assert augment.balance(one).startswith("1 variation is added to 10 segments.")
    assert augment.balance(one.assign(original=[0, 1])).startswith("1 variation is added to 1 segment.")
    shows(lambda text: augment.balance(pd.concat([amount[:0], amount.rename({"normal": text})])), hostile)


def test_examples_of_each_class_are_generated_faults_then_what_was_varied_within_it(horus):
    kinds = [(label, source) for label in horus.labels for source in dict.fromkeys(["normal", label])]
    rows = [(f"{kind}-{i}", *kind) for kind in reversed(kinds) for i in range(5)]
    chosen = augment.examples(pd.DataFrame(rows, columns=list(VARIATIONS)), 1, horus)
    assert list(zip(chosen.label, chosen.source_label, strict=True)) == kinds
    assert list(chosen) == list(VARIATIONS)


def test_examples_are_as_many_as_asked_for_or_as_there_are(horus):
    assert list(augment.examples(VARIATIONS, 1, horus).label) == ["eco_reverb", "normal"]
    assert len(augment.examples(VARIATIONS, 5, horus)) == 3
    assert len(augment.examples(VARIATIONS[:0], 1, horus)) == 0


def test_strengths_are_listed_by_parameter_without_others():
    drawn = augment.strengths_by_parameter(
        strengths(
            ("1", "x", "AddHiss", "snr_db", 10.0),
            ("2", "x", "AddHiss", "snr_db", 14.0),
            ("3", "x", "AddHiss", "other", 1.0),
            ("4", "x", "AddFaintNoise", "snr_db", 50.0),
        )
    )
    assert {unit: list(values) for unit, values in drawn.items()} == {"hiss: SNR (dB)": [10, 14]}
    assert augment.medians(drawn) == "Medians: hiss: SNR (dB) 12."
    assert augment.medians({}) == "Medians: none."
    assert augment.strengths_by_parameter(strengths()) == {}


def test_the_share_of_partial_faults(horus):
    rows = [
        *[("1", "x", "AddHiss", "start_share", 0.0), ("1", "x", "AddHiss", "end_share", 1.0)],
        *[("2", "x", "AddHiss", "start_share", 0.2), ("2", "x", "AddHiss", "end_share", 1.0)],
        *[("3", "x", "AddFaintNoise", "start_share", 0.5), ("3", "x", "AddFaintNoise", "end_share", 1.0)],
    ]
    said = augment.partial_faults(strengths(*rows), horus)
    assert said.startswith("50% of the generated faults begin or end inside the segment")
    assert f"at least {horus.ingest.min_label_share:.0%} of it" in said
    assert augment.partial_faults(strengths(), horus) == "No fault was generated."

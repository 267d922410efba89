import numpy as np
import pandas as pd

from horuslib.review.sentences import explore


def labelled(*rows):
    return pd.DataFrame(rows, columns=["segment_id", "recording_id", "group_id", "label"])


ROWS = labelled(("1", "a", "g", "normal"), ("2", "a", "g", "normal"), ("3", "b", "g", "normal"), ("4", "c", "h", "eco"))


def levels(**medians):
    rows = {label: dict.fromkeys(explore.LEVELS, value) for label, value in medians.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=explore.LEVELS)


def test_segments_are_counted(horus):
    found = pd.concat([ROWS, labelled(("5", "d", "d", None))])
    assert explore.segments_read(found, ["normal", "eco"], horus) == (
        f"5 segments of {horus.front_end.segment_s:g} s, 4 of them labelled, from 4 recordings."
    )
    one = f"1 segment of {horus.front_end.segment_s:g} s, 1 of them labelled, from 1 recording."
    assert explore.segments_read(ROWS[:1], ["normal"], horus) == one
    assert explore.segments_read(ROWS[:0], [], horus).endswith("0 of them labelled, from 0 recordings.")


def test_segments_recordings_and_groups_are_counted_by_label():
    table, alt = explore.amounts(ROWS, ["eco", "normal"])
    assert table.loc["normal"].to_dict() == {"segments": 3, "recordings": 2, "groups": 1}
    assert alt == "Groups per class: eco 1, normal 1."


def test_the_class_with_the_fewest_groups_is_named(shows, hostile):
    table, _ = explore.amounts(ROWS, ["normal"])
    assert explore.fewest_groups(table) == (
        "`normal` has the fewest groups (1 group), so its measures are the least certain."
    )
    assert explore.fewest_groups(table[:0]) == "No segment is labelled."
    shows(lambda text: explore.fewest_groups(table.rename({"normal": text})), hostile)


def test_medians_are_of_each_label():
    measured = pd.DataFrame({"label": ["a", "a", "a", "b"], "lufs": [-30.0, -20, -25, -np.inf]})
    measured = measured.assign(rms_dbfs=measured.lufs, peak_dbfs=0.0)
    middle = explore.median_levels(measured, ["b", "a"])
    assert list(middle.index) == ["b", "a"] and list(middle.lufs) == [-np.inf, -25]
    assert explore.medians(middle.lufs, "loudness in LUFS") == "Median loudness in LUFS: b -inf, a -25."


def test_the_class_nearest_to_normal_in_loudness_is_named(horus, shows, hostile):
    middle = levels(eco_reverb=-25, volume_baixo=-40, ausencia_audio=-np.inf, normal=-23.5)
    assert explore.nearest_in_loudness(middle, horus) == (
        f"`normal` has a median of -23.5 LUFS (target {horus.decision.target_lufs:g}). `eco_reverb` is the class that "
        "loudness alone separates least from it: 1.5 LU between the medians."
    )
    shows(lambda text: explore.nearest_in_loudness(middle.rename({"eco_reverb": text}), horus), hostile)


def test_normal_alone_and_no_normal_at_all(horus):
    assert explore.nearest_in_loudness(levels(normal=-23.0), horus).endswith("LUFS (target -23).")
    no_background = "There is no background class to compare the loudness with."
    assert explore.nearest_in_loudness(levels(eco_reverb=-23.0), horus) == no_background


def test_typical_segments_are_nearest_to_the_median_in_the_order_of_the_classes():
    measured = pd.DataFrame({"label": list("aaabb"), "rms_dbfs": [-10.0, -20, -60, -np.inf, -np.inf]})
    measured = measured.assign(lufs=0.0, peak_dbfs=0.0)
    middle = explore.median_levels(measured, ["b", "a"])
    assert list(explore.typical_segments(measured, middle, 1).index) == [3, 1]
    assert list(explore.typical_segments(measured, middle, 2).index) == [3, 4, 1, 0]


def test_pairs_are_listed_with_their_classes():
    pairs = pd.DataFrame([("a", "b", 5.04), ("a", "c", 9.0), ("a", "x", 1.0)], columns=["a", "b", "common_s"])
    names = {"a": "a.mp4", "b": "b.mp4", "c": "c.mp4", "x": "x.mp4"}
    table = explore.shared_sound(pairs, ROWS, names)
    assert table.to_numpy().tolist() == [
        ["a.mp4", "normal", "c.mp4", "eco", 9.0],
        ["a.mp4", "normal", "b.mp4", "normal", 5.0],
        ["a.mp4", "normal", "x.mp4", "–", 1.0],
    ]
    assert explore.pairs_found(table) == "3 pairs of recordings share sound, 2 of them under different classes."
    one = "1 pair of recordings shares sound, 0 of them under different classes."
    assert explore.pairs_found(table[1:2]) == one
    assert explore.pairs_found(table[:0]).startswith("0 pairs")


def test_labels_to_check_are_counted_once_per_segment(shows, hostile):
    suspicious = pd.DataFrame({"segment_id": ["1", "1", "4"], "label": ["normal", "normal", "eco"]})
    assert explore.labels_to_check(suspicious[:2], ROWS) == (
        "1 of 4 labelled segments (25%) has a label to check, most often `normal` (1)."
    )
    assert explore.labels_to_check(suspicious, ROWS).startswith("2 of 4 labelled segments (50%) have labels to check")
    assert explore.labels_to_check(suspicious[:1], ROWS[:1]).startswith("1 of 1 labelled segment (100%) has a label")
    assert explore.labels_to_check(suspicious[:0], ROWS[:0]) == "0 of 0 labelled segments (0%) have labels to check."
    shows(lambda text: explore.labels_to_check(suspicious.assign(label=text), ROWS), hostile)

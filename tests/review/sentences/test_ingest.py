import pandas as pd

from horuslib.datasets.channel_level import ChannelLevel
from horuslib.review.sentences import ingest


def recordings(*rows):
    return pd.DataFrame(rows, columns=["recording_id", "path", "status", "duration_s", "sample_rate_hz", "group_id"])


OK = ("a", "a.mp4", "ok", 90.0, 48000, "g")
INTERVALS = pd.DataFrame(
    [
        ("a", "normal", "outside", 0.0, 10.0),
        ("a", "eco_reverb", "timestamp", 10.0, 14.6),
        ("a", "normal", "name", 0, 5),
    ],
    columns=["recording_id", "label", "origin", "start_s", "end_s"],
)


def segments(*rows):
    return pd.DataFrame(rows, columns=["recording_id", "label", "split", "fold"])


def test_labelled_seconds_are_added_up_by_label_and_origin(horus):
    table, alt = ingest.labelled_seconds(INTERVALS, horus.labels)
    assert list(table.index) == ["eco_reverb", "normal"]
    assert table.loc["normal"].to_dict() == {"name": 5, "outside": 10, "timestamp": 0}
    assert alt == "Seconds of labelled sound: eco_reverb 5, normal 15."


def test_missing_labelled_sound_is_reported(horus):
    table, alt = ingest.labelled_seconds(INTERVALS[:0], horus.labels)
    assert len(table) == 0 and alt == "Seconds of labelled sound: none."


def test_recordings_are_counted_with_rates_and_those_without_label(horus):
    failed = ("c", "c.mp4", "failed", 0.0, 0, "c")
    found = recordings(OK, ("b", "b.mp4", "ok", 30.0, 44100, "b"), failed)
    assert ingest.recordings_found(found, INTERVALS, horus) == (
        "3 recordings (2 ok, 1 failed), 2.0 minutes in all. Sample rates: 44100 Hz, 48000 Hz; all are resampled to "
        f"{horus.front_end.sample_rate_hz} Hz. Recordings without any label: 1. They are kept for prediction."
    )


def test_one_recording_and_none(horus):
    assert ingest.recordings_found(recordings(OK), INTERVALS, horus).startswith("1 recording (1 ok), 1.5 minutes")
    none = "0 recordings, 0.0 minutes in all. Recordings without any label: 0."
    assert ingest.recordings_found(recordings(), INTERVALS, horus) == none


def test_errors_ask_for_a_correction():
    assert ingest.issues_found({"error": 1, "note": 2}) == (
        "1 error, 0 warnings, 2 notes. What the errors name is left out of training: correct it and run again."
    )
    assert ingest.issues_found({}) == "0 errors, 0 warnings, 0 notes. No recording or label was left out."


def test_the_channels_level_is_told_with_what_it_comes_from(horus):
    level = ChannelLevel(-31.8, -33.0, -30.5, "known_good", 12, 3.4)
    assert ingest.channel_level(level, horus) == (
        "Typically -31.8 LUFS: the median of 3.40 hours of known-good programme (12 recordings), half of which lie "
        "between -33.0 and -30.5 LUFS. What is `volume_baixo` is measured against it; the exported package carries it."
    )
    one = ingest.channel_level(ChannelLevel(-25.0, -25.0, -25.0, "normal", 1, 0.02), horus)
    assert "0.02 hours of sound labelled `normal` (1 recording)" in one
    assert ingest.channel_level(None, horus) == "The task gives a number."


def test_segments_are_counted_and_the_rarest_class_is_named(horus, shows, hostile):
    def said(rare):
        counts = {
            "segments": {rare: 1, "normal": 4},
            "unlabelled_segments": 3,
            "dropped_segments": {"mixed": 2, "x": 1},
        }
        return ingest.segments_cut(counts, horus)

    assert said("eco_reverb") == (
        f"5 labelled segments of {horus.front_end.segment_s:g} s every {horus.front_end.hop_s:g} s, 3 unlabelled, "
        "3 left out. The rarest class is `eco_reverb` with 1 segment."
    )
    one = {"segments": {"normal": 1}, "unlabelled_segments": 0, "dropped_segments": {}}
    assert ingest.segments_cut(one, horus).startswith("1 labelled segment of ")
    shows(said, hostile)


def test_groups_of_more_than_one_recording_are_listed():
    found = recordings(OK, ("b", "b.mp4", "ok", 1.0, 1, "g"), ("c", "c.mp4", "ok", 1.0, 1, "c"))
    table = ingest.shared_sound(found)
    assert table.to_numpy().tolist() == [["g", "a.mp4, b.mp4"]]
    assert ingest.groups_found(found, pd.DataFrame({"a": ["a"], "b": ["b"]})) == (
        "3 recordings form 2 groups. 1 pair shares sound; the largest group has 2 recordings."
    )


def test_groups_of_one_recording_and_of_none():
    pairs = pd.DataFrame({"a": [], "b": []})
    assert len(ingest.shared_sound(recordings(OK))) == 0
    assert ingest.groups_found(recordings(OK), pairs) == (
        "1 recording forms 1 group. 0 pairs share sound; the largest group has 1 recording."
    )
    assert ingest.groups_found(recordings(), pairs).endswith("the largest group has 0 recordings.")


def test_segments_are_counted_by_fold_and_holdout():
    table, alt = ingest.segments_by_split(
        segments(("a", "normal", "train", 0), ("b", "normal", "train", 1), ("c", "normal", "holdout", -1)),
        ["eco_reverb", "normal"],
    )
    assert table.loc["normal"].to_dict() == {"fold 0": 1, "fold 1": 1, "holdout": 1}
    assert alt == "Segments per class in 2 folds and the holdout; the table below has the numbers."
    _, alt = ingest.segments_by_split(segments(("a", "normal", "train", 0)), ["normal"])
    assert alt == "Segments per class in 1 fold; the table below has the numbers."


def test_gaps_are_a_list_of_escaped_sentences(shows, hostile):
    assert ingest.split_gaps([]) == "Every fold and the holdout contain every class."
    shows(lambda text: ingest.split_gaps(["The holdout has no normal", text]), hostile)


def test_the_sizes_of_the_split_are_reported():
    one = segments(("a", "normal", "train", 0), ("c", "normal", "holdout", -1))
    assert ingest.split_sizes(one) == "1 segment is available for training; 1 segment from 1 recording is held out."
    more = segments(("a", "normal", "train", 0), ("c", "normal", "holdout", -1), ("c", "normal", "holdout", -1))
    assert ingest.split_sizes(more) == (
        "1 segment is available for training; 2 segments from 1 recording are held out."
    )
    assert ingest.split_sizes(segments()) == (
        "0 segments are available for training; 0 segments from 0 recordings are held out."
    )


def test_a_status_is_escaped(horus, shows, hostile):
    shows(lambda text: ingest.recordings_found(recordings(("a", "a", text, 1.0, 1, "a")), INTERVALS, horus), hostile)


def programme(*rows):
    return pd.DataFrame(rows, columns=["path", "source", "duration_s", "status", "split", "fold"])


def spans(*labels):
    return pd.DataFrame({"label": list(labels)})


def test_known_good_programme_is_counted(horus):
    nothing = ingest.known_good_found(programme(), spans(), horus)
    assert nothing == (
        "None. The budget is 2 false alarms per hour; hours of programme that is known to be good, in `data/good` or "
        "named by `GOOD=`, would show whether it is kept."
    )
    known = programme(
        ("r/a.mp4", "r", 1800.0, "ok", "train", 0),
        ("r/b.mp4", "r", 1800.0, "ok", "train", 0),
        ("t/c.mp4", "t", 900.0, "ok", "holdout", -1),
        ("t/d.mp4", "t", 0.0, "failed", "train", 1),
    )
    assert ingest.known_good_found(known, spans(), horus) == (
        "3 recordings of 2 sources, 1.25 hours. 1 file could not be read; the report above says why."
    )
    assert ingest.known_good_found(known[:1], spans(), horus).endswith("can be evaluated by it: add others.")
    assert ingest.known_good_found(known[:3], spans("normal", "eco_reverb", ""), horus).endswith(
        "A person confirmed 1 span as normal and took 2 out of the archive."
    )
    assert ingest.known_good_sources(known).values.tolist() == [["r", 2, 1.0, "0"], ["t", 1, 0.25, "holdout"]]


def test_the_budget_in_words(horus):
    one = horus.model_copy(update={"decision": horus.decision.model_copy(update={"false_alarms_per_hour": 1.0})})
    assert ingest.counted_rate(horus) == "2 false alarms per hour"
    assert ingest.counted_rate(one) == "1 false alarm per hour"


def test_a_task_without_a_background_has_no_known_good_programme(horus):
    labels = [label for label in horus.labels if label != "normal"]
    without = horus.model_copy(update={"labels": labels})
    assert ingest.known_good_found(programme(), spans(), without).endswith("says nothing about it.")

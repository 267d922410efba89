import numpy as np
import pandas as pd

from horuslib.datasets.ingest_issues import IngestIssue
from horuslib.evaluation.metrics import poisson_upper
from horuslib.evaluation.score import event_reliability
from horuslib.review.sentences import evaluate
from horuslib.review.sentences.alarms import cost_of_programme, false_alarms, kinds_of_sources, known_good_alarms
from horuslib.review.sentences.thresholds import (
    budget_on_programme,
    sustained_runs,
    thresholds_alt,
    thresholds_chosen,
)

LABELS = ["eco_reverb", "normal"]


def chosen(thresholds, recall, reason="the best F"):
    index = pd.Index(["eco_reverb", "ruido_hiss"], name="label")
    return pd.DataFrame({"threshold": thresholds, "recall": recall, "reason": reason}, index=index)


def side_by_side(out_of_fold, holdout):
    """(support, f1, f1_low, f1_high) of each of `LABELS`, twice."""
    columns = ["support", "f1", "f1_low", "f1_high"]
    parts = {"out of fold": out_of_fold, "holdout": holdout}
    return pd.concat({k: pd.DataFrame(v, columns=columns, index=LABELS) for k, v in parts.items()}, axis=1)


def strengths(*recalls):
    rows = [
        ("snr_db", "ruido_hiss", "programme over noise, dB", 5.0 * i, 5.0 * i + 5, 10, recall)
        for i, recall in enumerate(recalls)
    ]
    return pd.DataFrame(rows, columns=["strength", "label", "meaning", "low", "high", "made", "recall"])


def sources(*wrong):
    return pd.DataFrame(
        {"recording_id": [str(i) for i in range(len(wrong))], "wrong": wrong}, columns=["recording_id", "wrong"]
    )


def test_segments_are_counted_by_split():
    found = pd.DataFrame(
        {"split": ["train", "holdout", "holdout"], "recording_id": list("aab"), "group_id": list("ggg")}
    )
    assert evaluate.segments_evaluated(found) == (
        "Evaluated: 1 segment out of fold and 2 in the holdout, from 2 recordings in 1 group."
    )
    assert evaluate.segments_evaluated(found[:1]).endswith("from 1 recording in 1 group.")
    assert evaluate.segments_evaluated(found[:0]).startswith("Evaluated: 0 segments out of fold and 0 in the holdout")


def test_the_temperature_says_how_confident_the_network_was():
    found = evaluate.calibration(2.0, 0.2, 0.1)
    assert found.alt == (
        "The expected calibration error is 0.200 before and 0.100 after calibration (temperature 2.00)."
    )
    assert found.markdown == (
        f"{found.alt} The network was over-confident. On held-out folds calibration lowers the error."
    )
    worse = evaluate.calibration(0.8, 0.1, 0.1).markdown
    assert worse.endswith("was under-confident. On held-out folds calibration does not lower the error.")
    for temperature in (evaluate.UNDERCONFIDENT, 1.0, evaluate.OVERCONFIDENT):
        assert "was well calibrated" in evaluate.calibration(temperature, 0.1, 0.1).markdown


def test_what_the_measures_are_worth(horus, shows, hostile):
    rows = {
        "the network alone": (0.5, 0.1),
        "echo": (0.45, 0.1),
        "all, without the veto": (0.375, 0.1),
        "all": (0.25, 0.05),
    }
    worth = pd.DataFrame.from_dict(rows, orient="index", columns=["log_loss", "normal_alarms"])
    assert evaluate.worth_of_measures(worth, horus) == (
        "With all measures the log loss is 0.250 instead of 0.500, and 5% of normal segments are classified as a fault "
        "instead of 10%, before thresholds. Without the veto the log loss would be 0.375."
    )
    assert "veto" not in evaluate.worth_of_measures(worth.drop("all, without the veto"), horus)
    assert evaluate.worth_of_measures(worth.loc[["the network alone", "all"]], horus).startswith("With all measures")
    assert evaluate.worth_of_measures(worth[:1], horus) == (
        "The task `horus` uses no waveform measure: the decision rests on the network alone."
    )
    shows(lambda text: evaluate.worth_of_measures(worth[:1], horus.model_copy(update={"name": text})), hostile)


def test_thresholds_as_plain_text():
    assert thresholds_alt({"a_b": 0.5, "c": 0.333}) == "Thresholds: a_b 0.50, c 0.33."


def test_the_highest_threshold_and_what_the_network_alone_misses():
    choice = chosen([0.5, 0.75], [1.0, 0.9])
    assert thresholds_chosen(choice, chosen([0.5, 0.5], [0.75, 0.9]), {}, []) == (
        "The highest threshold is that of `ruido_hiss`, 0.75. No class lacked data to choose by. "
        "The network alone loses most recall in `eco_reverb`: 25 percentage points."
    )
    assert thresholds_chosen(choice, choice, {}, []).endswith("The network alone has no lower recall in any class.")


def test_recall_that_is_not_known_is_no_loss():
    unknown = chosen([0.5, 0.75], [np.nan, np.nan])
    assert "no lower recall" in thresholds_chosen(unknown, unknown, {}, [])


def test_defaults_overrides_and_unused_rows_are_reported():
    choice = chosen([0.5, 0.75], [1.0, 1.0], ["the task's default: 3 segments are too few", "the analyst's"])
    said = thresholds_chosen(
        choice, choice, {"ruido_hiss": 0.75}, [IngestIssue("t.csv", "line 2", "no number", "x", "error")]
    )
    assert "Set to the default for lack of data: `eco_reverb` 0.50 (the task&#39;s default&#58; 3 segments are" in said
    assert "An analyst chose the threshold of `ruido_hiss` after seeing these segments" in said
    assert said.endswith("Not used: line 2, no number.")
    both = thresholds_chosen(choice, choice, {"eco_reverb": 0.5, "ruido_hiss": 0.75}, [])
    assert "An analyst chose the thresholds of `eco_reverb`, `ruido_hiss` after seeing these segments" in both
    assert "optimistic for it." in said and "optimistic for them." in both


def test_rows_of_the_ledger_labels_and_reasons_are_escaped(shows, hostile):
    choice = chosen([0.5, 0.75], [1.0, 1.0])

    def said(choice=choice, overrides=(), issue=None):
        issues = [IngestIssue("t.csv", *issue, "x", "error")] if issue else []
        return thresholds_chosen(choice, chosen([0.5, 0.5], [0.5, 1.0]), dict.fromkeys(overrides, 0.5), issues)

    shows(lambda text: said(issue=("line 2", text)), hostile)
    shows(lambda text: said(issue=(text, "x")), hostile)
    shows(lambda text: said(overrides=[text]), hostile)
    shows(lambda text: said(choice.assign(reason=["default " + text, ""])), hostile)
    renamed = choice.assign(threshold=[0.9, 0.1])
    shows(
        lambda text: thresholds_chosen(renamed.rename({"eco_reverb": text}), renamed, {}, []),
        hostile,
    )


def test_a_task_without_background_has_no_share_of_normal_segments(horus):
    worth = pd.DataFrame(
        {"log_loss": [0.5, 0.4], "normal_alarms": [np.nan, np.nan]}, index=["the network alone", "all"]
    )
    assert evaluate.worth_of_measures(worth, horus) == "With all measures the log loss is 0.400 instead of 0.500."


def test_overlapping_intervals_agree():
    agree = side_by_side([(9, 0.8, 0.7, 0.9), (9, 0.9, 0.8, 1.0)], [(3, 0.7, 0.5, 0.75), (0, np.nan, np.nan, np.nan)])
    assert evaluate.holdout_compared(agree) == (
        "1 class occurs in both; in 1 of them the two intervals of F1 overlap. Out of fold and holdout agree."
    )
    differ = side_by_side([(9, 0.8, 0.7, 0.9), (9, 0.9, 0.8, 1.0)], [(3, 0.5, 0.3, 0.6), (3, 0.9, 0.8, 1.0)])
    assert evaluate.holdout_compared(differ) == (
        "2 classes occur in both; in 1 of them the two intervals of F1 overlap. For the others, see the "
        "recordings at the end."
    )
    touching = side_by_side([(9, 0.8, 0.7, 0.9)] * 2, [(3, 0.6, 0.5, 0.7), (3, 0.95, 0.9, 1.0)])
    assert evaluate.holdout_compared(touching).endswith("Out of fold and holdout agree.")
    swapped = agree.rename(columns={"holdout": "out of fold", "out of fold": "holdout"})
    assert evaluate.holdout_compared(swapped).startswith("1 class occurs")
    assert evaluate.holdout_compared(agree[1:]).startswith("No class occurs both out of fold and in the holdout")


def test_the_most_frequent_error_is_the_largest_count_off_the_diagonal(shows, hostile):
    found = evaluate.commonest_error(np.array([[9, 1], [3, 7]]), LABELS)
    assert found.alt == "The commonest error is normal classified as eco_reverb: 3 of 10 segments."
    assert "`normal` classified as `eco_reverb`" in found.markdown
    assert evaluate.commonest_error(np.array([[0, 1], [0, 0]]), LABELS).alt.endswith("as normal: 1 of 1 segment.")
    assert evaluate.commonest_error(np.diag([1, 2]), LABELS).alt == "No segment is misclassified out of fold."
    shows(lambda text: evaluate.commonest_error(np.array([[0, 1], [0, 0]]), [text, "normal"]).markdown, hostile)
    shows(lambda text: evaluate.commonest_error(np.array([[0, 1], [0, 0]]), ["normal", text]).markdown, hostile)


def test_the_weakest_class_has_the_lowest_f1_out_of_fold(shows, hostile):
    unseen = (0, np.nan, np.nan, np.nan)
    table = side_by_side([unseen, (9, 0.75, 0.6, 0.9)], [unseen, unseen])
    assert evaluate.weakest_class(table, 0.75) == "The lowest F1 is that of `normal`, 0.75; the macro-F1 is 0.750."
    assert evaluate.weakest_class(table[:1], np.nan) == "Nothing was evaluated out of fold."
    shows(lambda text: evaluate.weakest_class(table.rename({"normal": text}), 0.5), hostile)


def test_false_alarms_are_a_rate_and_its_bound(horus):
    events = {"found": 1, "faults": 1, "right": 1, "events": 3, "false_alarms": 2}
    rates = {"false_alarms_per_hour": 4.0, "false_alarms_per_hour_upper95": 12.6}
    allowed = horus.decision.false_alarms_per_hour
    assert false_alarms({"events": events, "normal_hours": 0.5, **rates}, horus) == (
        "Out of fold the detector finds 1 of 1 labelled fault; it reports 3 events, 1 of them right. 2 false alarms in "
        "0.50 h of normal sound: 4.0 per hour, and with 95 % confidence no more than 12.6 per hour. The task allows "
        f"{allowed:g} per hour. To show that rate without a single false alarm takes "
        f"{poisson_upper(0) / allowed:.1f} h of normal sound."
    )


def test_without_normal_sound_the_rate_is_unknown(horus):
    events = dict.fromkeys(("found", "faults", "right", "events", "false_alarms"), 0)
    said = false_alarms({"events": events, "normal_hours": 0.0}, horus)
    assert "No normal sound was evaluated, so the false-alarm rate is unknown." in said
    one = false_alarms({"events": events | {"events": 1}, "normal_hours": 0.0}, horus)
    assert "it reports 1 event, 0 of them right." in one
    nothing = horus.model_copy(update={"decision": horus.decision.model_copy(update={"false_alarms_per_hour": 0.0})})
    assert false_alarms({"events": events, "normal_hours": 0.0}, nothing).endswith("The task allows 0 per hour.")


def test_events_are_calibrated_where_the_interval_holds_the_confidence():
    table = pd.DataFrame({"confidence": [0.9, 0.5], "low": [0.8, 0.6], "high": [1.0, 0.7]})
    assert evaluate.events_calibrated(table) == (
        "In 1 of 2 rows the mean confidence lies within the interval of the share that is right."
    )
    edges = pd.DataFrame({"confidence": [0.5], "low": [0.5], "high": [0.5]})
    assert evaluate.events_calibrated(edges).startswith("In 1 of 1 row the")
    none = event_reliability(pd.DataFrame({"confidence": [0.5], "type": ["a"], "label": [""]}))
    assert evaluate.events_calibrated(none) == "There are no events to compare."


def test_strengths_with_little_recall_are_missed(shows, hostile):
    found = evaluate.missed_strengths(strengths(0.25, 0.75, 0.0))
    assert found.alt == (
        "The recall is under 50% for ruido_hiss, programme over noise, dB: 0 to 5 (25% of 10), 10 to 15 (0% of 10)."
    )
    assert evaluate.missed_strengths(strengths(0.5)).alt == "At every strength the recall is at least 50%."
    assert evaluate.missed_strengths(strengths()).markdown == "No faults were generated for this task."
    shows(lambda text: evaluate.missed_strengths(strengths(0.25).assign(label=text)).markdown, hostile)


def test_errors_are_counted_with_their_folder(horus, shows, hostile):
    wrong = pd.DataFrame({"segment_id": ["a", "b"]})
    assert evaluate.errors_shown(1, wrong, horus) == (
        "1 of 2 misclassified segments is shown; all are WAV files in `artifacts/horus/06_evaluate/misclassified/`."
    )
    assert evaluate.errors_shown(12, wrong, horus).startswith("2 of 2 misclassified segments are shown")
    assert evaluate.errors_shown(12, wrong[:1], horus).startswith("1 of 1 misclassified segment is shown")
    assert evaluate.errors_shown(12, wrong[:0], horus) == "No segment is misclassified."
    shows(lambda text: evaluate.errors_shown(1, wrong, horus.model_copy(update={"name": text})), hostile)


def test_recordings_with_errors_are_named():
    table = evaluate.recordings_with_errors(sources(2, 0), {"0": "a.mp4", "1": "b.mp4"})
    assert table.to_dict("records") == [{"recording_id": "0", "wrong": 2, "path": "a.mp4"}]


def test_errors_are_concentrated_where_few_recordings_hold_most():
    assert evaluate.errors_concentrated(sources(5, 3, 1, 1, 0)) == (
        "4 of 5 recordings have errors; the worst 3 account for 90% of them."
    )
    assert evaluate.errors_concentrated(sources(5, 3, 1)) == "3 of 3 recordings have errors."
    assert evaluate.errors_concentrated(sources(5)) == "1 of 1 recording has errors."
    assert evaluate.errors_concentrated(sources(5, 0)) == "1 of 2 recordings has errors."
    assert evaluate.errors_concentrated(sources(0)) == "No recording has a misclassified segment."
    assert evaluate.errors_concentrated(sources()) == "No recording has a misclassified segment."


def test_unlabelled_segments_are_counted(horus):
    limit = horus.decision.default_threshold
    new = pd.DataFrame({"recording_id": ["a", "a"], "confidence": [limit - 0.1, limit]})
    assert evaluate.unlabelled_predicted(new, horus) == (
        f"2 segments without a label, from 1 recording; the confidence is under {limit:g} in 1 of them."
    )
    assert evaluate.unlabelled_predicted(new[:1], horus).startswith("1 segment without a label, from 1 recording;")
    assert evaluate.unlabelled_predicted(new[:0], horus) == "Every segment has a label."


def heard(hours, source="s", quiet=0.0):
    """One recording of known-good programme, a segment every 2.5 s."""
    start_s = 2.5 * np.arange(round(hours * 1440))
    table = pd.DataFrame({"recording_id": "r", "source": source, "start_s": start_s, "end_s": start_s + 2.5})
    return table.assign(rms=0.1, peak=0.3, quiet=quiet)


def alarms(n, source="s"):
    return pd.DataFrame({"type": ["eco_reverb"] * n, "source": [source] * n})


def test_alarms_on_known_good_programme_and_what_they_prove(horus, shows, hostile):
    nothing = known_good_alarms(alarms(0), heard(0), horus)
    assert nothing.endswith("To show the budget without a single false alarm takes 0.8 hours of it.")
    few = known_good_alarms(alarms(2), heard(4), horus)
    assert few == (
        "2 false alarms in 4.00 h of 1 source: 0.5 per hour, with 95 % confidence between 0.1 and 1.8. The task allows "
        "2 per hour. `volume_baixo` is not evaluated here: what is under its bound may be faulty, and what is above it "
        "a scan rejects. Most are `eco_reverb` (2); the worst source is `s` (2). The 80 % upper bound, 1.1, keeps the "
        "budget."
    )
    assert known_good_alarms(alarms(0), heard(4), horus).endswith("The 80 % upper bound, 0.4, keeps the budget.")
    assert known_good_alarms(alarms(40), heard(4), horus).endswith("Even the lower bound breaks the budget.")
    undecided = known_good_alarms(alarms(1), heard(1), horus)
    assert "more hours would show with 80 % that the budget is kept." in undecided
    over = known_good_alarms(alarms(3), heard(1), horus)
    assert over.endswith("If it goes on, 9.0 more hours would show with 95 % that the budget is broken.")
    equal = known_good_alarms(alarms(4), heard(2), horus)
    assert equal.endswith("The rate is so near the budget that no number of hours would soon tell.")
    shows(lambda text: known_good_alarms(alarms(1, text), heard(1), horus), hostile)


def test_classes_whose_budget_is_not_kept_on_programme_are_named(horus, shows, hostile):
    kept = "1 alarm in 14.0 h, 1 allowed by the 80 % bound"
    broken = (
        "4 alarms in 3.0 h, 0 allowed by the rate itself (the 80 % bound takes 6.4 h); not kept: no threshold keeps it"
    )
    choice = chosen([0.5, 0.75], [1.0, 0.9]).assign(programme=[kept, broken])
    said = budget_on_programme(choice)
    assert said == "The budget on known-good programme is not kept by `ruido_hiss`, and by the others it is."
    assert budget_on_programme(choice.assign(programme=kept)).startswith("Every class keeps its share")
    assert budget_on_programme(choice.assign(programme="")) == ""
    shows(lambda text: budget_on_programme(choice.rename({"ruido_hiss": text})), hostile)


def test_what_the_archive_costs_in_recall(shows, hostile):
    index = pd.Index(["eco_reverb", "ruido_hiss"], name="label")
    recall = pd.DataFrame({"segments": 9, "before": [0.9, 0.8], "after": [0.7, 0.85]}, index=index)
    assert cost_of_programme(recall) == ("With the archive the recall of `eco_reverb` falls from 0.90 to 0.70.")
    assert cost_of_programme(recall[1:]) == "The archive costs no recall in any class."
    assert cost_of_programme(pd.DataFrame()).startswith("There is no known-good programme")
    shows(lambda text: cost_of_programme(recall.rename({"eco_reverb": text})), hostile)
    shows(lambda text: kinds_of_sources([text]), hostile)


def test_a_class_that_is_not_judged_on_programme_is_named(horus):
    assert "`volume_baixo` is not evaluated here" in known_good_alarms(alarms(0), heard(1), horus)


def test_what_is_low_by_definition_is_told(horus):
    low = heard(1).assign(quiet=np.repeat([1.0, 0.0], 720))
    assert "30 minutes of it are silent, or so far under" in known_good_alarms(alarms(0), low, horus)
    assert "of it are silent" not in known_good_alarms(alarms(0), heard(1), horus)


def test_a_task_without_a_background_has_no_known_good_programme(horus):
    labels = [label for label in horus.labels if label != "normal"]
    without = horus.model_copy(update={"labels": labels})
    assert known_good_alarms(alarms(0), heard(0), without).endswith("no false alarm on it.")


def test_what_becomes_of_an_override_for_the_network_alone_is_said(shows, hostile):
    choice = chosen([0.5, 0.75], [1.0, 1.0])
    own = {"ruido_hiss": 0.75, "eco_reverb": 0.42}
    said = thresholds_chosen(choice, choice, own, [], {"ruido_hiss": 0.9})
    assert "whose scale is another, the same recall is kept: `ruido_hiss` 0.75 becomes 0.90." in said
    assert "The network alone keeps its own threshold of `eco_reverb`: no segment tells the recall." in said
    shows(lambda text: thresholds_chosen(choice, choice, {text: 0.5}, [], {text: 0.6}), hostile)


def test_how_little_is_enough_of_what_lasts(horus, heimdall):
    thresholds = dict.fromkeys(horus.faults, 0.5)
    assert sustained_runs({"eco_reverb": 0.25}, thresholds, horus) == (
        "Where `eco_reverb` lasts 40 s, 0.20 in every segment is enough: on known-good programme that adds no alarm."
    )
    without = sustained_runs({}, thresholds, horus)
    assert without.startswith("Weak evidence of `eco_reverb` is never enough") and "1 h of known-good" in without
    assert sustained_runs({}, thresholds, heimdall) == ""

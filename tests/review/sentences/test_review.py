import pandas as pd
import pytest

from horuslib.review.sentences import review


@pytest.fixture
def classes(horus):
    """As many missed as falsely named segments, of every class."""
    return pd.DataFrame({"missed": 1, "falsely_named": 1}, index=horus.labels)


def evaluated(*doubts):
    return pd.DataFrame({"wrong": [x > 0.5 for x in doubts], "doubt": doubts, "suspicion": ""})


def test_segments_are_counted():
    assert review.segments_decided(evaluated(0.1)) == "1 labelled segment, decided at the exported thresholds."
    assert review.segments_decided(evaluated()).startswith("0 labelled segments")


def test_the_least_balanced_threshold_is_too_low_or_too_high(classes, horus):
    classes.loc["eco_reverb", ["missed", "falsely_named"]] = [0, 5]
    assert review.least_balanced(classes, {"eco_reverb": 0.5}, horus) == (
        "The threshold of `eco_reverb` is the least balanced: 0 missed, 5 false detections at 0.50 (too low)."
    )
    classes.loc["ruido_hiss", ["missed", "falsely_named"]] = [9, 1]
    assert review.least_balanced(classes, {}, horus) == (
        "The threshold of `ruido_hiss` is the least balanced: 9 missed, 1 false detection (too high)."
    )


def test_balanced_thresholds_and_the_background_class(classes, horus):
    classes.loc["normal", "missed"] = 100
    assert review.least_balanced(classes, {}, horus) == (
        "Every fault is missed as often as it is falsely detected: the thresholds are balanced."
    )


def test_a_label_is_escaped(classes, horus, shows, hostile):
    def said(label):
        task = horus.model_copy(update={"labels": [label, "normal"]})
        return review.least_balanced(pd.DataFrame({"missed": 2, "falsely_named": 1}, index=[label, "normal"]), {}, task)

    shows(said, hostile)


def test_errors_are_counted():
    assert review.errors_found(evaluated(0.9, 0.1)) == "1 of 2 segments is classified otherwise than labelled."
    assert review.errors_found(evaluated(0.1)) == "0 of 1 segment is classified otherwise than labelled."
    assert review.errors_found(evaluated()) == "0 of 0 segments are classified otherwise than labelled."
    assert review.alarms_found(1, 0.125) == "1 false alarm in 0.12 h of normal sound."


def test_errors_are_shown_here_or_in_the_panel():
    errors = evaluated(0.9, 0.8, 0.7).assign(suspicion=["very quiet", "", ""])
    assert review.errors_listed(errors, 1, live=False) == (
        "1 error is shown; the sound contradicts the label of 1 of all 3."
    )
    assert review.errors_listed(errors, 5, live=False).startswith("3 errors are shown;")
    assert review.errors_listed(errors, 0, live=True).startswith("The panel above plays the errors;")
    assert review.errors_listed(errors[:0], 5, live=False) == (
        "0 errors are shown; the sound contradicts the label of 0 of all 0."
    )


def test_the_least_certain_correct_predictions():
    assert review.low_confidence(evaluated(0.25, 0.4), live=False) == (
        "The probability of the correct class ranges from 0.60 to 0.75."
    )
    assert review.low_confidence(evaluated(), live=False) == "There are none to show."
    assert review.low_confidence(evaluated(), live=True) == "The panel lists them: all segments, by doubt."


def test_uncertain_segments_are_counted():
    assert review.uncertain(evaluated(0.9, 0.5, 0.1, 0.2)) == (
        "In 1 segment (25%) the probability of the label is under 0.5; listen to these first."
    )
    assert review.uncertain(evaluated()) == "In every segment the probability of the label is at least 0.5."


def test_alarms_on_known_good_programme_are_counted():
    alarms = pd.DataFrame({"type": ["eco_reverb"] * 3})
    assert review.alarms_listed(alarms[:0], 5, live=False).startswith("There are none")
    three = review.alarms_listed(alarms, 2, live=False)
    assert three == "3 alarms on known-good programme; the 2 surest are shown."
    one = review.alarms_listed(alarms[:1], 2, live=False)
    assert one == "1 alarm on known-good programme; the 1 surest is shown."
    assert review.alarms_listed(alarms, 0, live=True).endswith("the panel above plays them.")

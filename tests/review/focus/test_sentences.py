"""What the notebooks of a focused fine-tune say follows from their numbers."""

import numpy as np
import pandas as pd

from horuslib.focus.false_alarms import COLUMNS
from horuslib.review.focus import sentences


def history(first, last, rate=3e-5, run="fold_0"):
    rows = {"run": run, "learning_rate": [0.0, rate], "unseen_macro_f1": [first, last], "moved_head": [0.0, 0.02]}
    return pd.DataFrame(rows)


def test_a_rate_that_moves_nothing_is_called_so():
    said = sentences.moved(history(0.6, 0.603), history(0.6, 0.66, 3e-4, "fold_0 at 0.0003"))
    assert "At 3e-05 the fine-tune hardly moves" in said and "weights move by 2.0%" in said
    assert "At 0.0003: +0.060" in said
    assert "lowers" in sentences.moved(history(0.6, 0.5), history(0.6, 0.6))


def test_the_ruling_says_what_to_do_next():
    refused = {"passed": False, "refused": True, "reasons": ["x: 73 needed, 20 given"]}
    assert "EVIDENCE=folds" in sentences.ruled(refused, "sirens", "held_out")
    assert "EVIDENCE=folds" not in sentences.ruled(refused, "sirens", "folds")
    passed = {"passed": True, "refused": False, "reasons": []}
    assert "horus promote --task sirens" in sentences.ruled(passed, "sirens", "folds")
    assert sentences.word({"passed": False, "refused": False}) == "The gate does not let the candidate pass"


def test_the_ledgers_effect_is_counted():
    state = pd.DataFrame({"state": ["as filed"] * 5 + ["relabelled"] * 2 + ["quarantined"]})
    said = sentences.relabelled(state)
    assert said.startswith("2 relabelled, 1 quarantined; 5 as filed.") and "not trained on until" in said
    assert "every file is trained on as filed" in sentences.relabelled(state[:5])


def test_rules_without_evidence_are_not_praised():
    table = pd.DataFrame({"average_precision": [np.nan], "recall": [np.nan]}, index=["self_confidence"])
    assert "too few groups" in sentences.rules_compared(table)
    assert "average precision 0.70" in sentences.rules_compared(table.assign(average_precision=0.7, recall=0.5))


def test_the_policy_says_whether_it_is_on_and_how_often_it_was_right():
    assert sentences.policy(False, 0, 0, 0) == "The policy is off. No person's tag tells its precision yet."
    assert "agrees with 3 of 4 tags" in sentences.policy(True, 3, 4, 2)


def test_probes_name_the_worst_confusion():
    rows = [("siren", "wail", 0.5, 0.75), ("alert", "beep", 0.1, 0.0), ("alert", "horn", 0.1, 0.5)]
    table = pd.DataFrame(rows, columns=["class", "sound", "before", "after"])
    said = sentences.probed(table, "siren")
    assert "50% were found before and 75% after" in said and "`horn` most (50%)" in said
    assert "nothing is probed" in sentences.probed(table[:0], "siren")


def test_each_pattern_of_names_is_a_sentence():
    table = pd.DataFrame({"file": ["siren"], "problem": ["2 files are numbered as a_# of <alert>"]})
    assert sentences.patterns_found(table) == ("- `siren`: 2 files are numbered as a&#95;&#35; of &#60;alert&#62;")
    assert "No class holds" in sentences.patterns_found(table[:0])


def test_how_many_mistakes_can_be_heard():
    assert sentences.heard(0, 0, "out of fold") == "There is no mistake out of fold."
    assert "3 mistakes out of fold; all of them" in sentences.heard(3, 3, "out of fold")
    assert "1 mistake held out; all" in sentences.heard(1, 1, "held out") and "50 of them" in sentences.heard(
        50, 70, "x"
    )


def test_false_alarms_come_with_their_hours_and_bounds():
    rows = [("before", "generated", 0.5, 4, 8.0, 2.2, 20.5), ("after", "generated", 0.5, 0, 0.0, 0.0, 7.4)]
    said = sentences.false_alarms(pd.DataFrame(rows, columns=COLUMNS), "siren")
    assert "`siren` in 30 min of generated programme: 8.0 an hour before (95% interval 2.2 to 20.5), 0.0 an" in said


def test_tasks_classes_rules_and_reasons_are_escaped(shows, hostile):
    ruling = {"passed": True, "refused": False, "reasons": ["r"]}
    shows(lambda text: sentences.ruled(ruling, text, "folds"), hostile)
    shows(lambda text: sentences.ruled({**ruling, "passed": False, "refused": True}, text, "held_out"), hostile)
    shows(lambda text: sentences.ruled({**ruling, "reasons": [f"a{text}"]}, "sirens", "folds"), hostile)
    rules = pd.DataFrame({"average_precision": [0.7], "recall": [0.5]}, index=["x"])
    shows(lambda text: sentences.rules_compared(rules.rename({"x": text})), hostile)
    probes = pd.DataFrame([("siren", "wail", 0.5, 0.75), ("alert", "horn", 0.1, 0.5)])
    probes.columns = ["class", "sound", "before", "after"]
    shows(lambda text: sentences.probed(probes.replace("horn", text), "siren"), hostile)
    shows(lambda text: sentences.probed(probes.replace("siren", text), text), hostile)
    shows(lambda text: sentences.probed(probes[:0], text), hostile)
    rates = pd.DataFrame([("before", "generated", 0.5, 4, 8.0, 2.2, 20.5)], columns=COLUMNS)
    shows(lambda text: sentences.false_alarms(rates, text), hostile)
    readings = pd.DataFrame(
        [[0.5, 0.6], [0.1, 0.04]],
        index=["macro-F1", "calibration error"],
        columns=pd.MultiIndex.from_product([["as filed"], ["before", "after"]]),
    )
    shows(lambda text: sentences.figures(readings.rename(columns={"as filed": f"a{text}"})), hostile)

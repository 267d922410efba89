import pandas as pd

from horuslib.core.artifacts import sha256_file
from horuslib.core.paths import Paths
from horuslib.review.reports import verdict
from tests.evaluated import found


def test_fit_only_when_the_bound_is_within_the_budget(horus):
    assert verdict.assess(found(horus, rate=0.5, normal_hours=4.0), horus).tone == "good"
    close = verdict.assess(found(horus, rate=1.0, normal_hours=1.0), horus)
    assert (close.tone, close.word) == ("open", "Undecided")
    assert (
        "1.0 false alarms per hour in 1.00 h of normal sound: the 80 % upper bound is 3.0; the task allows 2. "
        in (close.reasons[0])
    )
    assert close.reasons[0].endswith("more hours of known-good programme would tell.")


def test_a_single_alarm_in_a_quarter_of_an_hour_is_undecided(horus):
    once = verdict.assess(found(horus, rate=4.0, normal_hours=0.25), horus)
    assert once.word == "Undecided" and "If that rate goes on, 2.8 more hours" in once.reasons[0]
    assert once.reasons[0].endswith("more hours of known-good programme would show that the budget is broken.")
    equal = verdict.assess(found(horus, rate=2.0, normal_hours=2.0), horus)
    assert equal.reasons[0].endswith("That is so near the budget that no number of hours would soon tell.")


def test_not_ready_when_the_lower_bound_breaks_the_budget(horus):
    over = verdict.assess(found(horus, rate=5.0, normal_hours=4.0), horus)
    assert over.word == "Not ready" and "certainly more than 3.1; the task allows 2" in over.reasons[0]


def test_known_good_programme_is_the_evidence_where_there_is_some(horus):
    kept = found(horus, rate=8.0, normal_hours=0.25, known_good={"count": 3, "hours": 10.0})
    assert verdict.assess(kept, horus).tone == "good"
    broken = found(horus, rate=0.0, normal_hours=0.25, known_good={"count": 60, "hours": 10.0})
    assert "6.0 false alarms per hour in 10.00 h of known-good programme" in verdict.assess(broken, horus).reasons[0]


def test_a_class_with_low_or_no_recall(horus):
    poor = found(horus)
    poor["per_class"]["eco_reverb"]["f1"] = 0.55
    poor["per_class"]["ruido_hiss"]["support"] = 0
    reasons = verdict.assess(poor, horus).reasons
    assert "eco_reverb is detected poorly: F1 0.55, required 0.80." in reasons
    assert "ruido_hiss has no labelled segment to be evaluated on." in reasons


def test_with_few_segments_f1_is_uncertain(horus):
    few = verdict.assess(found(horus, low=0.6), horus)
    assert few.tone == "open" and "as low as: ausencia_audio 0.60" in few.reasons[0]


def test_without_normal_sound_the_false_alarm_rate_is_unknown(horus):
    none = verdict.assess(found(horus, rate=None, bound=None, normal_hours=0.0), horus)
    assert none.tone == "open" and "the false-alarm rate is unknown" in none.reasons[0]


def test_generated_sound_is_never_more_than_a_demonstration(horus):
    demo = verdict.assess(found(horus), horus, generated=True)
    assert demo.word == "A demonstration" and "not its quality on real videos" in demo.reasons[0]


def test_one_file_outside_of_the_demo_corpus_is_no_demo(tmp_path):
    paths = Paths(root=tmp_path, project=tmp_path)
    paths.demo.mkdir(parents=True)
    (paths.demo / "a.wav").write_bytes(b"generated")
    demo = sha256_file(paths.demo / "a.wav")
    assert verdict.is_generated(pd.DataFrame({"sha256": [demo]}), paths)
    assert not verdict.is_generated(pd.DataFrame({"sha256": [demo, "0" * 64]}), paths)

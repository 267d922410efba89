import numpy as np
import pandas as pd
import pytest

from horuslib.datasets import label_checks
from tests.conftest import noise, syllables, tone

RATE = 16000


@pytest.fixture(scope="module")
def sounds():
    rng = np.random.default_rng(3)
    speech = syllables(rng)
    return {
        "speech": speech,
        "quiet speech": speech * 0.01,
        "speech under hiss": speech + noise(rng, level_dbfs=-35),
        "tone": tone(level_dbfs=-20),
        "silence": np.zeros(5 * RATE, np.float32),
        "noise floor": noise(rng, level_dbfs=-75),
        "loud hum": tone(frequency_hz=100, level_dbfs=-30),
    }


def contradicted(sounds, task, label, weight=1.0):
    """Name -> reason of the sounds that contradict `label` when each is given it."""
    names = list(sounds)
    segments = pd.DataFrame({"segment_id": names, "label": label, "weight": weight})
    measured = label_checks.measure(segments, lambda row: sounds[row.segment_id], RATE)
    found = label_checks.contradicted_labels(segments, measured, task)
    return dict(zip(found.segment_id, found.reason, strict=True))


def test_silence_with_audible_sound_is_contradicted(sounds, horus):
    found = contradicted(sounds, horus, "ausencia_audio")
    assert set(found) == {"speech", "quiet speech", "speech under hiss", "tone", "loud hum"}
    assert found["speech"] == "speech or music may be audible at −20 dBFS"
    assert found["loud hum"] == "a steady sound at −30 dBFS is not silence"


def test_silent_quiet_or_tonal_normal_is_contradicted(sounds, horus):
    found = contradicted(sounds, horus, "normal")
    assert set(found) == {"quiet speech", "tone", "silence", "noise floor"}
    assert "nothing is audible (−75 dBFS)" in found["noise floor"]
    assert "a 1 kHz tone has 100%" in found["tone"]
    assert "very quiet" in found["quiet speech"]


def test_low_volume_at_target_level_is_contradicted(sounds, horus):
    found = contradicted(sounds, horus, "volume_baixo")
    assert "not quiet" in found["speech"] and "quiet speech" not in found


def test_a_line_up_tone_without_a_tone_is_contradicted(sounds, horus):
    found = contradicted(sounds, horus, "sinal_teste")
    assert "tone" not in found
    assert "of the power is at 1 kHz" in found["speech"]


def test_hiss_with_silent_pauses_is_contradicted(sounds, horus):
    found = contradicted(sounds, horus, "ruido_hiss")
    assert "no noise fills them" in found["speech"] and "speech under hiss" not in found


def test_echo_of_sound_of_steady_level_is_contradicted(sounds, horus):
    found = contradicted(sounds, horus, "eco_reverb")
    assert "steady" in found["loud hum"] and "speech" not in found


def test_a_task_without_low_volume_checks_the_other_rules(sounds, heimdall):
    assert set(contradicted(sounds, heimdall, "ausencia_audio")) >= {"speech", "loud hum"}


def test_only_segments_covered_by_their_label_are_checked(sounds, horus):
    assert contradicted(sounds, horus, "ausencia_audio", weight=0.9) == {}
    assert contradicted(sounds, horus, None) == {}


def test_levels_equal_their_theoretical_values():
    found = label_checks.levels(tone(level_dbfs=-20), RATE)
    assert found["rms_dbfs"] == pytest.approx(-20, abs=0.01)
    assert found["peak_dbfs"] == pytest.approx(-17, abs=0.02)
    assert found["tone_share"] > 0.99 and found["modulation_db"] < 0.5
    assert found["floor_db"] == pytest.approx(0, abs=0.1)
    assert label_checks.levels(np.zeros(RATE), RATE)["lufs"] == -np.inf

"""False alarms are counted per hour of programme, with exact bounds, for each package alike."""

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.core.errors import UserError
from horuslib.focus import false_alarms as module
from horuslib.focus.false_alarms import COLUMNS, EVENTS, false_alarms
from horuslib.tasks import load_task

TASK = load_task("sirens")
SIREN, ALERT = TASK.labels[0], TASK.labels[2]


@pytest.fixture
def scans(monkeypatch):
    """A scan that finds of every file what its package, a list of types, says: an event of each."""

    def scan(files, detector, out):
        for path, name in files:
            one = {"start": 1.0, "end": 4.0, "confidence": 0.8}
            readable = path.stat().st_size > 0
            events = [{"type": kind, **one} for kind in detector] if readable else []
            yield {"file": name, "duration_s": 1800.0 if readable else 0.0, "events": events}, True

    monkeypatch.setattr(module, "scan", scan)


def test_events_of_the_focus_are_counted_per_hour(scans, tmp_path, rng):
    for name in ("a", "b", "c"):
        write_wav(tmp_path / f"{name}.wav", 0.1 * rng.standard_normal(1600), 16000)
    rates, events = false_alarms(str(tmp_path), {"before": [SIREN, ALERT], "after": [ALERT]}, SIREN, TASK)
    assert list(rates) == COLUMNS and list(events) == EVENTS
    before, after = rates.itertuples(index=False)
    assert (before.hours, before.events, before.per_hour) == (1.5, 3, 2.0)
    assert (after.events, after.per_hour, after.low) == (0, 0.0, 0.0)
    assert after.high == pytest.approx(-np.log(0.025) / 1.5), "of no event in 1.5 h"
    assert before.low == pytest.approx(0.6187 / 1.5, abs=1e-3) and before.high == pytest.approx(8.7673 / 1.5, abs=1e-3)
    assert events.file.tolist() == ["a.wav", "b.wav", "c.wav"] and set(events.package) == {"before"}


def test_a_folder_of_which_nothing_can_be_read_is_a_sentence(scans, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(UserError, match=r"Nothing of .* can be read: name a folder of long programme"):
        false_alarms(str(tmp_path), {"before": []}, SIREN, TASK)


@pytest.mark.slow
def test_without_a_folder_programme_is_generated(scans, monkeypatch):
    monkeypatch.setattr(module, "GENERATED_S", 0.5)
    monkeypatch.setattr(module.speech, "available", lambda: False)
    rates, _ = false_alarms("", {"before": []}, SIREN, TASK)
    kinds = [kind for kind in module.KINDS if kind not in module.TALK]
    assert rates.programme.tolist() == ["generated"] and rates.hours[0] == len(kinds) / 2

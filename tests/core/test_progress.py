import io
import sys

import pytest

from horuslib.core import progress as module
from horuslib.core.progress import Pace, Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with Progress(4, "shards", "shards") as progress:
        for k in range(4):
            progress.update(1, f"number {k}")
        progress._bar.refresh()
    assert "shards: 100%" in screen.getvalue() and "number 3" in screen.getvalue()


def test_a_log_gets_a_line_per_tenth_and_one_at_the_end(caplog):
    caplog.set_level("INFO", "horuslib")
    with Progress(200, "model inputs", "segments") as progress:
        for _ in range(200):
            progress.update(1)
    assert caplog.messages[0] == "model inputs: 20 of 200 segments"
    assert caplog.messages[-1] == "model inputs: 200 of 200 segments"
    assert len(caplog.messages) == 10


@pytest.mark.parametrize("total", [None, 0])
def test_work_of_unknown_size_is_counted_too(caplog, monkeypatch, total):
    caplog.set_level("INFO", "horuslib")
    monkeypatch.setattr(module, "_EVERY_S", 0)
    with Progress(total, "files") as progress:
        progress.update(3)
    assert caplog.messages == ["files: 3" if total is None else "files: 3 of 0"]


def test_large_numbers_are_shortened(caplog):
    caplog.set_level("INFO", "horuslib")
    with Progress(2_000_000_000, "scan", "B") as progress:
        progress.update(1_234_567_890)
    assert caplog.messages == ["scan: 1.23G of 2.00G B"]


def test_the_pace_is_hours_of_sound_a_minute(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    pace = Pace()
    assert pace.after(0) == "0.0 h of sound"
    now[0] += 30
    assert pace.after(3600) == "1.0 h of sound, 2.0 h a minute"
    now[0] += 60
    assert pace.after(1800) == "1.5 h of sound, 1.0 h a minute"

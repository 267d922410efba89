"""What a scan shows while it goes on: how much is done, how fast, how long it will still take."""

import io
from types import SimpleNamespace

import pytest

from horuslib.cli import progress


class Screen(io.StringIO):
    """What stands on standard error, be it a terminal or not."""

    terminal = True

    def isatty(self):
        return self.terminal

    def latest(self):
        return self.getvalue().split("\r\x1b[K")[-1]


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=Screen()))
    return progress.sys.stderr


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def files(folder, *sizes):
    for k, size in enumerate(sizes):
        (folder / f"{k}.mp4").write_bytes(bytes(size))
    return [(folder / f"{k}.mp4", f"{k}.mp4") for k in range(len(sizes))]


def test_the_bar_tells_rate_and_time_left(screen, clock, tmp_path):
    """A quarter of the bytes and an hour of sound in a minute: three more minutes are left."""
    shown = progress.Progress(files(tmp_path, 1000, 3000))
    clock[0] += 30
    shown.processed(1800)
    assert screen.latest().strip() == "[....................] 0/2 files, 1.0 h of sound per minute"
    shown.processed(1800)
    clock[0] += 30
    shown.done("0.mp4", 3600, True)
    assert screen.latest() == "[#####...............] 1/2 files, 1.0 h of sound per minute, 0:03:00 left 0.mp4"


def test_what_was_done_before_is_no_measure_of_what_is_left(screen, clock, tmp_path):
    shown = progress.Progress(files(tmp_path, 1000, 3000))
    clock[0] += 1
    shown.done("0.mp4", 3600, False)
    assert "1/2 files" in screen.latest() and "left" not in screen.latest()
    assert shown.summary() == "1 files (1 done before, skipped), 1.00 h of sound in 1.0 s"


def test_a_log_gets_a_line_a_minute(screen, clock, tmp_path):
    screen.terminal = False
    shown = progress.Progress(files(tmp_path, 1000))
    for _ in range(150):
        clock[0] += 1
        shown.processed(60)
    assert screen.getvalue().splitlines() == ["0/1 files, 1.0 h of sound per minute"] * 2

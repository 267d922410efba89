"""What a scan shows while it goes on: how much is done, how fast, how long it will still take."""

import sys

import pytest

from horuslib.cli import progress


@pytest.fixture
def clock(monkeypatch, capsys):
    """A clock that is set by hand, and a terminal."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    return now


def files(folder, *sizes):
    made = []
    for k, size in enumerate(sizes):
        (folder / f"{k}.mp4").write_bytes(bytes(size))
        made.append((folder / f"{k}.mp4", f"{k}.mp4"))
    return made


def test_the_bar_tells_rate_and_time_left(clock, tmp_path, capsys):
    """A quarter of the bytes in a minute, an hour of sound: three minutes are left."""
    shown = progress.Progress(files(tmp_path, 1000, 3000))
    clock[0] += 60
    shown.heard(3600)
    shown.done("0.mp4", 3600, True)
    assert "[....................] 0/2 files, 1.0 h of sound per minute" in capsys.readouterr().err
    clock[0] += 1
    shown.heard(0)
    assert "[#####...............] 1/2 files, 1.0 h of sound per minute, 0:03:03 left" in capsys.readouterr().err


def test_what_was_done_before_is_no_measure_of_what_is_left(clock, tmp_path, capsys):
    shown = progress.Progress(files(tmp_path, 1000, 3000))
    clock[0] += 1
    shown.done("0.mp4", 3600, False)
    assert "left" not in capsys.readouterr().err
    assert shown.summary() == "1 files (1 done before, skipped), 1.00 h of sound in 1.0 s"


def test_a_log_gets_a_line_a_minute(clock, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    shown = progress.Progress(files(tmp_path, 1000))
    for _ in range(150):
        clock[0] += 1
        shown.heard(60)
    assert capsys.readouterr().err.splitlines() == ["0/1 files, 1.0 h of sound per minute"] * 2

"""Backups of installations sort by the time of the installation."""

from datetime import UTC, datetime

from horuslib.export import backups


def test_backups_of_one_second_are_ordered(tmp_path, monkeypatch):
    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            assert tz is UTC, "a clock that is set back in autumn would name two backups alike"
            return cls(2026, 3, 29, 2, 30, tzinfo=tz)

    monkeypatch.setattr(backups, "datetime", Stopped)
    made = []
    for _ in range(12):
        made.append(backups.new_backup(tmp_path))
        made[-1].mkdir(parents=True)
    assert sorted(made) == made
    assert made[0].name == datetime(2026, 3, 29, 2, 30, tzinfo=UTC).strftime("%Y-%m-%d_%H-%M-%S")

"""Commits as CONTRIBUTING.md asks for them, wherever there is a history to look at."""

import subprocess

import pytest

from tests.conftest import PROJECT

SINCE = "2026-11-27T21:45:00+00:00"
"""Older subjects are as they are."""
LONGEST = 72


def test_subjects_of_commits_fit_a_line():
    if not (PROJECT / ".git").exists():
        pytest.skip("no git history here")
    command = ["git", "log", "--no-merges", f"--since={SINCE}", "--format=%s"]
    log = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if log.returncode:
        pytest.skip(f"git gives no history: {log.stderr.strip()}")
    assert [subject for subject in log.stdout.splitlines() if len(subject) > LONGEST] == []

"""A result is written whole, as soon as the disk takes it."""

import errno
import json
import os

import pytest

from horuslib.core.errors import UserError
from horuslib.service.store import RESULT
from horuslib.service.workers import work


@pytest.fixture
def full(monkeypatch):
    """A disk that is full for so many attempts; how many were made."""
    made = []

    def fill(times):
        def write(path, content, to_disk=work.write_json):
            made.append(path)
            if len(made) <= times:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return to_disk(path, content)

        monkeypatch.setattr(work, "write_json", write)
        return made

    return fill


def test_a_disk_that_is_full_for_a_moment_loses_no_result(tmp_path, full):
    made = full(2)
    work.write_result(tmp_path, {"text": "bom dia"}, patience_s=30)
    assert len(made) == 3 and json.loads((tmp_path / RESULT).read_text()) == {"text": "bom dia"}


def test_a_disk_that_stays_full_is_a_sentence(tmp_path, full):
    full(10**9)
    with pytest.raises(UserError, match=r"could not be written \(No space left on device\): make room"):
        work.write_result(tmp_path, {}, patience_s=0.2)
    assert not list(tmp_path.iterdir())


def test_another_error_is_not_waited_for(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"could not be written \((Not a directory|File exists)\)\."):
        work.write_result(tmp_path / "file", {}, patience_s=10**9)

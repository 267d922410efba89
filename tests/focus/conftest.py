"""A root on which a focused fine-tune can start, made once."""

import pytest

from horuslib.tasks import load_task


@pytest.fixture(scope="session")
def focused(tmp_path_factory):
    """(task, paths) with the artifacts of 01 and 03 to 06 and a package in production; tests do not change it."""
    from tests.focused import make_focused, write_quick_task

    root = tmp_path_factory.mktemp("focused")
    task = load_task(str(write_quick_task(root / "quick_sirens.yaml")))
    return task, make_focused(task, root)

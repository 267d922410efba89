"""A root on which a focused fine-tune can start, made once."""

import numpy as np
import pytest
import soundfile

from horuslib.tasks import load_task
from tests.conftest import noise, tone


@pytest.fixture(scope="session")
def focused(tmp_path_factory):
    """(task, paths) with the artifacts of 01 and 03 to 06 and a package in production; tests do not change it."""
    from tests.focused import make_focused, write_quick_task

    root = tmp_path_factory.mktemp("focused")
    task = load_task(str(write_quick_task(root / "quick_sirens.yaml")))
    return task, make_focused(task, root)


@pytest.fixture
def folder(tmp_path, rng):
    """A test set of three files in two classes."""
    for label, sound in (("emergency_sirens", tone(2.0)), ("road_traffic", noise(rng, 3.0))):
        (tmp_path / label).mkdir()
        soundfile.write(tmp_path / label / "a.wav", sound, 16000)
    soundfile.write(tmp_path / "emergency_sirens" / "b.wav", np.roll(tone(3.0), 80), 16000)
    return tmp_path

"""Low volume is generated as far under a channel's own level as under EBU R 128's."""

import numpy as np
import pytest

from horuslib.augmentation.faults import LowerVolume
from horuslib.augmentation.recipes import MAKERS

LEVELS = {"lufs": -26.0, "rms_dbfs": -26.0, "peak_dbfs": -10.0, "modulation_db": 8.0}


@pytest.mark.parametrize(
    ("target_lufs", "expected"),
    [(-23.0, (-55.0, -38.0)), (-32.0, (-64.0, -47.0)), (-40.0, (-70.0, -55.0)), (-14.0, (-46.0, -29.0))],
)
def test_low_volume_follows_the_target(horus, target_lufs, expected):
    task = horus.model_copy(update={"decision": horus.decision.model_copy(update={"target_lufs": target_lufs})})
    recipe = MAKERS["low_volume"].recipe(LEVELS, task, np.random.default_rng(1), None)
    (fault,) = [step for step in recipe if isinstance(step, LowerVolume)]
    assert (fault.min_lufs, fault.max_lufs) == expected

"""Low volume is generated as far under a channel's own level as under EBU R 128's."""

import numpy as np
import pytest

from horuslib.augmentation.faults import LowerVolume
from horuslib.augmentation.hard_negatives import Signals
from horuslib.augmentation.recipes import MAKERS, keeping_recipe

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


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_signals_are_hard_negatives_of_the_share_that_a_task_gives_them(horus, rng, share):
    augmentation = horus.augmentation.model_copy(update={"signal_share": share})
    task = horus.model_copy(update={"augmentation": augmentation})
    audible = LEVELS | {"lufs": -20.0}
    found = {label: 0 for label in ("normal", "ruido_hiss", "eco_reverb")}
    for label in found:
        recipes = [keeping_recipe(label, audible, task, rng) for _ in range(500)]
        found[label] = sum(any(isinstance(step, Signals) for step in recipe) for recipe in recipes)
    assert found["normal"] == pytest.approx(500 * share, abs=30 if share else 0)
    assert found["ruido_hiss"] == found["eco_reverb"] == 0, "a bleep would hide the fault"

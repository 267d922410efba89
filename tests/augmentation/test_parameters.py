"""Augmentation parameters drawn by the plan, one column each."""

import json

import numpy as np
import pytest

from horuslib.augmentation.echoes import AddEcho, AddRoom
from horuslib.augmentation.faults import AddHiss, LowerVolume, Silence, TestTone
from horuslib.augmentation.hard_negatives import AddBed, AddFaintNoise
from horuslib.augmentation.parameters import COLUMNS, augmentation_parameters
from horuslib.augmentation.transforms import draw


@pytest.mark.parametrize(
    ("transform", "names"),
    [
        (AddRoom(min_share=0.7), {"rt60_s", "c50_db", "fault_share"}),
        (AddEcho(min_share=0.7), {"echo_delay_s", "echo_gain_db", "fault_share"}),
        (AddHiss(min_share=0.7), {"snr_db", "fault_share"}),
        (LowerVolume(min_share=0.7), {"quiet_lufs", "fault_share"}),
        (TestTone(min_share=0.7), {"tone_dbfs", "fault_share"}),
        (Silence(min_share=0.7), {"silence_dbfs", "fault_share"}),
        (AddFaintNoise(), {"snr_db"}),
        (AddBed(kinds=("rain",)), {"bed_db"}),
    ],
)
def test_a_variation_has_the_parameters_of_its_transform(rng, transform, names):
    shares = set()
    for _ in range(20):
        step = draw(transform, rng, np.zeros(16000, np.float32), 16000)
        known = augmentation_parameters(json.dumps([{"name": "Shift", "parameters": {}}, step]))
        assert set(known) == names <= set(COLUMNS)
        assert all(isinstance(value, float) for value in known.values())
        shares.add(known.get("fault_share"))
    assert names <= {"snr_db", "bed_db"} or len(shares) > 2


def test_an_original_has_no_parameters():
    assert augmentation_parameters("") == {}

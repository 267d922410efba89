"""What the app's flag is worth: the inputs of events whose flags were removed or shuffled."""

import numpy as np
import pytest

from horuslib.spectral import flags
from horuslib.spectral.events.event import find_events, read_signals
from horuslib.spectral.timing.inputs import event_inputs


@pytest.fixture
def read(made_events, classes):
    """The generated events and their inputs, without what image networks see."""
    events, _ = find_events(made_events[0], classes, 5.0)
    return events, [event_inputs(read_signals(event), 5.0, 1) for event in events]


@pytest.mark.slow
def test_the_default_networks_inputs_hold_no_flag(read):
    events, inputs = read
    found = flags.changed(events, inputs, np.random.default_rng(0))
    assert list(found) == ["flags removed", "flags shuffled"]
    for changed in found.values():
        for before, after in zip(inputs, changed, strict=True):
            assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.slow
def test_a_flag_that_is_used_shows(read, monkeypatch):
    events, inputs = read

    def with_flag(sensors, duration_s):
        value = sensors.channels[flags.CHANNEL].max() if flags.CHANNEL in sensors.channels else 7.0
        return np.full((50, 11), value, np.float32)

    monkeypatch.setattr(flags, "sensor_curves", with_flag)
    found = flags.changed(events, inputs, np.random.default_rng(0))
    assert {one["sensors"].max() for one in found["flags removed"]} == {7.0}
    dealt = [one["sensors"].max() for one in found["flags shuffled"]]
    own = [read_signals(event).sensors.channels[flags.CHANNEL].max() for event in events]
    assert sorted(dealt) == sorted(own) and dealt != own

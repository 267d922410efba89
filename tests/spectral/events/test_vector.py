"""The vector of sensor features has one length, whatever a log holds, and is never NaN."""

import numpy as np
import pytest

from horuslib.spectral.events.sensors import read_sensors
from horuslib.spectral.events.vector import FEATURES, FLAG, sensor_vector


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("timestamp,magnetic_magnitude,humanoid_detected\n0.0,48.5,True\n", 6),
        ("timestamp,accel_x,accel_y,accel_z\n0.0,0,0,9.8\n0.5,0,0,9.9\n", 3),
        ("timestamp,audio_peak\n0.0,0.5\n0.1,nan\n", 2),
    ],
)
def test_every_log_gives_fifteen_features_and_says_which_it_has(tmp_path, text, there):
    (tmp_path / "sensors.csv").write_text(text)
    vector, present = sensor_vector(read_sensors(tmp_path / "sensors.csv", 5.0, None), 5.0)
    assert vector.shape == present.shape == (len(FEATURES),) == (15,)
    assert np.isfinite(vector).all() and present.sum() == there
    assert (vector[~present] == 0).all()


def test_the_deviation_of_one_row_is_zero_and_a_flag_is_one(tmp_path):
    (tmp_path / "sensors.csv").write_text("timestamp,magnetic_magnitude,humanoid_detected\n0.0,48.5,sim\n")
    vector, _ = sensor_vector(read_sensors(tmp_path / "sensors.csv", 5.0, None), 5.0)
    by_name = dict(zip(FEATURES, vector, strict=True))
    assert (by_name["magnetic_std"], by_name["magnetic_mean"], by_name[FLAG]) == (0, 48.5, 1)

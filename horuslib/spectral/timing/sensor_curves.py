"""What a phone feels, on the common clock: the magnetic field's length, acceleration, turning, and the app's level."""

import numpy as np

from horuslib.spectral.events.sensors import Sensors
from horuslib.spectral.timing.clock import contrast, noise_of, onto_steps, peaks_onto_steps, step_count

SENSOR_CURVES = (
    "field", "field_change", "field_surprise", "accel", "jerk", "jolt_surprise", "turning", "audio_peak",
    "has_field", "has_accel", "has_gyro",
)  # fmt: skip
"""field: length of the magnetic field less its median, in 20 µT. field_change: its contrast, in 10 µT.
field_surprise: the same in standard deviations of its noise, compressed. accel: length less its median, in 5 m/s².
jerk: change of the acceleration's vector, in 10 m/s². jolt_surprise: the same in its own typical size. turning: rad/s.
audio_peak: the log's level, compressed. The last three say what the log has."""
_FIELD_UT, _CHANGE_UT, _ACCEL, _JERK = 20.0, 10.0, 5.0, 10.0
_LEAST_NOISE_UT = 0.5
_BEFORE, _AFTER = 8, 3
"""Steps: what a change is compared with lies up to 0.8 s before it."""


def sensor_curves(sensors: Sensors, duration_s: float) -> np.ndarray:
    """(steps, len(SENSOR_CURVES)) float32, all finite; 0 where the log lacks a sensor.

    The length of the field hardly changes while a phone turns; its axes do, and are not used.
    """
    found = {name: np.zeros(step_count(duration_s), np.float32) for name in SENSOR_CURVES}
    _field(sensors, duration_s, found)
    _motion(sensors, duration_s, found)
    if "audio_peak" in sensors.channels:
        level = onto_steps(sensors.times_s["audio_peak"], sensors.channels["audio_peak"], duration_s)
        found["audio_peak"] = np.log10(np.maximum(level, 1e-3)) + 3
    return np.nan_to_num(np.stack([found[name] for name in SENSOR_CURVES], 1), posinf=0.0, neginf=0.0).astype(
        np.float32
    )


def _field(sensors: Sensors, duration_s: float, found: dict[str, np.ndarray]) -> None:
    series = sensors.magnitude("magnetic")
    if series is None:
        return
    field = onto_steps(*series, duration_s)
    change = contrast(field, _BEFORE, _AFTER)
    noise = max(noise_of(np.asarray(series[1])), _LEAST_NOISE_UT)
    found["field"] = (field - np.median(field)) / _FIELD_UT
    found["field_change"] = change / _CHANGE_UT
    found["field_surprise"] = np.log1p(np.abs(change) / noise)
    found["has_field"] += 1


def _motion(sensors: Sensors, duration_s: float, found: dict[str, np.ndarray]) -> None:
    series = sensors.vector("accel")
    if series is not None:
        times, vector = series
        length = np.linalg.norm(vector, axis=1)
        jumps = np.linalg.norm(np.diff(vector, axis=0, prepend=vector[:1]), axis=1)
        found["accel"] = onto_steps(times, length - np.median(length), duration_s) / _ACCEL
        found["jerk"] = peaks_onto_steps(times, jumps, duration_s) / _JERK
        found["jolt_surprise"] = np.log1p(peaks_onto_steps(times, jumps, duration_s) / (np.median(jumps) + 0.05))
        found["has_accel"] += 1
    turning = sensors.magnitude("gyro")
    if turning is not None:
        found["turning"] = peaks_onto_steps(*turning, duration_s)
        found["has_gyro"] += 1

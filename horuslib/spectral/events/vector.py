"""The fixed vector of sensor features: the same names in the same order for every event, with a mask of presence."""

import numpy as np

from horuslib.spectral.events.sensors import Sensors

FLAG = "humanoid_any"
"""The app's own detector of persons: an input of the late-fusion network and not of the default one."""
FEATURES = (
    "magnetic_mean", "magnetic_std", "magnetic_max", "magnetic_min", "accel_mean", "accel_std", "gyro_mean",
    "gyro_std", "roll_final", "pitch_final", "yaw_final", "audio_peak_max", FLAG, "bluetooth_mean", "rows_per_s",
)  # fmt: skip
"""What the late-fusion network takes."""


def sensor_vector(sensors: Sensors | None, duration_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Features of an event's sensors and which of them are there.

    Returns
    -------
    (15,) float32 in the order of FEATURES, 0 where missing, and (15,) bool. Never NaN: the deviation of one row is 0.

    Example
    -------
    >>> vector, present = sensor_vector(None, 5.0)
    >>> vector.shape, present.any().item()
    ((15,), False)
    """
    found = _features(sensors, duration_s) if sensors is not None else {}
    present = np.array([name in found for name in FEATURES])
    return np.array([found.get(name, 0.0) for name in FEATURES], np.float32), present


def _features(sensors: Sensors, duration_s: float) -> dict[str, float]:
    found: dict[str, float] = {"rows_per_s": sensors.rows / duration_s}
    for quantity in ("magnetic", "accel", "gyro"):
        series = sensors.magnitude(quantity)
        if series is not None:
            found |= {f"{quantity}_mean": float(series[1].mean()), f"{quantity}_std": float(series[1].std())}
            if quantity == "magnetic":
                found |= {"magnetic_max": float(series[1].max()), "magnetic_min": float(series[1].min())}
    channels = sensors.channels
    found |= {f"{a}_final": float(channels[f"orientation_{a}"][-1]) for a in ("roll", "pitch", "yaw")
              if f"orientation_{a}" in channels}  # fmt: skip
    if "audio_peak" in channels:
        found["audio_peak_max"] = float(channels["audio_peak"].max())
    if "humanoid_detected" in channels:
        found[FLAG] = float(channels["humanoid_detected"].any())
    if "bluetooth_count" in channels:
        found["bluetooth_mean"] = float(channels["bluetooth_count"].mean())
    return found

"""What a phone's sensors measure: the Earth's field and a dipole that passes, gravity and a hand, a jolt."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from horuslib.spectral.events.units import GRAVITY

_RATES_HZ = (2.0, 5.0, 10.0, 10.0, 10.0, 50.0)
_SIMULATED_HZ = 200.0
_EARTH_UT = (28.0, 58.0)
_PEAK_UT = (7.0, 55.0)
_NEAR_M = 0.12


@dataclass(frozen=True)
class PhoneLog:
    """Attributes
    ----------
    times_s : (n,) of the event, increasing, with the logger's jitter.
    channels : name -> (n,), in the units of `events.columns.QUANTITIES`.
    """

    times_s: np.ndarray
    channels: dict[str, np.ndarray]


def phone_log(rng: np.random.Generator, onsets_s: dict[str, float], duration_s: float) -> PhoneLog:
    """A log of an event; a dipole passes at `field` and something hits the phone at `jolt`, where these are given."""
    t = np.arange(0, duration_s, 1 / _SIMULATED_HZ)
    turn, push = _hand(rng, t)
    attitude = _rotations(turn)
    earth = rng.uniform(*_EARTH_UT) * _direction(rng, dip=rng.uniform(0.3, 1.2))
    world = np.tile(earth, (len(t), 1))
    if "field" in onsets_s:
        world += _dipole(rng, t, onsets_s["field"], earth)
    bias = rng.normal(0, rng.choice([0.2, 1.0]), 3)
    magnetic = np.einsum("nij,nj->ni", attitude, world) + bias
    accel = np.einsum("nij,j->ni", attitude, [0.0, 0.0, GRAVITY]) + push
    gyro = np.gradient(turn, 1 / _SIMULATED_HZ, axis=0)
    if "jolt" in onsets_s:
        shock = _jolt(rng, t, onsets_s["jolt"])
        accel, gyro = accel + shock, gyro + 0.08 * shock[:, ::-1]
    return _logged(rng, t, {"magnetic": magnetic, "accel": accel, "gyro": gyro}, turn, duration_s)


def _dipole(rng: np.random.Generator, t: np.ndarray, onset_s: float, earth: np.ndarray) -> np.ndarray:
    """(n, 3) µT: a magnetic moment that comes near, stays, and goes; B = (3 r (r·m) - m r²) / r⁵ falls as r^-3.

    The onset is where a third of the peak is reached.
    """
    come_s, stay_s, go_s = rng.uniform(0.15, 0.5), rng.uniform(0.2, 1.8), rng.uniform(0.15, 0.6)
    way = np.interp(t, onset_s + np.array([-come_s, 0.25 * come_s, stay_s, stay_s + go_s]), [6.0, 1.0, 1.0, 6.0])
    distance = _NEAR_M * gaussian_filter1d(way, 0.03 * _SIMULATED_HZ)
    across = _direction(rng)
    side = np.cross(across, _direction(rng))
    place = distance[:, None] * across + rng.uniform(-0.5, 0.5) * _NEAR_M * np.tanh((t - onset_s)[:, None]) * side
    r = np.linalg.norm(place, axis=1, keepdims=True)
    moment = _direction(rng) + 0.8 * rng.choice([-1, 1]) * earth / np.linalg.norm(earth)
    field = (3 * place * (place @ moment)[:, None] - moment * r**2) / r**5
    length = np.linalg.norm(field + 0, axis=1).max()
    return field * rng.uniform(*_PEAK_UT) / length


def _hand(rng: np.random.Generator, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) rotation angles in rad and (n, 3) acceleration in m/s² of a phone at rest, held, walked or exercised."""
    kind = rng.choice(["rest", "held", "walk", "exercise"], p=[0.3, 0.3, 0.15, 0.25])
    size = {"rest": 0.005, "held": 0.08, "walk": 0.25, "exercise": 0.35}[kind]
    push = {"rest": 0.02, "held": 0.4, "walk": 2.0, "exercise": 3.0}[kind] * rng.uniform(0.5, 1.3)
    slow = np.stack([gaussian_filter1d(rng.standard_normal(len(t)), 0.4 * _SIMULATED_HZ) for _ in range(3)], 1)
    turn = size * slow / (slow.std(0) + 1e-9) + rng.uniform(-np.pi, np.pi, 3) * [0.3, 0.3, 1.0]
    quick = np.stack([gaussian_filter1d(rng.standard_normal(len(t)), 0.02 * _SIMULATED_HZ) for _ in range(3)], 1)
    accel = push * 0.4 * quick / quick.std(0)
    if kind in ("walk", "exercise"):
        step_hz = rng.uniform(1.4, 2.2) if kind == "walk" else rng.uniform(0.4, 1.2)
        for k in (1, 2, 3):
            wave = np.sin(2 * np.pi * k * step_hz * t + rng.uniform(0, 6))
            accel += push / k * wave[:, None] * rng.uniform(0.2, 1, 3)
            turn += 0.3 * size / k * wave[:, None] * rng.uniform(0, 1, 3)
    return turn, accel


def _jolt(rng: np.random.Generator, t: np.ndarray, onset_s: float) -> np.ndarray:
    """(n, 3) m/s²: a push of 8 to 40 that rings for about 0.1 s."""
    since = np.maximum(t - onset_s, 0)
    ring = np.exp(-since / rng.uniform(0.03, 0.12)) * np.cos(2 * np.pi * rng.uniform(4, 14) * since) * (t >= onset_s)
    return rng.uniform(8, 40) * ring[:, None] * _direction(rng)


def _logged(
    rng: np.random.Generator, t: np.ndarray, vectors: dict[str, np.ndarray], turn: np.ndarray, duration_s: float
) -> PhoneLog:
    """Sampled at the logger's uneven times, with the sensors' noise, as channels."""
    rate = rng.choice(_RATES_HZ)
    times = np.sort(np.arange(0, duration_s, 1 / rate) + rng.uniform(0, 0.3 / rate, max(1, int(duration_s * rate))))
    noise = {"magnetic": rng.uniform(0.05, 0.4), "accel": rng.uniform(0.01, 0.06), "gyro": rng.uniform(0.001, 0.01)}
    channels = {}
    for name, values in vectors.items():
        for axis, column in zip("xyz", values.T, strict=True):
            channels[f"{name}_{axis}"] = np.interp(times, t, column) + rng.normal(0, noise[name], len(times))
    channels["magnetic_magnitude"] = np.sqrt(sum(channels[f"magnetic_{axis}"] ** 2 for axis in "xyz"))
    for name, angle in zip(("roll", "pitch", "yaw"), turn.T, strict=True):
        channels[f"orientation_{name}"] = np.interp(times, t, angle)
    return PhoneLog(times, channels)


def _rotations(angles: np.ndarray) -> np.ndarray:
    """(n, 3, 3) rotation matrices of roll, pitch and yaw."""
    (sr, sp, sy), (cr, cp, cy) = np.sin(angles).T, np.cos(angles).T
    rows = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def _direction(rng: np.random.Generator, dip: float | None = None) -> np.ndarray:
    if dip is not None:
        turn = rng.uniform(0, 2 * np.pi)
        return np.array([np.cos(dip) * np.cos(turn), np.cos(dip) * np.sin(turn), -np.sin(dip)])
    vector = rng.standard_normal(3)
    return vector / np.linalg.norm(vector)

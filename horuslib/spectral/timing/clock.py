"""The common clock: an event in steps of a tenth of a second, onto which every modality is brought."""

import numpy as np

STEP_S = 0.1
"""A quarter of the tolerance within which changes count as simultaneous (0.4 s)."""


def step_count(duration_s: float) -> int:
    """How many steps an event has."""
    return max(1, round(duration_s / STEP_S))


def step_times(duration_s: float) -> np.ndarray:
    """(steps,) the middle of each step, in seconds."""
    return (np.arange(step_count(duration_s)) + 0.5) * STEP_S


def onto_steps(times_s: np.ndarray, values: np.ndarray, duration_s: float) -> np.ndarray:
    """A slowly sampled signal at each step, by linear interpolation; its ends are held.

    Parameters
    ----------
    times_s : (n,) increasing.
    values : (n,) or (n, channels).
    """
    columns = values.reshape(len(times_s), -1)
    at = step_times(duration_s)
    found = np.stack([np.interp(at, times_s, column) for column in columns.T], 1)
    return found.reshape(len(at), *values.shape[1:]).astype(np.float32)


def peaks_onto_steps(times_s: np.ndarray, values: np.ndarray, duration_s: float) -> np.ndarray:
    """A quickly sampled signal at each step: the largest value inside it; interpolated where a step has none."""
    found = onto_steps(times_s, values, duration_s)
    place = np.floor(times_s / STEP_S).astype(int)
    inside = (place >= 0) & (place < len(found))
    largest = np.full_like(found, -np.inf)
    np.maximum.at(largest, place[inside], values[inside].astype(np.float32))
    return np.where(np.isfinite(largest), largest, found)


def contrast(series: np.ndarray, before: int, after: int) -> np.ndarray:
    """How far a series is, just after each step, from where it was just before it.

    Parameters
    ----------
    series : (steps,) or (steps, channels).
    before, after : steps on each side; the step itself counts as after.

    Returns
    -------
    The mean of what follows less the median of what precedes; 0 where nothing precedes.
    """
    out = np.zeros_like(series)
    for t in range(1, len(series)):
        out[t] = series[t : t + after].mean(0) - np.median(series[max(0, t - before) : t], axis=0)
    return out


def noise_of(series: np.ndarray) -> float:
    """A series' standard deviation by the median of its steps: events of interest do not count."""
    steps = np.diff(series)
    return float(1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2)) if len(steps) else 0.0

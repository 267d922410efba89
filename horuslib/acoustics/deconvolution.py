"""Impulse response of the room or echo between two recordings of one sound, by regularised deconvolution.

Ridge regression finds the response whose convolution with the dry signal is nearest to the wet one; the ridge keeps
frequencies that the dry signal lacks from being amplified. The ridge with the lowest error on held-out samples is used.
Both signals are whitened by the same filter first, so that all frequencies have the same weight. The estimates from
the first and the second half must agree: unrelated sound, noise, or a wrong alignment give two different responses.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

LEAD_S = 0.002
"""A response begins this long before its direct sound, because band limitation spreads it to both sides."""
_RIDGES = (0.003, 0.03, 0.3)
"""Relative to the power of the dry signal."""
_HELD_OUT = 0.3
_STEPS = 50
_WHITEN_HZ = 100.0
_WHITEN_FLOOR = 1e-3
_GATES = ((0.001, 4.0), (0.01, 1.5))
"""(window in seconds, factor by which its power must exceed the estimate's noise floor to be kept): short windows
detect single repeats, long ones reverberant tails."""
_MIN_PEAK_SHARE = 0.4
"""Lags whose correlation reaches this share of the maximum are candidates for the direct sound."""


@dataclass(frozen=True)
class Estimate:
    """An impulse response and its error on held-out samples."""

    response: np.ndarray
    """float32 (N,): the direct sound, 1.0, is at `LEAD_S`."""
    error_db: float
    """Energy of the prediction error over that of the held-out wet signal: 0 dB means that nothing is explained."""
    agreement: float
    """Correlation of the responses estimated from each half alone, direct sound excluded: 1 is identical, 0 chance."""


def deconvolve(dry: np.ndarray, wet: np.ndarray, sample_rate_hz: int, longest_s: float = 2.5) -> Estimate:
    """The impulse response that transforms the dry signal into the wet one.

    Parameters
    ----------
    dry, wet : (N,) of the same time interval, aligned to within `LEAD_S` (see `direct_lag`), at least twice as long as
        the response. Other sound in either acts as noise.
    longest_s : length of the response.

    Raises
    ------
    ValueError
        When the signals differ in length, are too short, or silent.
    """
    taps = round(longest_s * sample_rate_hz)
    if len(dry) != len(wet) or len(dry) < 2 * taps:
        raise ValueError(f"deconvolution needs two sounds of equal length, {2 * longest_s:g} s or more")
    if not np.any(dry) or not np.any(wet):
        raise ValueError("deconvolution needs two sounds, and one is silent")
    x, y = _whitened(dry, wet, sample_rate_hz)
    lead = round(LEAD_S * sample_rate_hz)
    y = np.roll(y, lead)
    y[:lead] = 0
    fitted = len(y) - round(_HELD_OUT * len(y))
    errors_db = {ridge: _error_db(x, y, fitted, _solve(x[:fitted], y[:fitted], taps, ridge)) for ridge in _RIDGES}
    ridge = min(errors_db, key=errors_db.get)
    response = _cleaned(_solve(x, y, taps, ridge), lead, sample_rate_hz)
    parts = (slice(None, len(y) // 2), slice(len(y) // 2, None))
    halves = [_cleaned(_solve(x[part], y[part], taps, ridge), lead, sample_rate_hz) for part in parts]
    return Estimate(response, errors_db[ridge], _agreement(*(half[2 * lead :] for half in halves)))


def direct_lag(dry: np.ndarray, wet: np.ndarray, sample_rate_hz: int, longest_s: float = 0.3) -> int:
    """Delay of the direct sound in the wet signal in samples, within plus or minus `longest_s`.

    Of all lags of high correlation between the whitened signals, the earliest is the direct sound: repeats follow it.
    """
    n = fft.next_fast_len(len(dry) + len(wet), real=True)
    x, y = _whitened(dry, wet, sample_rate_hz)
    correlation = np.abs(fft.irfft(np.conj(fft.rfft(x, n)) * fft.rfft(y, n), n))
    reach = round(longest_s * sample_rate_hz)
    near = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return int(np.argmax(near >= _MIN_PEAK_SHARE * near.max())) - reach


def strongest_repeat(response: np.ndarray, sample_rate_hz: int, from_s: float = 0.055) -> tuple[float, float]:
    """(delay in seconds, gain in dB re the direct sound) of the strongest repeat after `from_s` in an estimate.

    Energy is summed over two milliseconds, since estimation spreads peaks. The gain is -inf where there is no energy.
    """
    lead = round(LEAD_S * sample_rate_hz)
    energy = np.convolve(np.square(response, dtype=np.float64), np.ones(lead), "same")
    first = lead + round(from_s * sample_rate_hz)
    index = first + int(np.argmax(energy[first:]))
    direct = energy[: 2 * lead].max()
    gain_db = 10 * np.log10(energy[index] / direct) if energy[index] > 0 else -np.inf
    return (index - lead) / sample_rate_hz, float(gain_db)


def recovery_error_db(found: np.ndarray, known: np.ndarray, dry: np.ndarray, sample_rate_hz: int) -> float:
    """Error of an estimate: energy of its difference from the known response over that of the known response, dB.

    Both are compared at the frequencies present in the dry signal (within 40 dB of its maximum; others cannot be
    estimated), after scaling the estimate to the best fit (its overall level is arbitrary).

    Parameters
    ----------
    found : as `Estimate.response`.
    known : as from `horuslib.acoustics.rooms`, beginning with the direct sound.
    """
    lead = round(LEAD_S * sample_rate_hz)
    n = fft.next_fast_len(max(len(found), len(known) + lead, len(dry)), real=True)
    power = ndimage.uniform_filter1d(np.abs(fft.rfft(dry, n)) ** 2, round(_WHITEN_HZ * n / sample_rate_hz))
    present = power > 1e-4 * power.max()
    a, b = (fft.rfft(h.astype(np.float64), n)[present] for h in (found, np.pad(known, (lead, 0))))
    level = np.vdot(a, b).real / np.vdot(a, a).real
    return float(10 * np.log10(np.sum(np.abs(level * a - b) ** 2) / np.sum(np.abs(b) ** 2)))


def _whitened(dry: np.ndarray, wet: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Both filtered by one zero-phase filter that flattens the sum of their spectra, unit RMS each."""
    n = fft.next_fast_len(len(dry), real=True)
    spectra = fft.rfft(np.stack([dry, wet]).astype(np.float32), n)
    power = (np.abs(spectra) ** 2 / np.sum(np.abs(spectra) ** 2, axis=1, keepdims=True)).sum(axis=0)
    smooth = ndimage.uniform_filter1d(power, max(3, round(_WHITEN_HZ * n / sample_rate_hz)), mode="nearest")
    flat = spectra / np.sqrt(smooth + _WHITEN_FLOOR * smooth.max())
    x, y = fft.irfft(flat, n)[:, : len(dry)]
    return x / np.sqrt(np.mean(x**2)), y / np.sqrt(np.mean(y**2))


def _solve(x: np.ndarray, y: np.ndarray, taps: int, ridge: float) -> np.ndarray:
    """Ridge regression by conjugate gradients: the (taps,) h whose convolution h * x is nearest to y."""
    n = fft.next_fast_len(len(x) + taps, real=True)
    spectrum = fft.rfft(x, n)

    def forward(h: np.ndarray) -> np.ndarray:
        return fft.irfft(spectrum * fft.rfft(h, n), n)[: len(x)]

    def back(error: np.ndarray) -> np.ndarray:
        return fft.irfft(np.conj(spectrum) * fft.rfft(error, n), n)[:taps]

    weight = ridge * np.dot(x, x)
    h, residual = np.zeros(taps, np.float32), back(y)
    direction, power = residual.copy(), np.dot(residual, residual)
    for _ in range(_STEPS):
        image = back(forward(direction)) + weight * direction
        step = power / np.dot(direction, image)
        h += step * direction
        residual -= step * image
        power, before = np.dot(residual, residual), power
        direction = residual + power / before * direction
    return h


def _error_db(x: np.ndarray, y: np.ndarray, fitted: int, h: np.ndarray) -> float:
    n = fft.next_fast_len(len(x) + len(h), real=True)
    predicted = fft.irfft(fft.rfft(x, n) * fft.rfft(h, n), n)[fitted : len(y)]
    return float(10 * np.log10(np.mean((y[fitted:] - predicted) ** 2) / np.mean(y[fitted:] ** 2)))


def _cleaned(response: np.ndarray, lead: int, sample_rate_hz: int) -> np.ndarray:
    """The response normalised to a direct sound of 1.0 and gated where its power does not exceed the noise floor.

    The noise floor is the 20th percentile of the response's power in windows of ten milliseconds.
    """
    response = response / response[np.argmax(np.abs(response[: 2 * lead + 1]))]
    gain = np.zeros(len(response))
    noise = np.percentile(_local_power(response, _GATES[-1][0], sample_rate_hz), 20)
    for seconds, factor in _GATES:
        gate = 1 - factor * noise / np.maximum(_local_power(response, seconds, sample_rate_hz), 1e-20)
        gain = np.maximum(gain, np.clip(gate, 0, 1))
    return (response * gain).astype(np.float32)


def _local_power(response: np.ndarray, seconds: float, sample_rate_hz: int) -> np.ndarray:
    return ndimage.uniform_filter1d(response**2, round(seconds * sample_rate_hz), mode="nearest")


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    power = np.sqrt(np.dot(a, a) * np.dot(b, b))
    return float(np.dot(a, b) / power) if power > 0 else 0.0

"""The room or echo between two recordings of one sound: its impulse response by regularised deconvolution.

What is looked for is the response whose convolution with the dry sound comes nearest to the wet one, over the moments
where both are at hand, with a ridge against what the dry sound does not contain. The ridge that predicts best what was
not used decides. Both sounds are whitened by the same filter first, so that every frequency counts alike. What is found
in the first half of the sound and in the second must be alike: chance, another place's noise, or a wrong alignment give
two different answers.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

LEAD_S = 0.002
"""A response begins this long before its direct sound, which band limits spread to both sides."""
_RIDGES = (0.003, 0.03, 0.3)
"""Against the power of the dry sound."""
_HELD_OUT = 0.3
_STEPS = 50
_WHITEN_HZ = 100.0
_WHITEN_FLOOR = 1e-3
_GATES = ((0.001, 4.0), (0.01, 1.5))
"""(seconds, how far the power of so long a stretch must rise over the estimate's own noise to be kept): single repeats
show in short stretches, tails in long ones."""
_AGREES = 0.4
"""A lag agrees when its correlation comes up to this share of the highest."""


@dataclass(frozen=True)
class Estimate:
    """A response and how well it explains what it was not fitted to."""

    response: np.ndarray
    """float32 (N,): the direct sound, 1.0, stands at `LEAD_S`."""
    error_db: float
    """What is left of the held-out wet sound when the prediction is taken off: 0 is nothing gained."""
    agreement: float
    """Correlation of what each half of the sound says alone, the direct sound left out: 1 is the same, 0 is chance."""


def deconvolve(dry: np.ndarray, wet: np.ndarray, sample_rate_hz: int, longest_s: float = 2.5) -> Estimate:
    """The response that leads from one sound to the other.

    Parameters
    ----------
    dry, wet : (N,) of the same moments, aligned to within `LEAD_S` (see `direct_lag`), at least twice as long as the
        response. Other sound in either counts as noise.
    longest_s : length of the response.

    Raises
    ------
    ValueError
        When the sounds are not equally long, too short, or silent.
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
    """How many samples later the direct sound comes in the wet one, within `longest_s` both ways.

    Of all lags at which the whitened sounds agree well, the earliest is the direct one: repeats come after it.
    """
    n = fft.next_fast_len(len(dry) + len(wet), real=True)
    x, y = _whitened(dry, wet, sample_rate_hz)
    agreement = np.abs(fft.irfft(np.conj(fft.rfft(x, n)) * fft.rfft(y, n), n))
    reach = round(longest_s * sample_rate_hz)
    near = np.concatenate([agreement[-reach:], agreement[: reach + 1]])
    return int(np.argmax(near >= _AGREES * near.max())) - reach


def strongest_repeat(response: np.ndarray, sample_rate_hz: int, from_s: float = 0.055) -> tuple[float, float]:
    """(delay in seconds, gain in dB against the direct sound) of what is strongest after `from_s` in an estimate.

    Energy is taken over two milliseconds, since an estimate spreads what it finds. The gain is -inf where nothing is.
    """
    lead = round(LEAD_S * sample_rate_hz)
    energy = np.convolve(np.square(response, dtype=np.float64), np.ones(lead), "same")
    first = lead + round(from_s * sample_rate_hz)
    place = first + int(np.argmax(energy[first:]))
    direct = energy[: 2 * lead].max()
    gain_db = 10 * np.log10(energy[place] / direct) if energy[place] > 0 else -np.inf
    return (place - lead) / sample_rate_hz, float(gain_db)


def recovery_error_db(found: np.ndarray, known: np.ndarray, dry: np.ndarray, sample_rate_hz: int) -> float:
    """How far an estimate is from the response that was used: energy of the difference over that of the known one, dB.

    Both are compared at the frequencies that the dry sound has (within 40 dB of its strongest), at the level that fits
    best: of others nothing can be found, and a response has no level of its own.

    Parameters
    ----------
    found : as `Estimate.response`.
    known : as `horuslib.acoustics.rooms` makes them, the direct sound first.
    """
    lead = round(LEAD_S * sample_rate_hz)
    n = fft.next_fast_len(max(len(found), len(known) + lead, len(dry)), real=True)
    power = ndimage.uniform_filter1d(np.abs(fft.rfft(dry, n)) ** 2, round(_WHITEN_HZ * n / sample_rate_hz))
    heard = power > 1e-4 * power.max()
    a, b = (fft.rfft(h.astype(np.float64), n)[heard] for h in (found, np.pad(known, (lead, 0))))
    level = np.vdot(a, b).real / np.vdot(a, a).real
    return float(10 * np.log10(np.sum(np.abs(level * a - b) ** 2) / np.sum(np.abs(b) ** 2)))


def _whitened(dry: np.ndarray, wet: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Both through one zero-phase filter that makes the sum of their spectra flat, where there is anything."""
    n = fft.next_fast_len(len(dry), real=True)
    spectra = fft.rfft(np.stack([dry, wet]).astype(np.float32), n)
    power = (np.abs(spectra) ** 2 / np.sum(np.abs(spectra) ** 2, axis=1, keepdims=True)).sum(axis=0)
    smooth = ndimage.uniform_filter1d(power, max(3, round(_WHITEN_HZ * n / sample_rate_hz)), mode="nearest")
    flat = spectra / np.sqrt(smooth + _WHITEN_FLOOR * smooth.max())
    x, y = fft.irfft(flat, n)[:, : len(dry)]
    return x / np.sqrt(np.mean(x**2)), y / np.sqrt(np.mean(y**2))


def _solve(x: np.ndarray, y: np.ndarray, taps: int, ridge: float) -> np.ndarray:
    """Least squares with a ridge by conjugate gradients: the (taps,) h that brings h * x nearest to y."""
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
    """The direct sound brought to 1.0, and the estimate's noise taken down where nothing rises over it.

    The noise is what the quietest fifth of the response holds, ten milliseconds at a time.
    """
    response = response / response[np.argmax(np.abs(response[: 2 * lead + 1]))]
    kept = np.zeros(len(response))
    noise = np.percentile(_local(response, _GATES[-1][0], sample_rate_hz), 20)
    for seconds, doubt in _GATES:
        rises = 1 - doubt * noise / np.maximum(_local(response, seconds, sample_rate_hz), 1e-20)
        kept = np.maximum(kept, np.clip(rises, 0, 1))
    return (response * kept).astype(np.float32)


def _local(response: np.ndarray, seconds: float, sample_rate_hz: int) -> np.ndarray:
    return ndimage.uniform_filter1d(response**2, round(seconds * sample_rate_hz), mode="nearest")


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    power = np.sqrt(np.dot(a, a) * np.dot(b, b))
    return float(np.dot(a, b) / power) if power > 0 else 0.0

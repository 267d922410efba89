"""Sound without the colour of its spectrum, and how like its own past it is then.

What formants or a line do to a spectrum is divided away; the autocorrelation of what is left tells repeats.

Conventions
-----------
- Sounds are (K, N) or (N,), spectra (K, M) complex up to 4 kHz; what lies between 200 and 3700 Hz is used.
- An autocorrelation is in units of what noise of the same length would give (1.0).
"""

from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

RATE_HZ = 8000
_BAND_HZ = (200.0, 3700.0)
_SMOOTH_HZ = 200.0
"""Wider than the ripple of any echo (18 Hz at 55 ms), narrower than what shapes a spectrum."""
_TONAL_LIMIT = 8.0
"""Times its surroundings: a stronger line counts no more, since a held tone is like its past at every lag."""


def spectra_of(x: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Spectra up to 4 kHz, (K, M) complex, of (K, N) pieces with their ends faded: cutting them out is no event.

    Nothing is padded: a lag of `n` seconds also holds what is `length - n` seconds apart, which only adds noise to the
    lags of interest.
    """
    size = fft.next_fast_len(x.shape[-1], real=True)
    kept = round(size * RATE_HZ / sample_rate_hz / 2)
    return fft.rfft(x * _fade(x.shape[-1]), size)[..., : kept + 1]


def surroundings_of(spectra: np.ndarray) -> np.ndarray:
    """Mean power around each line."""
    power = np.abs(spectra)
    power *= power
    around = uniform_filter1d(power, max(3, round(_SMOOTH_HZ / _apart_hz(spectra))))
    around += 1e-9 * around.max(axis=-1, keepdims=True) + 1e-20
    return around


def band_dbfs(surroundings: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """RMS level of what lies in the band, (K,), of sounds at that rate; full scale is 1.0."""
    samples = (surroundings.shape[-1] - 1) * 2 * sample_rate_hz / RATE_HZ
    return 10 * np.log10(2 * surroundings[..., _band(surroundings)].sum(axis=-1) / samples**2)


def autocorrelation(spectra: np.ndarray, surroundings: np.ndarray, lags: slice) -> np.ndarray:
    """Of sounds whose spectra are made flat, in units of what independent spectral lines of their spread would give."""
    lines, band = spectra.shape[-1] - 1, _band(spectra)
    power = np.abs(spectra[..., band])
    power *= power
    power /= surroundings[..., band]
    np.minimum(power, _TONAL_LIMIT, out=power)
    power -= power.mean(axis=-1, keepdims=True)
    flat = np.zeros_like(spectra)
    flat.real[..., band] = power
    spread = np.sqrt(0.5 * np.sum(power**2, axis=-1, keepdims=True) + 1e-20)
    return fft.irfft(flat, overwrite_x=True)[..., lags] * (lines / spread)


def flattened(spectrum: np.ndarray, surroundings: np.ndarray) -> np.ndarray:
    """The sound whose spectrum is divided by its surroundings, nothing outside the band."""
    flat, band = np.zeros_like(spectrum), _band(spectrum)
    flat[band] = spectrum[band] / np.sqrt(surroundings[band])
    return fft.irfft(flat)


def tonal_share(spectra: np.ndarray, surroundings: np.ndarray) -> np.ndarray:
    """Share of each one's power in lines that stand out, (K,)."""
    band = _band(spectra)
    power = np.abs(spectra[..., band]) ** 2
    common = np.minimum(power, _TONAL_LIMIT * surroundings[..., band])
    return 1 - common.sum(axis=-1) / (power.sum(axis=-1) + 1e-20)


def phase_likeness(x: np.ndarray, frame_s: float, longest_s: float) -> np.ndarray:
    """Autocorrelation of sounds (..., N) at 8 kHz, up to the longest lag, when every frame's spectrum is made flat, its
    phases kept."""
    n, hop = x.shape[-1], round(frame_s * RATE_HZ / 2)
    frames = 1 + -(-n // hop)
    padded = np.zeros((*x.shape[:-1], (frames + 1) * hop), np.float32)
    padded[..., hop : hop + n] = x
    window = _window(2 * hop)
    cut = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop, axis=-1)[..., ::hop, :]
    spectra = fft.rfft(cut * window)
    magnitude = np.abs(spectra)
    spectra *= 1 / (magnitude + 1e-5 * magnitude.max(axis=(-2, -1), keepdims=True))
    pieces = fft.irfft(spectra, overwrite_x=True)
    pieces *= window
    flat = pieces[..., 1:, :hop]  # what lies before the sound and after it is left out
    flat += pieces[..., :-1, hop:]
    spectra = fft.rfft(flat.reshape(*x.shape[:-1], -1)[..., :n] * _fade(n))
    return autocorrelation(spectra, surroundings_of(spectra), slice(round(longest_s * RATE_HZ)))


def _band(spectra: np.ndarray) -> slice:
    return slice(*(round(f / _apart_hz(spectra)) for f in _BAND_HZ))


def _apart_hz(spectra: np.ndarray) -> float:
    """From one line to the next."""
    return RATE_HZ / 2 / (spectra.shape[-1] - 1)


@lru_cache(maxsize=8)
def _fade(n: int) -> np.ndarray:
    """1 over most of a piece, its first and last twentieth faded."""
    fade, part = np.ones(n, np.float32), n // 20
    fade[:part] = np.sin(np.linspace(0, np.pi / 2, part, dtype=np.float32)) ** 2
    fade[n - part :] = fade[:part][::-1]
    return fade


@lru_cache(maxsize=4)
def _window(n: int) -> np.ndarray:
    """Square root of a Hann window: applied twice, frames that overlap by half add up to the sound."""
    return np.sqrt(np.hanning(n + 1)[:-1]).astype(np.float32)

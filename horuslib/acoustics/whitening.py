"""Spectral whitening, and the autocorrelation of whitened sound.

The spectral envelope (formants, the response of a line) is divided out; the autocorrelation of the rest shows repeats.

Conventions
-----------
- Sounds are (K, N) or (N,), spectra (K, M) complex up to 4 kHz; the band from 200 to 3700 Hz is used.
- Autocorrelations are normalised by their standard deviation for noise of the same length (1.0).
"""

from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

RATE_HZ = 8000
_BAND_HZ = (200.0, 3700.0)
_SMOOTH_HZ = 200.0
"""Smoothing width: wider than the comb-filter ripple of any echo (18 Hz at 55 ms), narrower than spectral envelopes."""
_TONAL_LIMIT = 8.0
"""Lines are clipped at this multiple of the smoothed power, since a held tone correlates with itself at every lag."""


def spectra_of(x: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Spectra up to 4 kHz, (K, M) complex, of (K, N) excerpts whose ends are faded against edge artefacts.

    There is no zero padding: the circular autocorrelation at lag `n` includes pairs `length - n` apart, which only add
    noise to the lags of interest.
    """
    size = fft.next_fast_len(x.shape[-1], real=True)
    kept = round(size * RATE_HZ / sample_rate_hz / 2)
    return fft.rfft(x * _fade(x.shape[-1]), size)[..., : kept + 1]


def smoothed_power(spectra: np.ndarray) -> np.ndarray:
    """Power spectrum smoothed over `_SMOOTH_HZ`."""
    power = np.abs(spectra)
    power *= power
    around = uniform_filter1d(power, max(3, round(_SMOOTH_HZ / _bin_width_hz(spectra))))
    around += 1e-9 * around.max(axis=-1, keepdims=True) + 1e-20
    return around


def band_dbfs(surroundings: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """RMS level within the band, (K,), of sounds at that rate; full scale is 1.0."""
    samples = (surroundings.shape[-1] - 1) * 2 * sample_rate_hz / RATE_HZ
    return 10 * np.log10(2 * surroundings[..., _band(surroundings)].sum(axis=-1) / samples**2)


def autocorrelation(spectra: np.ndarray, surroundings: np.ndarray, lags: slice) -> np.ndarray:
    """Autocorrelation of the whitened sounds, divided by its standard deviation for independent spectral lines."""
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
    """The whitened sound: its spectrum divided by the smoothed magnitude, zero outside the band."""
    flat, band = np.zeros_like(spectrum), _band(spectrum)
    flat[band] = spectrum[band] / np.sqrt(surroundings[band])
    return fft.irfft(flat)


def tonal_share(spectra: np.ndarray, surroundings: np.ndarray) -> np.ndarray:
    """Share of each sound's power in prominent spectral lines, (K,)."""
    band = _band(spectra)
    power = np.abs(spectra[..., band]) ** 2
    common = np.minimum(power, _TONAL_LIMIT * surroundings[..., band])
    return 1 - common.sum(axis=-1) / (power.sum(axis=-1) + 1e-20)


def phase_autocorrelation(x: np.ndarray, frame_s: float, longest_s: float) -> np.ndarray:
    """Autocorrelation of sounds (..., N) at 8 kHz, up to the longest lag, after flattening every frame's magnitude
    spectrum and keeping its phases."""
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
    flat = pieces[..., 1:, :hop]  # the half frames before and after the sound are discarded
    flat += pieces[..., :-1, hop:]
    spectra = fft.rfft(flat.reshape(*x.shape[:-1], -1)[..., :n] * _fade(n))
    return autocorrelation(spectra, smoothed_power(spectra), slice(round(longest_s * RATE_HZ)))


def _band(spectra: np.ndarray) -> slice:
    return slice(*(round(f / _bin_width_hz(spectra)) for f in _BAND_HZ))


def _bin_width_hz(spectra: np.ndarray) -> float:
    """Width of a frequency bin."""
    return RATE_HZ / 2 / (spectra.shape[-1] - 1)


@lru_cache(maxsize=8)
def _fade(n: int) -> np.ndarray:
    """A taper of 1 whose first and last twentieth are faded."""
    fade, part = np.ones(n, np.float32), n // 20
    fade[:part] = np.sin(np.linspace(0, np.pi / 2, part, dtype=np.float32)) ** 2
    fade[n - part :] = fade[:part][::-1]
    return fade


@lru_cache(maxsize=4)
def _window(n: int) -> np.ndarray:
    """Square root of a Hann window: applied at analysis and synthesis, frames of 50 % overlap add up to the sound."""
    return np.sqrt(np.hanning(n + 1)[:-1]).astype(np.float32)

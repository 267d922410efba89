"""Log-mel frames and the mel-frequency cepstral coefficients (MFCC) that voices are compared by.

Frames are 25 ms long, one every 10 ms. Source of the coefficients: Davis and Mermelstein (1980); the recipe's 20
coefficients with first and second differences.
"""

import numpy as np
from scipy import fft

from horuslib.audio.mel import mel_filters, to_hz, to_mel, to_mel_bands
from horuslib.speakers.front_end.sound import RATE_HZ

FRAME_S = 0.01
COEFFICIENTS = 20
BANDS = 40
_LENGTH, _HOP, _N_FFT = 400, 160, 512
_PRE_EMPHASIS = 0.97
_FLOOR = 1e-8
_REACH = 2
"""Frames on either side that a difference is taken over."""
TELEPHONE_HZ = (300.0, 3400.0)


class LogMel:
    """Log-mel frames of a recording that comes block by block; the same frames for any division into blocks."""

    def __init__(self) -> None:
        self._held = np.zeros(_LENGTH - _HOP, np.float32)
        """Ends with the last sample seen; the first frame is centred near the recording's start."""
        self._last = np.float32(0)
        self._window = np.hamming(_LENGTH).astype(np.float32)

    def frames(self, block: np.ndarray) -> np.ndarray:
        """(n, BANDS) float32 natural logarithms of mel power, of the frames that this block completes."""
        block = np.asarray(block, np.float32)
        if not len(block):
            return np.zeros((0, BANDS), np.float32)
        emphasised = block - np.float32(_PRE_EMPHASIS) * np.concatenate([[self._last], block[:-1]])
        self._last = block[-1]
        x = np.concatenate([self._held, emphasised])
        n = max(0, (len(x) - _LENGTH) // _HOP + 1)
        self._held = x[n * _HOP :]
        if not n:
            return np.zeros((0, BANDS), np.float32)
        cut = np.lib.stride_tricks.sliding_window_view(x, _LENGTH)[: n * _HOP : _HOP]
        spectrum = fft.rfft(cut * self._window, _N_FFT, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        return np.log(to_mel_bands(power, RATE_HZ, _N_FFT, BANDS, RATE_HZ / 2) + np.float32(_FLOOR))


def band_centres_hz() -> np.ndarray:
    """(BANDS,) centre frequencies of the mel bands."""
    return to_hz(np.linspace(0, to_mel(RATE_HZ / 2), BANDS + 2))[1:-1]


def telephone_bands() -> np.ndarray:
    """(BANDS,) bool: the bands that lie within what a telephone passes."""
    reach = mel_filters(RATE_HZ, _N_FFT, BANDS, RATE_HZ / 2) > 0
    bins_hz = np.fft.rfftfreq(_N_FFT, 1 / RATE_HZ)
    low, high = TELEPHONE_HZ
    return np.array([low <= bins_hz[row].min() and bins_hz[row].max() <= high for row in reach])


def coefficients(log_mel: np.ndarray, bands: np.ndarray | None = None) -> np.ndarray:
    """(n, COEFFICIENTS) MFCC of (n, BANDS) log-mel frames: their orthonormal cosine transform.

    Parameters
    ----------
    bands : the bands to use, all by default.
    """
    used = log_mel if bands is None else log_mel[:, bands]
    return fft.dct(used, axis=1, norm="ortho")[:, :COEFFICIENTS]


def differences(values: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """The slope of every coefficient over 2 x 2 + 1 frames (a delta), each span for itself; zero outside the spans.

    Parameters
    ----------
    values : (n, coefficients).
    spans : (m, 2) first frame and end of what is contiguous: no slope reaches across removed silence.
    """
    slopes = np.zeros_like(values)
    for first, end in spans:
        padded = np.pad(values[first:end], ((_REACH, _REACH), (0, 0)), mode="edge")
        n = end - first
        slopes[first:end] = sum(
            k * (padded[_REACH + k : _REACH + k + n] - padded[_REACH - k : _REACH - k + n]) for k in (1, 2)
        ) / np.float32(10)
    return slopes


def frame_spans(regions: np.ndarray, frames: int) -> np.ndarray:
    """(n, 2) first frame and end of each region of seconds, within the recording; empty ones are left out."""
    spans = to_frames(regions, frames)
    return spans[spans[:, 1] > spans[:, 0]]


def to_frames(spans_s: np.ndarray, frames: int) -> np.ndarray:
    """(n, 2) first frame and end of each span of seconds, within the recording's `frames`."""
    return np.clip(np.round(np.asarray(spans_s).reshape(-1, 2) / FRAME_S).astype(int), 0, frames)

"""Augmentation of log-mel spectrograms: mixing with another sound, reverberation and echo, speed perturbation.

The powers of uncorrelated sounds add, and so, approximately, do those of a sound and its reflections. Both hold in
expectation; the spectrogram of the mixed waveform deviates randomly, most where the two powers are similar. This allows
new augmentation in every epoch without recomputing spectrograms from waveforms. Parameters called `picture` are model
inputs (height, width) of kind `mel_fixed` from `horuslib.audio.features`, bands from low to high.
"""

from functools import lru_cache

import numpy as np

from horuslib.audio.mel import mel_filters, to_hz, to_mel
from horuslib.tasks.sections import FrontEnd

_EPSILON = 1e-12


def mix_spectrograms(picture: np.ndarray, other: np.ndarray, gain_db: float, front_end: FrontEnd) -> np.ndarray:
    """The log-mel spectrogram of the mix of two sounds, from that of each.

    Parameters
    ----------
    gain_db : gain applied to the other sound.

    Returns
    -------
    (height, width) float32.
    """
    return _picture(_power(picture, front_end) + _power(other, front_end, gain_db), front_end)


def response_energy(response: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """Energy of an impulse response per mel band and column of the spectrogram.

    Parameters
    ----------
    response : (N,) at the front end's rate; delays longer than a segment are left out.

    Returns
    -------
    (height, width) float32; for the direct sound alone, 1 in the first column and 0 after it.
    """
    columns = front_end.input_shape[1]
    column = round(front_end.segment_samples / columns)
    used = min(columns, len(response) // column + 2)
    padded = np.zeros((used + 1) * column)
    padded[column:][: len(response)] = response[: used * column]
    # The squared windows are triangles that add up to 1: no energy is lost between two columns.
    window = np.sqrt(1 - np.abs(np.arange(-column, column)) / column)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * column)[::column] * window
    oversampling = -(-2 * column // front_end.n_fft)
    spectra = np.abs(np.fft.rfft(frames, oversampling * front_end.n_fft)[:, ::oversampling]) ** 2
    energy = np.zeros(front_end.input_shape[:2], np.float32)
    energy[:, :used] = _bands(front_end) @ spectra.T
    return energy


def reflect_spectrogram(picture: np.ndarray, energy: np.ndarray, front_end: FrontEnd, running: bool) -> np.ndarray:
    """The log-mel spectrogram of a sound with reverberation or echo, at unchanged loudness.

    Parameters
    ----------
    energy : from `response_energy`.
    running : whether the room was present before the sound began: the tail beyond the end is added at the start.

    Returns
    -------
    (height, width) float32.
    """
    power = _power(picture, front_end).astype(float)  # the FFT spreads rounding errors over 80 dB
    width = power.shape[1]
    length = width if running else 2 * width
    wet = np.fft.irfft(np.fft.rfft(power, length) * np.fft.rfft(energy, length), length)[:, :width]
    wet = np.maximum(wet, _EPSILON)
    return _picture(wet * (_loudness(power, front_end) / _loudness(wet, front_end)), front_end)


def change_speed(picture: np.ndarray, factor: float, front_end: FrontEnd) -> np.ndarray:
    """The log-mel spectrogram of a sound played `factor` times as fast, with pitch (Ko et al. 2015, for waveforms).

    When faster, the sound is repeated from its start to fill the segment. When slower, the highest band is repeated for
    the bands that would come from above it.

    Returns
    -------
    (height, width) float32.
    """
    height, width = picture.shape
    top_mel = to_mel(front_end.fmax_hz)
    source_hz = to_hz(np.linspace(0, top_mel, height + 2)[1:-1]) / factor
    bands = np.clip(to_mel(source_hz) / top_mel * (height + 1) - 1, 0, height - 1)
    periodic = np.concatenate([picture, picture[:, :1]], axis=1, dtype=np.float32)
    return _interpolated(_interpolated(periodic.T, np.arange(width) * factor % width).T, bands)


def _interpolated(rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Rows at fractional positions, by linear interpolation."""
    before = np.minimum(positions.astype(int), len(rows) - 2)
    weight = (positions - before).astype(np.float32)[:, None]
    return (1 - weight) * rows[before] + weight * rows[before + 1]


def _power(picture: np.ndarray, front_end: FrontEnd, gain_db: float = 0.0) -> np.ndarray:
    low, span = front_end.min_db, front_end.max_db - front_end.min_db
    return 10 ** ((low + span * np.asarray(picture, np.float32) + np.float32(gain_db)) / 10)


def _picture(power: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    low, high = front_end.min_db, front_end.max_db
    db = 10 * np.log10(power)
    return ((np.clip(np.maximum(db, db.max() - front_end.top_db), low, high) - low) / (high - low)).astype(np.float32)


def _loudness(power: np.ndarray, front_end: FrontEnd) -> float:
    """Total power: each band is weighted by its bandwidth, since the filters have unit area."""
    return float((power.sum(axis=1) / _filters(front_end).max(axis=1).clip(_EPSILON)).sum())


@lru_cache(maxsize=4)
def _bands(front_end: FrontEnd) -> np.ndarray:
    """(height, bins): weights of each band's mean over the bins of a spectrum."""
    filters = _filters(front_end)
    return filters / filters.sum(axis=1, keepdims=True).clip(_EPSILON)


@lru_cache(maxsize=4)
def _filters(front_end: FrontEnd) -> np.ndarray:
    """The mel filters, one per row of the model input."""
    f = front_end
    return mel_filters(f.sample_rate_hz, f.n_fft, f.image_size, f.fmax_hz)

"""The mel front end: from a segment of mono sound to the picture the model sees.

One function serves training, scanning and the exported package. It computes what seed 5 writes as

    mel = librosa.feature.melspectrogram(y=y, sr=sr, n_mels=128, n_fft=2048, hop_length=512, fmax=8000)
    db = np.clip(librosa.power_to_db(mel, ref=1.0, top_db=80), -80, 80)
    picture = cv2.resize((db + 80) / 160, (128, 128), interpolation=cv2.INTER_LINEAR)

for many segments at once. `ref=1.0` and the fixed scale keep absolute level visible.

Task files may ask for `kind: minmax160` instead, the picture that older Horus installations make:

    db = librosa.power_to_db(mel, ref=np.max, top_db=80)
    shades = np.rint(255 * (db - db.min()) / (db.max() - db.min())).astype(np.uint8)
    picture = (bilinear(shades to 160x160) - 127.5) / 127.5        in three equal channels

It is computed in double precision, for a value that falls on another shade moves by more than rounding does.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.fft

from horuslib.sound.mel import to_mel_bands
from horuslib.tasks.task import FrontEnd

POWER_FLOOR = 1e-10
"""librosa's `amin`: powers below this are shown as this (-100 dB)."""
_BLOCK = 4
"""Segments transformed at once: enough to be quick, few enough to stay in the processor's cache."""


def segment_to_input(samples: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """The picture of one segment.

    Parameters
    ----------
    samples : (N,) mono sound, full scale 1.0, at `front_end.sample_rate_hz`; padded with zeros or cut at
        its end to the segment's length.

    Returns
    -------
    `front_end.input_shape` float32, (128, 128, 1) in 0..1 or (160, 160, 3) in -1..1: mel bands from low (row 0) to
    high, then time.
    """
    return segments_to_inputs([samples], front_end)[0]


def segments_to_inputs(segments: Sequence[np.ndarray] | np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """The pictures of many segments, each the same as `segment_to_input` makes it alone.

    Parameters
    ----------
    segments : mono segments as in `segment_to_input`; their lengths may differ.

    Returns
    -------
    (len(segments), *front_end.input_shape) float32.
    """
    pictures = np.empty((len(segments), *front_end.input_shape), np.float32)
    for start in range(0, len(segments), _BLOCK):
        block = np.stack([fit_length(s, front_end.segment_samples) for s in segments[start : start + _BLOCK]])
        pictures[start : start + _BLOCK] = _pictures(block, front_end)[..., np.newaxis]
    return pictures


def with_channels(pictures: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """Stored pictures (N, height, width), one channel of each, as the model's input (N, *input_shape) float32."""
    channels = front_end.input_shape[-1]
    return np.repeat(np.asarray(pictures, np.float32)[..., np.newaxis], channels, axis=-1)


def fit_length(samples: np.ndarray, n_samples: int) -> np.ndarray:
    """Mono sound padded with zeros at its end, or cut there, to `n_samples`, as float32."""
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"a segment is mono, of shape (samples,); this one has shape {samples.shape}")
    return np.pad(samples[:n_samples], (0, max(0, n_samples - len(samples))))


def _pictures(segments: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """(N, samples) -> (N, height, width), what every channel holds."""
    if front_end.kind == "minmax160":
        shades = _shades(_decibels(segments.astype(np.float64), front_end))
        return (_resized(shades, front_end.image_size) - 127.5) / 127.5
    low, high = front_end.min_db, front_end.max_db
    scaled = (np.clip(_decibels(segments, front_end), low, high) - low) / (high - low)
    return _resized(scaled, front_end.image_size)


def _decibels(segments: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """(N, samples) -> (N, bands, frames) mel power in dB, none further than `top_db` under the segment's loudest."""
    db = 10 * np.log10(np.maximum(_mel_power(segments, front_end), POWER_FLOOR))
    return np.maximum(db, db.max(axis=(1, 2), keepdims=True) - front_end.top_db)


def _shades(db: np.ndarray) -> np.ndarray:
    """Each segment's decibels in whole numbers from 0 (its lowest) to 255 (its loudest); all 0 when they are equal."""
    low = db.min(axis=(1, 2), keepdims=True)
    span = db.max(axis=(1, 2), keepdims=True) - low
    return np.rint(255 * (db - low) / np.where(span > 0, span, 1))


def _resized(pictures: np.ndarray, size: int) -> np.ndarray:
    bands, frames = pictures.shape[1:]
    if frames != size:
        pictures = pictures @ _linear_resize(frames, size).T
    return pictures if bands == size else _linear_resize(bands, size) @ pictures


def _mel_power(segments: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """(N, samples) -> (N, bands, frames) mel power, as librosa's `melspectrogram` gives it (centred, zero padding)."""
    n_fft = front_end.n_fft
    padded = np.pad(segments, ((0, 0), (n_fft // 2, n_fft // 2)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft, axis=1)[:, :: front_end.hop_length]
    spectrum = scipy.fft.rfft(frames * _window(n_fft).astype(segments.dtype, copy=False), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    return to_mel_bands(power, front_end.sample_rate_hz, n_fft, front_end.n_mels, front_end.fmax_hz)


@lru_cache
def _window(n_fft: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)


@lru_cache
def _linear_resize(n_from: int, n_to: int) -> np.ndarray:
    """(n_to, n_from) weights of linear interpolation with half-pixel centres, as OpenCV's INTER_LINEAR has them."""
    centre = np.clip((np.arange(n_to) + 0.5) * n_from / n_to - 0.5, 0, n_from - 1)
    left = np.minimum(np.floor(centre).astype(int), n_from - 2)
    share = centre - left
    weights = np.zeros((n_to, n_from), np.float32)
    weights[np.arange(n_to), left] = 1 - share
    weights[np.arange(n_to), left + 1] = share
    return weights

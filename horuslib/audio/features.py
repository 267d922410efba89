"""The mel front end: from a segment of mono sound to the log-mel spectrogram that is the model's input.

One function serves training, scanning and the exported package. It computes what Heimdall writes as

    mel = librosa.feature.melspectrogram(y=y, sr=sr, n_mels=128, n_fft=2048, hop_length=512, fmax=8000)
    db = np.clip(librosa.power_to_db(mel, ref=1.0, top_db=80), -80, 80)
    model_input = cv2.resize((db + 80) / 160, (128, 128), interpolation=cv2.INTER_LINEAR)

for many segments at once. `ref=1.0` and the fixed scale preserve the absolute level.

Task files may set `kind: minmax160` instead, the model input of older Horus installations:

    db = librosa.power_to_db(mel, ref=np.max, top_db=80)
    shades = np.rint(255 * (db - db.min()) / (db.max() - db.min())).astype(np.uint8)
    model_input = (bilinear(shades to 160x160) - 127.5) / 127.5    in three equal channels

It is computed in double precision: a rounding error before quantisation can change a pixel by a whole grey level.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import scipy.fft

from horuslib.audio.fit import fitted
from horuslib.audio.mel import to_mel_bands
from horuslib.tasks.sections import FrontEnd

POWER_FLOOR = 1e-10
"""librosa's `amin`: powers below this are clipped to it (-100 dB)."""


def segment_to_input(samples: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """The model input (log-mel spectrogram) of one segment.

    Parameters
    ----------
    samples : (N,) mono sound, full scale 1.0, at `front_end.sample_rate_hz`, brought to the segment's length and the
        task's level by `audio.fit`.

    Returns
    -------
    `front_end.input_shape` float32, (128, 128, 1) in 0..1 or (160, 160, 3) in -1..1: mel bands from low (row 0) to
    high, then time.
    """
    return segments_to_inputs([samples], front_end)[0]


def segments_to_inputs(segments: Sequence[np.ndarray] | np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """The model inputs of many segments, each the same as from `segment_to_input`.

    Parameters
    ----------
    segments : mono segments as in `segment_to_input`; their lengths may differ.

    Returns
    -------
    (len(segments), *front_end.input_shape) float32.
    """
    inputs = np.empty((len(segments), *front_end.input_shape), np.float32)
    for model_input, power in zip(inputs, _mel_powers(segments, front_end), strict=True):
        model_input[:] = _scaled(power, front_end).T[..., np.newaxis]
    return inputs


def with_channels(pictures: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """Stored spectrograms (N, height, width), one channel each, as the model's input (N, *input_shape) float32."""
    channels = front_end.input_shape[-1]
    return np.repeat(np.asarray(pictures, np.float32)[..., np.newaxis], channels, axis=-1)


def _scaled(power: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """(frames, bands) mel power -> (width, height), the content of every channel."""
    db = _decibels(power, front_end.top_db)
    if front_end.kind == "minmax160":
        return (_resized(_grey_levels(db), front_end) - 127.5) / 127.5
    low, high = front_end.min_db, front_end.max_db
    return (_resized(np.clip(db, low, high), front_end) - low) / (high - low)


def _decibels(power: np.ndarray, top_db: float) -> np.ndarray:
    """Power in dB, clipped at `top_db` below the maximum."""
    db = 10 * np.log10(np.maximum(power, POWER_FLOOR))
    return np.maximum(db, db.max() - top_db)


def _grey_levels(db: np.ndarray) -> np.ndarray:
    """A segment's decibels as integers from 0 (its minimum) to 255 (its maximum); all 0 when they are equal."""
    span = db.max() - db.min()
    return np.rint(255 * (db - db.min()) / (span if span > 0 else 1))


def _resized(db: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """(frames, bands) -> (width, height)."""
    height, width, _ = front_end.input_shape
    return _interpolated(_interpolated(db, width).T, height).T


def _interpolated(rows: np.ndarray, n: int) -> np.ndarray:
    """(any number, M) -> (n, M)."""
    if len(rows) == n:
        return rows
    before, weight = _interpolation(len(rows), n)
    resized = rows[before]
    resized += weight * (rows[before + 1] - resized)
    return resized


def _mel_powers(segments: Iterable[np.ndarray], front_end: FrontEnd) -> Iterator[np.ndarray]:
    """(frames, bands) mel power of each segment, as librosa's `melspectrogram` gives it (centred, zero padding).

    One segment at a time in reused buffers, so that the working set stays in the processor's cache.
    """
    n_fft, n_samples = front_end.n_fft, front_end.segment_samples
    padded = np.zeros(n_samples + 2 * (n_fft // 2), np.float64 if front_end.kind == "minmax160" else np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[:: front_end.hop_length]
    window = _window(n_fft, front_end.window_length or n_fft).astype(padded.dtype)
    windowed = np.empty(frames.shape, padded.dtype)
    middle = padded[n_fft // 2 :][:n_samples]
    for samples in segments:
        middle[:] = fitted(samples, front_end)
        power = np.abs(scipy.fft.rfft(np.multiply(frames, window, out=windowed)))
        power *= power
        yield to_mel_bands(power, front_end.sample_rate_hz, n_fft, front_end.n_mels, front_end.fmax_hz)


@lru_cache
def _window(n_fft: int, length: int) -> np.ndarray:
    """(n_fft,) a periodic Hann window in the middle of zeros."""
    window, before = np.zeros(n_fft), (n_fft - length) // 2
    window[before : before + length] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return window


@lru_cache
def _interpolation(n_from: int, n_to: int) -> tuple[np.ndarray, np.ndarray]:
    """For each output row, the index of the input row before it, (n_to,), and the weight of the next one, (n_to, 1).

    Linear interpolation with half-pixel centres, as OpenCV's INTER_LINEAR.
    """
    centre = np.clip((np.arange(n_to) + 0.5) * n_from / n_to - 0.5, 0, n_from - 1)
    before = np.minimum(np.floor(centre).astype(int), n_from - 2)
    return before, (centre - before)[:, np.newaxis].astype(np.float32)

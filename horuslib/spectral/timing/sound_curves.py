"""What is heard, on the common clock: mel bands against the event's own background, and the size of each change."""

import numpy as np

from horuslib.audio.mel import to_mel_bands
from horuslib.spectral.events.event import SOUND_RATE_HZ
from horuslib.spectral.timing.clock import STEP_S, contrast, step_count

BANDS = 40
_N_FFT, _HOPS_PER_STEP = 1024, 5
_HOP = round(STEP_S * SOUND_RATE_HZ / _HOPS_PER_STEP)
_FMAX_HZ = 10000.0
_FLOOR_DB, _BACKGROUND_PERCENTILE = -80.0, 30
_SCALE_DB = 20.0
_ENVELOPE_HOP = 20
"""Samples: the envelope is taken 1100 times a second."""
SOUND_CURVES = ("loudness", "onset", "spread", "steadiness", "buzz")
"""loudness: mean of the bands over the background, in 20 dB. onset: rise against the 0.8 s before, in 20 dB.
spread: share of the bands that rise. steadiness: how little the level moves inside a step. buzz: how much of the
envelope repeats 40 to 300 times a second, as mains hum, GSM and switching supplies do."""


def sound_curves(sound: np.ndarray, duration_s: float) -> tuple[np.ndarray, np.ndarray]:
    """The curves of a sound.

    Parameters
    ----------
    sound : (n,) mono at SOUND_RATE_HZ.

    Returns
    -------
    (steps, BANDS) float32: levels over the background (the 30th percentile of each band), in 20 dB;
    (steps, len(SOUND_CURVES)) float32.
    """
    steps = step_count(duration_s)
    fine = _levels_db(sound, steps)
    background = np.percentile(fine.reshape(-1, BANDS), _BACKGROUND_PERCENTILE, axis=0)
    over = np.clip(fine - background, -_SCALE_DB, 3 * _SCALE_DB) / _SCALE_DB
    bands = over.mean(1)
    change = np.maximum(contrast(over.max(1), 8, 1), 0)
    curves = (
        bands.mean(1),
        change.mean(1),
        (change > 0.25).mean(1),
        1 / (1 + 4 * over.std(1).mean(1)),
        _buzz(sound, steps),
    )
    return bands.astype(np.float32), np.stack(curves, 1).astype(np.float32)


def _levels_db(sound: np.ndarray, steps: int) -> np.ndarray:
    """(steps, hops, BANDS) decibels; where the sound ends early, its floor."""
    bands = mel_power(sound, steps * _HOPS_PER_STEP, _N_FFT, _HOP, BANDS, _FMAX_HZ)
    level = 10 * np.log10(np.maximum(bands, 10 ** (_FLOOR_DB / 10)))
    ends = int(np.ceil(len(sound) / (_HOP * _HOPS_PER_STEP)))
    level = level.reshape(steps, _HOPS_PER_STEP, BANDS)
    if 0 < ends < steps:
        level[ends:] = np.percentile(level[:ends].reshape(-1, BANDS), _BACKGROUND_PERCENTILE, axis=0)
    return level


def mel_power(sound: np.ndarray, frames: int, n_fft: int, hop: int, bands: int, fmax_hz: float) -> np.ndarray:
    """(frames, bands) float32 mel power, centred, zeros behind the end.

    Parameters
    ----------
    sound : (n,) mono at SOUND_RATE_HZ.
    """
    padded = np.pad(sound, (n_fft // 2, max(0, frames * hop + n_fft - len(sound))))
    cut = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop][:frames]
    power = np.abs(np.fft.rfft(cut * np.hanning(n_fft).astype(np.float32), axis=1)) ** 2
    return to_mel_bands(power.astype(np.float32), SOUND_RATE_HZ, n_fft, bands, fmax_hz)


def _buzz(sound: np.ndarray, steps: int) -> np.ndarray:
    """(steps,) 0 to 1: the largest autocorrelation of the envelope at lags of 1/300 to 1/40 s, over 0.2 s."""
    envelope = np.sqrt(np.add.reduceat(np.square(sound, dtype=float), np.arange(0, len(sound), _ENVELOPE_HOP)))
    rate = SOUND_RATE_HZ / _ENVELOPE_HOP
    out, half = np.zeros(steps), round(0.1 * rate)
    lags = np.arange(int(rate / 300), int(rate / 40) + 1)
    for t in range(steps):
        middle = round((t + 0.5) * STEP_S * rate)
        x = envelope[max(0, middle - half) : middle + half]
        if len(x) < 2 * lags[-1]:
            continue
        x = x - x.mean()
        power = float(x @ x) + 1e-9
        out[t] = max(0.0, max(float(x[lag:] @ x[:-lag]) / power * len(x) / (len(x) - lag) for lag in lags))
    return np.clip(out, 0, 1)

"""A segment's sound at the length and level that the model is given: what fills it when the recording is shorter.

With `short: zeros` a shorter sound is followed by silence, which tells the model how long it was. With `short: tile`,
near-silence at both ends is cut off and the rest is repeated from an offset that only chance relates to it, so that
neither length nor padding is left to learn from. `level_dbfs` scales what results to one RMS level.
"""

import numpy as np

from horuslib.audio.levels import from_db
from horuslib.tasks.sections import FrontEnd

FRAME_S = 0.02
"""Near-silence is cut off in steps of this length."""
NEAR_SILENCE_DB = -50.0
"""Frames this far below the loudest one, at either end of a sound, are cut off."""
CROSSFADE_S = 0.02
"""Where a repetition begins, the end of the sound is faded into its beginning over at most this long."""


def fitted(samples: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """A sound as the model is given it.

    Parameters
    ----------
    samples : (N,) mono at the front end's rate, of any length.

    Returns
    -------
    (segment_samples,) float32, at the level of the task where it has one; digital silence stays so.
    """
    x = filled(samples, front_end)
    if front_end.level_dbfs is None:
        return x
    power = float(np.mean(np.square(x, dtype=np.float64)))
    return x * np.float32(from_db(front_end.level_dbfs) / np.sqrt(power)) if power > 0 else x


def filled(samples: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """A sound at the length of a segment and at its own level: cut at its end, followed by zeros, or repeated."""
    x, n = np.asarray(samples, np.float32), front_end.segment_samples
    if x.ndim != 1:
        raise ValueError(f"a segment is mono, of shape (samples,); this one has shape {x.shape}")
    if front_end.short == "tile":
        x = tiled(sounding(x, front_end.sample_rate_hz), n, front_end.sample_rate_hz)
    return np.pad(x[:n], (0, max(0, n - len(x))))


def sounding(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """A sound without the near-silence before and after it; nothing of digital silence."""
    frame = round(FRAME_S * sample_rate_hz)
    padded = np.pad(np.asarray(samples, np.float64), (0, -len(samples) % frame))
    power = np.mean(np.square(padded.reshape(-1, frame)), axis=1)
    heard = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (NEAR_SILENCE_DB / 10))
    return samples[heard[0] * frame : (heard[-1] + 1) * frame] if len(heard) else samples[:0]


def tiled(samples: np.ndarray, n: int, sample_rate_hz: int, start: int | None = None) -> np.ndarray:
    """A sound repeated to `n` samples, from `start` on; a longer one is cut at its end.

    Parameters
    ----------
    start : where in the sound the result begins; drawn by the sound's length when not given, so that the same sound
        gives the same result.
    """
    if not 0 < len(samples) < n:
        return samples[:n]
    fade = min(round(CROSSFADE_S * sample_rate_hz), len(samples) // 4)
    loop = np.array(samples[: len(samples) - fade], np.float32)
    if fade:
        rising = np.sin(np.linspace(0, np.pi / 2, fade, dtype=np.float32))
        loop[:fade] = rising * loop[:fade] + rising[::-1] * samples[len(samples) - fade :]
    if start is None:
        start = int(np.random.default_rng(len(samples)).integers(len(loop)))
    return np.resize(np.roll(loop, -start), n)

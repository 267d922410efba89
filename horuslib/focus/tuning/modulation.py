"""How the dominant pitch of a clip stands out and moves: what an auxiliary head of the fine-tune learns to tell.

A siren sweeps or alternates, an alert repeats one pitch, a scream wavers, traffic has none. The rates of the envelope
alone do not tell sirens from alerts; the track of the strongest frequency does, where it is weighed by how surely there
is one (voicing) and how much of the power it has.
"""

import numpy as np

from horuslib.audio.mel import to_hz, to_mel
from horuslib.tasks.sections import FrontEnd

TARGETS = ("voicing", "power_ratio", "pitch", "spread", "glide", "rate", "regularity")
"""Share of frames with a dominant pitch; its share of the power there, in dB; its median and its standard deviation in
octaves; how fast it moves, in octaves a second; how often a second its course repeats, as log2, and how regularly (0 to
1). The last five are 0 where no pitch is heard."""
_PROMINENCE_DB = (6.0, 15.0)
"""Of the strongest band over the mean level of all where there is surely no pitch, and where there surely is one."""
_LOWEST_HZ = 300.0
_RATES_HZ = (0.2, 8.0)
_LEAST_VOICED, _AS_HIGH = 0.05, 0.85
_TINY = 1e-9


def modulation(pictures: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """The course of the dominant pitch of stored model inputs.

    Parameters
    ----------
    pictures : (N, bands, frames), decibels scaled to 0..1.

    Returns
    -------
    (N, len(TARGETS)) float32.
    """
    return np.array([_of(np.asarray(picture, np.float64), front_end) for picture in pictures], np.float32).reshape(
        len(pictures), len(TARGETS)
    )


def _of(picture: np.ndarray, front_end: FrontEnd) -> list[float]:
    bands, frames = picture.shape
    db = picture * (front_end.max_db - front_end.min_db) + front_end.min_db
    centres_hz = to_hz(np.linspace(0, to_mel(front_end.fmax_hz), bands + 2))[1:-1]
    first = int(np.searchsorted(centres_hz, _LOWEST_HZ))
    at, octaves = _strongest(db[first:], np.log2(centres_hz[first:]))
    power = 10 ** (db / 10)
    share = sum(power[np.clip(at + first + d, 0, bands - 1), np.arange(frames)] for d in (-1, 0, 1)) / power.sum(axis=0)
    prominence = db[at + first, np.arange(frames)] - db.mean(axis=0)
    low, high = _PROMINENCE_DB
    voiced = np.clip((prominence - low) / (high - low), 0, 1)
    voicing = float(voiced.mean())
    ratio_db = float(10 * np.log10(np.average(share, weights=voiced + _TINY)))
    if voicing < _LEAST_VOICED:
        return [voicing, ratio_db, *[0.0] * (len(TARGETS) - 2)]
    frame_s = front_end.segment_s / frames
    middle = float(np.quantile(octaves, 0.5, weights=voiced, method="inverted_cdf"))
    apart = octaves - middle
    spread = float(np.sqrt(np.average(apart**2, weights=voiced)))
    both = np.sqrt(voiced[1:] * voiced[:-1])
    glide = float(np.average(np.minimum(np.abs(np.diff(octaves)), 1.0), weights=both + _TINY)) / frame_s
    rate, regularity = _repetition(apart * voiced, frame_s)
    return [voicing, ratio_db, middle, spread, glide, rate, regularity]


def _strongest(db: np.ndarray, octaves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The strongest band of every frame, and its place between the bands by a parabola, in octaves."""
    at, frames = db.argmax(axis=0), np.arange(db.shape[1])
    inner = np.clip(at, 1, len(db) - 2)
    before, here, after = (db[inner + d, frames] for d in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = np.where((at == inner) & (bend < -_TINY), 0.5 * (before - after) / np.where(bend < -_TINY, bend, -1), 0.0)
    return at, np.interp(at + np.clip(shift, -0.5, 0.5), np.arange(len(octaves)), octaves)


def _repetition(course: np.ndarray, frame_s: float) -> tuple[float, float]:
    """log2 of how often a second a course repeats, and its autocorrelation there; (0, 0) where it does not move."""
    n = len(course)
    spectrum = np.abs(np.fft.rfft(course - course.mean(), 2 * n)) ** 2
    r = np.fft.irfft(spectrum)[:n]
    shortest, longest = (round(1 / hz / frame_s) for hz in _RATES_HZ[::-1])
    longest = min(longest, n // 2)
    if r[0] < _TINY or longest <= shortest:
        return 0.0, 0.0
    r = r / r[0] * n / (n - np.arange(n))
    fallen = int(np.argmax(r < 0)) if (r < 0).any() else n
    start = max(shortest, fallen)
    if start >= longest:
        return 0.0, 0.0
    heights = r[start : longest + 1]
    first = int(np.argmax(heights >= _AS_HIGH * heights.max()))  # every multiple of the period is as high
    lag = start + first + int(heights[first : first + 1 + first // 4].argmax())
    return float(np.log2(1 / (lag * frame_s))), float(np.clip(r[lag], 0, 1))

"""Sounds that a definition tells apart whatever a model makes of them: a line-up tone, bare tones, a muted programme.

A line-up tone is 1 kHz alone. It may be interrupted for a quarter of a second as EBU idents are (Tech 3304), and lasts:
a censor bleep and the pips of a time signal are as pure, and short. Bare tones are at most two lines at a time that
switch on and off: dialling, alerts, ringing. Muting cuts a programme off and on within hundredths of a second, to less
than a pause leaves.
"""

from itertools import pairwise

import numpy as np

TONE_HZ, TONE_WIDTH = 1000.0, 0.02
TONE_FRAME_S = 0.05
_TONE_SHARE = 0.6
"""Of a frame's power; the noise and distortion of a line-up tone lie at least 30 dB below it."""
_HELD_S = 0.35
"""Longest interruption of a line-up tone."""
_INTERRUPTED_DB = 20.0

_STEP_S = 0.01
"""In which levels are followed."""
_LINES, _LINE_BINS, _LINES_FRAME_S = 2, 2, 0.032
_LINES_SHARE = 0.93
"""Of the power: the rest is where tones are switched."""
_BURST_DB, _BURST_STEPS = 20.0, 4
_BURST_STEADY_DB = 0.7
"""Standard deviation of the level within a burst; of music and speech it is over 0.9 dB."""

MUTED_DBFS = -70.0
_LEAST_MUTED_S = 0.4
"""Shorter gaps are those between words."""
_LEAST_GAP_STEPS = 3
_EDGE_STEPS = 3
"""Steps on either side of an edge, of which the nearest may be half muted."""
_EDGE_DB = 45.0
"""Fall of the level at an edge: a noise gate between a speaker's words rarely has as much at all of them."""
_STEADY_DB = 1.5
_LASTING_SHARE = 0.6
_QUIETEST = 1e-12


def tone_span_s(x: np.ndarray, sample_rate_hz: int) -> tuple[float, float]:
    """The longest stretch of a line-up tone in a sound, from and to (s from its start); equal where there is none."""
    size = round(TONE_FRAME_S * sample_rate_hz)
    power = _spectra(x, size)
    if not len(power):
        return 0.0, 0.0
    total = power.sum(axis=1)
    near = np.abs(np.fft.rfftfreq(size, 1 / sample_rate_hz) - TONE_HZ) <= TONE_WIDTH * TONE_HZ + 1e-6
    is_tone = power[:, near].sum(axis=1) > _TONE_SHARE * total
    is_tone &= total > _QUIETEST
    if not is_tone.any():
        return 0.0, 0.0
    quiet = total < np.median(total[is_tone]) * 10 ** (-_INTERRUPTED_DB / 10)
    runs = _held(_runs(is_tone), quiet, round(_HELD_S / TONE_FRAME_S))
    first, after = max(runs, key=lambda run: run[1] - run[0])
    return first * TONE_FRAME_S, min(after * TONE_FRAME_S, len(x) / sample_rate_hz)


def is_bare_tones(x: np.ndarray, sample_rate_hz: int) -> bool:
    """Whether a sound is bursts of one or two lines at a time and nothing else."""
    level_db = _levels_db(x, sample_rate_hz)
    heard = _runs(level_db > level_db.max(initial=-np.inf) - _BURST_DB)
    bursts = [level_db[first + 1 : after - 1] for first, after in heard if after - first >= _BURST_STEPS]
    if len(bursts) < 2 or np.median([np.std(burst) for burst in bursts]) > _BURST_STEADY_DB:
        return False
    rest = _spectra(x, round(_LINES_FRAME_S * sample_rate_hz))
    whole = rest.sum()
    for _ in range(_LINES):
        line = rest.argmax(axis=1)[:, None] + np.arange(-_LINE_BINS, _LINE_BINS + 1)
        np.put_along_axis(rest, np.clip(line, 0, rest.shape[1] - 1), 0.0, axis=1)
    return bool(rest.sum() <= (1 - _LINES_SHARE) * whole)


def muted_s(x: np.ndarray, sample_rate_hz: int) -> float:
    """How long a programme is muted between parts that are heard, or up to the start or end of the sound (s).

    All edges, two at least, take a few hundredths of a second: a speaker's pauses fade. Bursts of steady level are a
    signal, not a programme, and what is as silent in gaps between words is gated.
    """
    level_db = _levels_db(x, sample_rate_hz)
    gaps = [run for run in _runs(level_db < MUTED_DBFS) if run[1] - run[0] >= _LEAST_GAP_STEPS]
    runs = [run for run in gaps if run[1] - run[0] >= _LEAST_MUTED_S / _STEP_S]
    if len(gaps) >= 2 * len(runs):
        return 0.0
    falls_db = [fall_db for run in runs for fall_db in _falls_db(level_db, *run)]
    if len(falls_db) < 2 or min(falls_db) < _EDGE_DB:
        return 0.0
    heard = [level_db[a:b] for (_, a), (b, _) in pairwise([(0, 0), *runs, (len(level_db),) * 2]) if b - a > 4]
    if not heard or np.median([np.std(part[2:-2]) for part in heard]) < _STEADY_DB:
        return 0.0
    return _STEP_S * sum(after - first for first, after in runs)


def lasting_dbfs(x: np.ndarray, sample_rate_hz: int) -> float:
    """The level that a sound has or exceeds for 60 % of its time, dBFS: clicks in silence, and pauses, count little.

    NaN for less than 10 ms of sound.
    """
    level_db = _levels_db(x, sample_rate_hz)
    return float(np.quantile(level_db, 1 - _LASTING_SHARE)) if len(level_db) else float("nan")


def _falls_db(level_db: np.ndarray, first: int, after: int) -> list[float]:
    """How far the level falls at the edges of a quiet run that lie within the sound."""
    before, behind = level_db[max(0, first - _EDGE_STEPS) : first], level_db[after : after + _EDGE_STEPS]
    inside = level_db[first + 1 : after - 1]
    sides = (before, inside[:_EDGE_STEPS]), (behind, inside[-_EDGE_STEPS:])
    return [float(loud.max() - quiet.max()) for loud, quiet in sides if len(loud)]


def _levels_db(x: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """RMS level of every step of 10 ms, dBFS."""
    size = round(_STEP_S * sample_rate_hz)
    steps = np.asarray(x[: len(x) // size * size], np.float32).reshape(-1, size)
    return 10 * np.log10(np.einsum("ij,ij->i", steps, steps) / size + _QUIETEST)


def _spectra(x: np.ndarray, size: int) -> np.ndarray:
    """Power of whole frames under a Hann window: (frames, bins)."""
    frames = np.asarray(x[: len(x) // size * size], np.float32).reshape(-1, size)
    return np.abs(np.fft.rfft(frames * np.hanning(size + 1)[:-1].astype(np.float32))) ** 2


def _runs(true: np.ndarray) -> list[tuple[int, int]]:
    """First position of each run of True and the one after it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], true.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _held(runs: list[tuple[int, int]], quiet: np.ndarray, longest: int) -> list[tuple[int, int]]:
    """The runs, those made one between which it is quiet, give or take a frame at each edge, and not for long."""
    held = runs[:1]
    for first, after in runs[1:]:
        between = slice(held[-1][1] + 1, first - 1)
        if first - held[-1][1] <= longest and quiet[between].all():
            held[-1] = held[-1][0], after
        else:
            held.append((first, after))
    return held

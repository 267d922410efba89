"""Echoes and rooms heard without knowing the dry sound: by how much a sound is like its own past.

Sound that comes a second time, weaker and later, leaves its waveform in itself: the autocorrelation has a peak at the
delay, as narrow as the sound's bandwidth allows. A room does so at thousands of delays at once, which raises the whole
autocorrelation and lets it fall as the room decays. Neither depends on what the programme is. What does depend on it
is taken away first: the spectrum's shape (a voice's formants), and for rooms also the spectrum of every half second
(harmonics of voices and of held notes), of which only the phase is kept.

Music repeats too. A loop repeats some of its events, an echo everything: what counts is how much of the typical moment
comes again, which is also how strong the echo is. Held chords are like themselves at every multiple of their period: an
echo's peak stands alone, theirs in a row.

Notes ring by themselves, and an organ is played in its church. A room rings at all frequencies, notes at their own; and
where single lines carry most of the power, a tail says nothing of a room that blurs speech.

Conventions
-----------
- Sound is mono, at any rate from 8 kHz on; its whitening (`horuslib.acoustics.whitening`) keeps 200 to 3700 Hz.
- Lags are in seconds; an autocorrelation is in units of what noise of the same length would give (1.0).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import fft

from horuslib.acoustics.whitening import (
    RATE_HZ,
    autocorrelation,
    band_dbfs,
    flattened,
    phase_likeness,
    spectra_of,
    surroundings_of,
    tonal_share,
)
from horuslib.audio.levels import rms_dbfs

SHORTEST_S, LONGEST_S = 0.055, 2.1
"""Delays that are an echo; shorter ones colour the sound."""
_FRAME_S = 0.512
_NEIGHBOURS_S, _PEAK_S = 0.02, 0.001
_BESIDE_S = (0.005, 0.05)
"""How far apart the peaks of held notes are, or some of them: 20 to 200 Hz."""
_TAIL_S = (0.1, 0.2)
_RINGING_S, _RINGING_HZ = (0.06, 0.31), (300.0, 3600.0)
_FLOOR_S = (1.0, 2.1)
_DECAY_S = np.geomspace(0.1, 0.8, 8)
_DECAY_FRAME_S = 0.128
"""Shorter than any lag at which the decay is read: within a frame, keeping only phases takes likeness away."""
_DECAY_BIAS = 1.37
"""By how much the decay of the autocorrelation is slower than the room's, over generated rooms of 0.7-3 s."""
_HALF_AS_HIGH = 0.4
"""A peak this high, next to the highest, at a fraction of its delay is the first repeat, the highest the second."""
_MEDIAN_OF_SQUARE = 0.455
"""Median of the square of a standard normal variable."""
_BLOCK_S = 0.1
_QUIETEST_DBFS = -57.0
"""Under this nothing is programme, and hum, dither and what a tone above the band leaves in it are like their past."""
_TOGETHER = 4
"""Sounds transformed together: a processor's vector holds so many."""

# Where evidence begins and where it is complete.
_PROMINENCE = (6.0, 20.0)
_GAIN = (0.1, 0.25)
"""A repeat of gain g in dense sound is found with g / (1 + g^2): 0.29 at -10 dB, 0.17 at -15 dB; other sound over it
takes from that."""
_BESIDE = (0.75, 0.5)
"""Of generated music that has a prominent peak and no echo, 41 of 43 segments lie over 0.9; of talk with an echo 88 of
92 under 0.5, at a desk that reflects 79 of 91."""
_TAIL = (-0.2, -0.05)
_TONAL = (0.6, 0.35)
_EVENNESS = (0.4, 0.47)
"""Of generated talk in rooms that blur it 48 of 48 segments lie over 0.47, of music that rings 6 of 100."""


@dataclass(frozen=True)
class Reflections:
    """What of a sound is repeated and how it decays."""

    echo: float
    """0 (none) to 1 (a repeat stands out, the typical moment has enough of it, and it stands alone)."""
    room: float
    """0 to 1 (a tail as of a room that blurs speech, and no notes that ring or are held)."""
    delay_s: float
    """Of the most prominent repeat, whatever `echo` says of it."""
    rt60_s: float
    """Reverberation time of the tail; NaN where there is none, or it does not fall evenly enough to be measured."""
    prominence: float
    """Height of the repeat's peak over the autocorrelation within 20 ms, in its standard deviations."""
    gain: float
    """Amplitude with which the louder 0.1 s blocks come again one delay later, their median; 0 where no peak is
    prominent enough to look."""
    beside: float
    """Height of the highest peak 5 to 50 ms beside it, as a share of its own."""
    tail: float
    """log10 of the autocorrelation's energy at lags of 0.1-0.2 s over that at 1-2.1 s."""
    evenness: float
    """How evenly the frequencies share in the tail: 0 (one line) to about 0.5 (as in noise, however wide its band)."""
    tonal: float
    """Share of the power that stands in lines over 8 times as strong as what surrounds them: 0.05-0.2 in speech, in a
    room, too; 0.5-0.8 in held notes."""


NONE = Reflections(0.0, 0.0, np.nan, np.nan, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0)


def reflections(x: np.ndarray, sample_rate_hz: int) -> Reflections:
    """The echo and the room in a piece of sound.

    Parameters
    ----------
    x : (N,) mono, 3 s or longer; of shorter or very quiet sound nothing can be said (`NONE`).

    Raises
    ------
    ValueError
        When the rate is under 8 kHz.
    """
    return reflections_of([x], sample_rate_hz)[0]


def reflections_of(sounds: Sequence[np.ndarray], sample_rate_hz: int) -> list[Reflections]:
    """`reflections` of several pieces, in a third of the time where they are equally long."""
    if sample_rate_hz < RATE_HZ:
        raise ValueError(f"reflections are heard up to 3.7 kHz: the rate is {sample_rate_hz} Hz, it takes {RATE_HZ}")
    found, heard = [NONE] * len(sounds), {}
    for k, x in enumerate(sounds):
        if len(x) >= 3 * sample_rate_hz - 1 and rms_dbfs(x) >= _QUIETEST_DBFS:
            heard.setdefault(len(x), []).append(k)
    for alike in heard.values():
        for start in range(0, len(alike), _TOGETHER):
            some = alike[start : start + _TOGETHER]
            measured = _measured(np.stack([np.asarray(sounds[k], np.float32) for k in some]), sample_rate_hz)
            for k, one in zip(some, measured, strict=True):
                found[k] = one
    return found


def _measured(sounds: np.ndarray, sample_rate_hz: int) -> list[Reflections]:
    """Of (K, N) sounds."""
    spectra = spectra_of(sounds, sample_rate_hz)
    surroundings, dry = surroundings_of(spectra), fft.irfft(spectra)
    audible = band_dbfs(surroundings, sample_rate_hz) >= _QUIETEST_DBFS
    likeness = phase_likeness(dry, _FRAME_S, _FLOOR_S[1])
    tails = zip(_tail(likeness), _evenness(likeness), tonal_share(spectra, surroundings), strict=True)
    found = zip(_repeats(spectra, surroundings), tails, dry, audible, strict=True)
    return [_judged(repeat, _Tail(*map(float, tail)), x) if heard else NONE for repeat, tail, x, heard in found]


class _Repeat(NamedTuple):
    prominence: float
    delay_s: float
    gain: float
    beside: float


class _Tail(NamedTuple):
    tail: float
    evenness: float
    tonal: float


def _judged(repeat: _Repeat, tail: _Tail, dry: np.ndarray) -> Reflections:
    stands_out = _share(np.log(max(repeat.prominence, 1.0)), *np.log(_PROMINENCE))
    room = _share(tail.tail, *_TAIL) * _share(tail.evenness, *_EVENNESS) * _share(tail.tonal, *_TONAL)
    return Reflections(
        echo=stands_out * _share(repeat.gain, *_GAIN) * _share(repeat.beside, *_BESIDE),
        room=room,
        rt60_s=_rt60_s(dry) if room > 0 else np.nan,
        **repeat._asdict(),
        **tail._asdict(),
    )


def _repeats(spectra: np.ndarray, surroundings: np.ndarray) -> Iterator[_Repeat]:
    """Each one's most prominent repeat."""
    first, last = round(SHORTEST_S * RATE_HZ), round(LONGEST_S * RATE_HZ)
    wide, narrow = round(_NEIGHBOURS_S * RATE_HZ), round(_PEAK_S * RATE_HZ)
    last = min(last, spectra.shape[-1] - 1 - wide)
    r = autocorrelation(spectra, surroundings, slice(last + wide))
    late = r[..., first - wide :]
    energy, around, own = late**2, 2 * wide + 1, 2 * narrow + 1
    neighbours = _sums(energy, around) - _sums(energy, own)[..., wide - narrow : narrow - wide]
    deviation = np.sqrt(np.maximum(neighbours / (around - own), 1e-3))
    prominences = late[..., wide:-wide] / deviation
    for spectrum, power, likeness, prominent in zip(spectra, surroundings, r, prominences, strict=True):
        at = _first_repeat(prominent, first)
        prominence, delay = float(prominent[at]), first + at
        gain = _gain(flattened(spectrum, power), delay) if prominence > _PROMINENCE[0] else 0.0
        yield _Repeat(prominence, delay / RATE_HZ, gain, _beside(likeness, delay))


def _beside(likeness: np.ndarray, delay: int) -> float:
    """Height of the highest peak beside the one at `delay`, as a share of its own."""
    near, far = (round(s * RATE_HZ) for s in _BESIDE_S)
    before, after = likeness[max(near, delay - far) : delay - near + 1], likeness[delay + near : delay + far + 1]
    return float(max(before.max(), after.max()) / max(likeness[delay], 1e-9))


def _sums(x: np.ndarray, n: int) -> np.ndarray:
    """Of every `n` neighbours, from sums of 2, 4, 8...: fewer passes, and vectors in each, than a running sum has."""
    total, start, width, size = 0.0, 0, 1, x.shape[-1] - n + 1
    while width <= n:
        if n & width:
            total, start = total + x[..., start : start + size], start + width
        x, width = x[..., :-width] + x[..., width:], 2 * width
    return total


def _first_repeat(prominences: np.ndarray, first: int) -> int:
    """Where the highest peak stands, or the one at a half or a third of its delay if that is nearly as high."""
    highest = int(prominences.argmax())
    for parts in (3, 2):
        near = round((highest + first) / parts) - first
        if near - parts >= 0:
            at = near - parts + int(prominences[near - parts : near + parts + 1].argmax())
            if prominences[at] > max(_HALF_AS_HIGH * prominences[highest], _PROMINENCE[0]):
                return at
    return highest


def _gain(y: np.ndarray, delay: int) -> float:
    """With what amplitude the louder blocks of a whitened sound are found again `delay` samples later, their median.

    Of each block it is the best fit, so what else is heard by then makes it uncertain, but neither larger nor smaller.
    """
    block = round(_BLOCK_S * RATE_HZ)
    blocks = (len(y) - delay) // block
    early, late = (part[: blocks * block].reshape(blocks, block) for part in (y[: len(y) - delay], y[delay:]))
    energy = (early**2).sum(axis=1)
    louder = energy >= np.median(energy)
    return float(np.median((early * late).sum(axis=1)[louder] / (energy[louder] + 1e-20)))


def _tail(likeness: np.ndarray) -> np.ndarray:
    """log10 of each tail's energy over the floor, (K,), of (K, lags)."""
    energy = likeness**2
    return np.log10(_typical(energy, *_TAIL_S) / _typical(energy, *_FLOOR_S))


def _evenness(likeness: np.ndarray) -> np.ndarray:
    """How evenly the frequencies share in each tail, (K,): their mean power, squared, over the mean of their squared
    powers. Of noise, whose powers differ by chance, it is 0.5."""
    lags = likeness[..., slice(*(round(s * RATE_HZ) for s in _RINGING_S))]
    low, high = (round(f * lags.shape[-1] / RATE_HZ) for f in _RINGING_HZ)
    power = np.abs(fft.rfft(lags * np.hanning(lags.shape[-1])))[..., low : high + 1] ** 2
    return power.mean(axis=-1) ** 2 / (np.mean(power**2, axis=-1) + 1e-20)


def _rt60_s(x: np.ndarray) -> float:
    """Reverberation time of a tail that falls by a constant number of dB per second; NaN where it is not seen to."""
    energy = phase_likeness(x, _DECAY_FRAME_S, _FLOOR_S[1]) ** 2
    floor = _typical(energy, *_FLOOR_S)
    over = np.array([_typical(energy, a, b) for a, b in pairwise(_DECAY_S)]) - floor
    clear = np.cumprod(over > 0.05 * floor).astype(bool)
    if clear.sum() < 3:
        return np.nan
    middles_s = np.sqrt(_DECAY_S[1:] * _DECAY_S[:-1])[clear]
    weights = np.minimum(over[clear] / floor, 5.0)
    slope_db_s = np.polyfit(middles_s, 10 * np.log10(over[clear]), 1, w=weights)[0]
    return float(-60 / slope_db_s / _DECAY_BIAS) if slope_db_s < 0 else np.nan


def _typical(energy: np.ndarray, from_s: float, to_s: float) -> np.ndarray:
    """Mean energy within these lags, by the median: single peaks do not count."""
    lags = energy[..., round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]
    half = lags.shape[-1] // 2
    parted = np.partition(lags, half, axis=-1)  # at one place: many times as quick as np.median
    median = parted[..., half]
    if lags.shape[-1] % 2 == 0:
        median = (median + parted[..., :half].max(axis=-1)) / 2
    return median / _MEDIAN_OF_SQUARE + 1e-12


def _share(value: float, none: float, all_: float) -> float:
    return float(np.clip((value - none) / (all_ - none), 0, 1))

"""Repeats of a sound: which of the autocorrelation's peaks is an echo, if any.

Music repeats too. A loop repeats some of its events, an echo everything: the criterion is the amplitude with which the
median block is repeated, which is also the gain of the echo. Where a loop repeats all, its peaks stand on the grid of
its beats and do not fall (`horuslib.acoustics.loops`); the sound before the segment, if given, shows more of that grid.
Held chords correlate with themselves at every multiple of their period: an echo gives an isolated peak, chords a row of
peaks.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from horuslib.acoustics import loops
from horuslib.acoustics.evidence import scaled
from horuslib.acoustics.whitening import RATE_HZ, autocorrelation, flattened, smoothed_power, spectra_of

SHORTEST_S, LONGEST_S = 0.055, 2.1
"""Delays that count as an echo; shorter ones are perceived as coloration."""
_FIRST = round(SHORTEST_S * RATE_HZ)
_NEIGHBOURS_S, _PEAK_S = 0.02, 0.001
_BESIDE_S = (0.005, 0.05)
"""Spacing of the autocorrelation peaks of held notes: periods of 20 to 200 Hz."""
_FIRST_REPEAT_SHARE = 0.4
"""A peak of this share of the highest, at a half or a third of its delay, is the first repeat."""
_BLOCK_S = 0.1

# Values of each feature where its contribution is 0, and where it is 1.
_PROMINENCE = (6.0, 20.0)
_GAIN = (0.15, 0.27)
"""A repeat of gain g in dense sound is measured as g / (1 + g^2): 0.29 at -10 dB, 0.17 at -15 dB; other sound mixed
with it lowers the value."""
_BESIDE = (0.75, 0.5)
"""Of generated music with a prominent peak and no echo, 41 of 43 segments are over 0.9; of speech with an echo 88 of 92
are under 0.5, with the additional reflection of a desk 79 of 91."""


class Repeat(NamedTuple):
    """A peak of the autocorrelation and what is known of it; the fields are those of `reflections.Reflections`."""

    prominence: float
    delay_s: float
    gain: float
    beside: float
    loop: float = 0.0

    @property
    def echo(self) -> float:
        """The product of the features, each scaled to 0-1."""
        prominent = scaled(np.log(max(self.prominence, 1.0)), *np.log(_PROMINENCE))
        return prominent * scaled(self.gain, *_GAIN) * scaled(self.beside, *_BESIDE) * (1 - self.loop)


def likeliest_repeats(
    spectra: np.ndarray, surroundings: np.ndarray, sounds: np.ndarray, before: Sequence[np.ndarray], sample_rate_hz: int
) -> list[Repeat]:
    """Each sound's repeat that is most like an echo; without any evidence, its most prominent one.

    Parameters
    ----------
    spectra, surroundings : (K, bins), of `whitening.spectra_of` and `smoothed_power`.
    sounds, before : (K, N) at `sample_rate_hz`, and what was heard before each.
    """
    r = autocorrelation(spectra, surroundings, slice(None))
    prominences = _prominences(r, LONGEST_S)
    found = []
    for k, (correlation, prominent) in enumerate(zip(r, prominences, strict=True)):
        peaks = loops.highest(prominent, correlation, _FIRST)
        candidates = [peak for peak in peaks if peak.prominence > _PROMINENCE[0]]
        if not candidates:
            at = int(prominent.argmax())
            found.append(Repeat(float(prominent[at]), (_FIRST + at) / RATE_HZ, 0.0, _beside(correlation, _FIRST + at)))
            continue
        flat = flattened(spectra[k], surroundings[k])
        repeats = [
            Repeat(peak.prominence, peak.lag / RATE_HZ, _gain(flat, peak.lag), _beside(correlation, peak.lag))
            for peak in candidates
        ]
        if any(repeat.echo for repeat in repeats):
            grid = [*peaks, *_peaks_around(sounds[k], before[k], sample_rate_hz)]
            repeats = [
                repeat._replace(loop=loops.loop(peak, repeat.gain, grid))
                for peak, repeat in zip(candidates, repeats, strict=True)
            ]
        found.append(_likeliest(repeats))
    return found


def _likeliest(repeats: Sequence[Repeat]) -> Repeat:
    """The repeat that is most like an echo; its half or third where that is nearly as much like one."""
    best = max(repeats, key=lambda repeat: (repeat.echo, repeat.prominence))
    shorter = [
        repeat
        for repeat in repeats
        if any(abs(n * repeat.delay_s - best.delay_s) < n / RATE_HZ * 2 for n in (2, 3))
        and repeat.echo >= _FIRST_REPEAT_SHARE * best.echo
        and repeat.prominence >= _FIRST_REPEAT_SHARE * best.prominence
    ]
    return min([best, *shorter], key=lambda repeat: repeat.delay_s)


def _peaks_around(x: np.ndarray, before: np.ndarray, sample_rate_hz: int) -> list[loops.Peak]:
    """The peaks of a sound together with what was heard before it, if anything."""
    if not len(before):
        return []
    spectra = spectra_of(np.concatenate([before, x])[None].astype(np.float32), sample_rate_hz)
    r = autocorrelation(spectra, smoothed_power(spectra), slice(None))
    return loops.highest(_prominences(r, loops.LONGEST_S)[0], r[0], _FIRST)


def _prominences(r: np.ndarray, longest_s: float) -> np.ndarray:
    """Autocorrelations (K, lags) from the shortest delay on, relative to their standard deviation around each lag."""
    wide, narrow = round(_NEIGHBOURS_S * RATE_HZ), round(_PEAK_S * RATE_HZ)
    last = min(round(longest_s * RATE_HZ), r.shape[-1] // 2 - 1 - wide)
    late = r[..., _FIRST - wide : last + wide]
    energy, n_wide, n_narrow = late**2, 2 * wide + 1, 2 * narrow + 1
    neighbours = _sums(energy, n_wide) - _sums(energy, n_narrow)[..., wide - narrow : narrow - wide]
    return late[..., wide:-wide] / np.sqrt(np.maximum(neighbours / (n_wide - n_narrow), 1e-3))


def _beside(correlation: np.ndarray, delay: int) -> float:
    """Height of the highest peak beside the one at `delay`, as a share of its own."""
    near, far = (round(s * RATE_HZ) for s in _BESIDE_S)
    before, after = correlation[max(near, delay - far) : delay - near + 1], correlation[delay + near : delay + far + 1]
    return float(max(before.max(), after.max()) / max(correlation[delay], 1e-9))


def _sums(x: np.ndarray, n: int) -> np.ndarray:
    """Moving sums over `n` samples, from sums of 2, 4, 8...: fewer passes than a running sum, each vectorised."""
    total, start, width, size = 0.0, 0, 1, x.shape[-1] - n + 1
    while width <= n:
        if n & width:
            total, start = total + x[..., start : start + size], start + width
        x, width = x[..., :-width] + x[..., width:], 2 * width
    return total


def _gain(y: np.ndarray, delay: int) -> float:
    """Amplitude with which the louder blocks of a whitened sound are repeated `delay` samples later, their median.

    For each block it is the least-squares fit, so other sound at that time adds variance but no bias.
    """
    block = round(_BLOCK_S * RATE_HZ)
    blocks = (len(y) - delay) // block
    early, late = (part[: blocks * block].reshape(blocks, block) for part in (y[: len(y) - delay], y[delay:]))
    energy = (early**2).sum(axis=1)
    louder = energy >= np.median(energy)
    return float(np.median((early * late).sum(axis=1)[louder] / (energy[louder] + 1e-20)))

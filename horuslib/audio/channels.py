"""Downmix to mono: the weight of each channel, and notes on defects that the mix would mask.

Sources: ITU-R BS.775-3 annex 4 for the weights, normalised to sum to 1 as FFmpeg's `-ac 1` does with integer samples.
"""

from dataclasses import dataclass, field

import numpy as np

HALF_POWER = np.sqrt(0.5)
WEIGHTS = {"FC": 1.0, "FL": HALF_POWER, "FR": HALF_POWER, "LFE": 0.0, "LFE2": 0.0}
SURROUND_WEIGHT = 0.5
"""Surrounds go at -3 dB into the front pair, the front pair at -3 dB into mono."""

DEAD_DBFS, LIVE_DBFS = -70.0, -50.0
CANCELLED_DB = 20.0
FULL_SCALE = 32766 / 32768
CLIPPED_SHARE = 1e-3


def mix_weights(layout: tuple[str, ...]) -> np.ndarray:
    """Weight of each channel in the mono mix, float32, summing to 1.

    Channels without a loudspeaker position (a multitrack file) are weighted equally.

    Example
    -------
    >>> mix_weights(("FL", "FR")).tolist()
    [0.5, 0.5]
    """
    weights = np.array([WEIGHTS.get(name, SURROUND_WEIGHT) for name in layout])
    if not {"FC", "FL", "FR"} & set(layout):
        weights = np.ones(len(layout))
    return (weights / weights.sum()).astype(np.float32)


@dataclass
class Mixdown:
    """Mixes to mono block by block, and accumulates channel levels and counts of defects."""

    names: tuple[str, ...] = ()
    samples: int = 0
    _squares: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _mix_squares: float = 0.0
    _values: int = 0
    _not_finite: int = 0
    _at_full_scale: int = 0

    def mix(self, planes: np.ndarray, layout: tuple[str, ...]) -> np.ndarray:
        """Mono (N,) float32 of (channels, N); NaN and infinities become 0."""
        low, high = planes.min(initial=0), planes.max(initial=0)
        if not np.isfinite(high - low):
            finite = np.isfinite(planes)
            self._not_finite += int((~finite).sum())
            planes = np.where(finite, planes, np.float32(0))
            low, high = planes.min(initial=0), planes.max(initial=0)
        if len(layout) > len(self.names):
            self._squares = np.pad(self._squares, (0, len(layout) - len(self.names)))
            self.names = layout
        # einsum rather than BLAS: bit-identical results, and no thread pool for such small products.
        mixed = np.einsum("i,ij->j", mix_weights(layout), planes)
        self._squares[: len(planes)] += np.einsum("ij,ij->i", planes, planes)
        self._mix_squares += float(np.einsum("i,i->", mixed, mixed))
        if max(high, -low) >= FULL_SCALE:
            self._at_full_scale += int((np.abs(planes) >= FULL_SCALE).sum())
        self._values += planes.size
        self.samples += planes.shape[1]
        return mixed

    def levels_dbfs(self) -> tuple[float, ...]:
        """RMS of each channel so far; -inf for digital silence."""
        return tuple(self._dbfs(total) for total in self._squares)

    def notes(self) -> list[str]:
        """Notes for the user: the layout that was mixed, dead or cancelling channels, non-finite samples, clipping."""
        notes = self._channel_notes() if len(self.names) > 1 else []
        if self._not_finite:
            notes.append(f"{self._not_finite} samples were not numbers (NaN or infinite) and count as silence")
        if self._at_full_scale > CLIPPED_SHARE * self._values:
            notes.append(f"{100 * self._at_full_scale / self._values:.1f} % of the samples are at full scale: clipped?")
        return notes

    def _channel_notes(self) -> list[str]:
        notes = []
        levels = {name: level for name, level in zip(self.names, self.levels_dbfs(), strict=True) if name != "LFE"}
        loudest = max(levels, key=levels.get)
        if len(self.names) > 2:
            notes.append(f"{len(self.names)} channels ({' '.join(self.names)}) mixed to mono")
        if levels[loudest] <= LIVE_DBFS:
            return notes
        beside = f"beside {loudest} ({levels[loudest]:.0f} dBFS)"
        dead = [f"{name} ({level:.0f} dBFS)" for name, level in levels.items() if level < DEAD_DBFS]
        if dead:
            notes.append(f"silent channel {', '.join(dead)} {beside}: the mix hides it")
        mixed = self._dbfs(self._mix_squares)
        if mixed < levels[loudest] - CANCELLED_DB:
            notes.append(f"the channels cancel to {mixed:.0f} dBFS {beside}: inverted polarity?")
        return notes

    def _dbfs(self, total_square: float) -> float:
        return 10 * float(np.log10(total_square / self.samples)) if total_square > 0 else float("-inf")

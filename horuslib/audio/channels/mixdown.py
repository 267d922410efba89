"""Downmix to mono: the weight of each channel, and notes on defects that the mix would mask.

Sources: ITU-R BS.775-3 annex 4 for the weights, so that the mix has the loudness that ITU-R BS.1770-4 gives the
programme: what a channel weighs does not depend on how many others there are.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from horuslib.audio.channels.faults import LIVE_DBFS, ChannelFaults, Frames

WEIGHTS = {"FC": np.sqrt(0.5), "FL": 0.5, "FR": 0.5, "LFE": 0.0, "LFE2": 0.0}
"""A pair of equal channels has the level of either; the centre goes at -3 dB into both of them."""
SURROUND_WEIGHT = 0.5 * np.sqrt(0.5)
"""Surrounds go at -3 dB into the front pair."""

DEAD_DBFS = -70.0
BESIDE_DB = 20.0
"""A channel this far below the loudest one adds nothing to the programme's level."""
UNPLACED_BESIDE_DB = 40.0
"""The same of a channel without a position: it is left out."""
CANCELLED_DB = 20.0
FULL_SCALE = 32766 / 32768
CLIPPED_SHARE = 1e-3
SURROUND_POWER = 1.41
"""Weight of surround channels in BS.1770's sum of powers."""
_LISTED = 4
_FRONT = {"FC", "FL", "FR"}


def mix_weights(layout: tuple[str, ...], carrying: tuple[bool, ...] | None = None) -> np.ndarray:
    """Weight of each channel in the mono mix, (channels,) float32.

    A channel that alone carries the programme keeps its level. Channels without a loudspeaker position (a multitrack
    file) are averaged, those that carry nothing left out; so are surrounds without a front.

    Parameters
    ----------
    carrying : which of the channels carry the programme; all by default.

    Example
    -------
    >>> mix_weights(("FL", "FR")).tolist()
    [0.5, 0.5]
    >>> mix_weights(("1", "2", "3", "4"), (True, True, False, False)).tolist()
    [0.5, 0.5, 0.0, 0.0]
    """
    weights = np.array([WEIGHTS.get(name, SURROUND_WEIGHT) for name in layout])
    if not _FRONT & set(layout):
        weights = np.array(carrying if carrying and any(carrying) else [True] * len(layout), float)
    carried = weights * np.array(carrying if carrying else [True] * len(layout), float)
    heard = {name for name, weight in zip(layout, carried, strict=True) if weight}
    if heard and (len(heard) == 1 or not _FRONT & heard):
        weights = weights / carried.sum()
    return weights.astype(np.float32)


_weights_of = lru_cache(maxsize=64)(mix_weights)


@dataclass
class Mixdown:
    """Mixes to mono block by block, and accumulates channel levels, counts of defects, and faults of channels."""

    names: tuple[str, ...] = ()
    samples: int = 0
    faults: ChannelFaults = field(default_factory=ChannelFaults)
    _squares: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _latest: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _mix_squares: float = 0.0
    _values: int = 0
    _not_finite: int = 0
    _at_full_scale: int = 0

    def mix(self, planes: np.ndarray, layout: tuple[str, ...], sample_rate_hz: int) -> np.ndarray:
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
        if max(high, -low) >= FULL_SCALE:
            self._at_full_scale += int((np.abs(planes) >= FULL_SCALE).sum())
        self._values += planes.size
        self.samples += planes.shape[1]
        return self._mixed(planes, layout, sample_rate_hz) if planes.size else np.zeros(0, np.float32)

    def _mixed(self, planes: np.ndarray, layout: tuple[str, ...], sample_rate_hz: int) -> np.ndarray:
        # einsum rather than BLAS: bit-identical results, and no thread pool for such small products.
        frames = Frames.of(planes, sample_rate_hz)
        squares = frames.products(slice(None), slice(None))
        self._squares[: len(planes)] += squares.sum(axis=1)
        weights = _weights_of(layout, self._carrying(squares / frames.samples, layout))
        mixed = np.einsum("i,ij->j", weights, planes)
        if len(layout) == 1:
            self.faults.skip(planes.shape[1] / sample_rate_hz)
        else:
            for k, inverted in enumerate(self.faults.update(layout, frames, squares, sample_rate_hz)):
                for channel in inverted:
                    part = slice(*frames.edges[k : k + 2])
                    mixed[part] -= 2 * weights[channel] * planes[channel, part]
        self._mix_squares += float(np.einsum("i,i->", mixed, mixed))
        return mixed

    def _carrying(self, power: np.ndarray, layout: tuple[str, ...]) -> tuple[bool, ...] | None:
        """Which channels carry something in this block or the one before; None, which means all of them, in silence."""
        before = self._latest if len(self._latest) == len(power) else power[:, 0]
        self._latest = power.max(axis=1)
        recent = np.maximum(before, self._latest)
        beside_db = BESIDE_DB if _FRONT & set(layout) else UNPLACED_BESIDE_DB
        floor = max(10 ** (DEAD_DBFS / 10), float(recent.max()) * 10 ** (-beside_db / 10))
        return tuple((recent > floor).tolist()) if recent.max() > floor else None

    @property
    def louder_db(self) -> float:
        """How much louder the programme is so far than the mono mix: BS.1770 adds up the power of its channels."""
        if len(self.names) < 2 or not self._mix_squares:
            return 0.0
        powers = [0.0 if "LFE" in x else SURROUND_POWER if _is_surround(x) else 1.0 for x in self.names]
        total = float(np.dot(powers, self._squares))
        return 10 * float(np.log10(total / self._mix_squares)) if total > 0 else 0.0

    def levels_dbfs(self) -> tuple[float, ...]:
        """RMS of each channel so far; -inf for digital silence."""
        return tuple(self._dbfs(total) for total in self._squares)

    def notes(self) -> list[str]:
        """Notes for the user: the layout that was mixed, dead or cancelling channels, non-finite samples, clipping."""
        notes = self._channel_notes() if len(self.names) > 1 else []
        notes += self.faults.sentences(self._dead())
        if self._not_finite:
            notes.append(f"{self._not_finite} samples were not numbers (NaN or infinite) and count as silence")
        if self._at_full_scale > CLIPPED_SHARE * self._values:
            notes.append(f"{100 * self._at_full_scale / self._values:.1f} % of the samples are at full scale: clipped?")
        return notes

    def _dead(self) -> set[str]:
        """Channels that are silent from end to end beside others that are not."""
        levels = self._levels()
        if not levels or max(levels.values()) <= LIVE_DBFS:
            return set()
        return {name for name, level in levels.items() if level < DEAD_DBFS}

    def _levels(self) -> dict[str, float]:
        return {name: level for name, level in zip(self.names, self.levels_dbfs(), strict=True) if name != "LFE"}

    def _channel_notes(self) -> list[str]:
        notes, levels = [], self._levels()
        loudest = max(levels, key=lambda name: levels[name])
        if len(self.names) > 2:
            notes.append(f"{len(self.names)} channels ({' '.join(self.names)}) mixed to mono")
        beside = f"beside {loudest} ({levels[loudest]:.0f} dBFS)"
        dead = [f"{name} ({levels[name]:.0f} dBFS)" for name in levels if name in self._dead()]
        if dead:
            more = f" and {len(dead) - _LISTED} more" if len(dead) > _LISTED else ""
            notes.append(f"silent channel {', '.join(dead[:_LISTED])}{more} {beside}: the mix hides it")
        mixed = self._dbfs(self._mix_squares)
        if levels[loudest] > LIVE_DBFS and mixed < levels[loudest] - CANCELLED_DB:
            notes.append(f"the channels cancel to {mixed:.0f} dBFS {beside}: inverted polarity?")
        return notes

    def _dbfs(self, total_square: float) -> float:
        return 10 * float(np.log10(total_square / self.samples)) if total_square > 0 else float("-inf")


def _is_surround(name: str) -> bool:
    """Whether a channel is beside or behind the listener, by its name."""
    return name[0] in "SB" and not name.isdigit()

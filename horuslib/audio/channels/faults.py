"""Faults of single channels that a mono mix would hide: one dead beside its partner, one of inverted polarity.

Both are found in pairs of channels, frame by frame, and last from the first frame that shows them to the last; pauses
of the programme show nothing and end nothing. A fault of a channel is no class of sound: the programme is still there.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple, TypedDict

import numpy as np

FRAME_S = 0.2
DEAD_DBFS, BESIDE_DB = -60.0, 30.0
"""A channel below this level, and so far below its partner, is dead in this frame."""
LIVE_DBFS = -50.0
INVERTED_BELOW, UPRIGHT_ABOVE = -0.7, 0.0
"""Correlation of a pair over a second at which it counts as inverted, and as upright again: stereo programme lies
above."""
LEAST_S = {"dead": 5.0, "inverted": 3.0, "coded": 0.0}
"""Shorter faults are sound panned to one side, or a wide stereo effect."""
GAP_S = 2.0
"""Two faults of one pair this close are one."""
_LISTED = 3
Kind = Literal["dead", "inverted", "coded"]


class ChannelFault(TypedDict):
    """A fault of channels, as the diagnosis writes it; times in seconds of the file."""

    kind: Kind
    channels: list[str]
    start: float
    end: float


@lru_cache(maxsize=64)
def pairs_of(layout: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Positions of the channels that belong together, left and right; of channels without positions, 1-2, 3-4...

    Example
    -------
    >>> pairs_of(("FL", "FR", "FC", "LFE", "BL", "BR"))
    ((0, 1), (4, 5))
    """
    if all(name.isdigit() for name in layout):
        return tuple((k, k + 1) for k in range(0, len(layout) - 1, 2))
    partner = {name: name.replace("L", "R") for name in layout if "LFE" not in name}
    return tuple((k, layout.index(partner[name])) for k, name in enumerate(layout) if _is_left(name, layout, partner))


def _is_left(name: str, layout: tuple[str, ...], partner: Mapping[str, str]) -> bool:
    return name in partner and partner[name] != name and partner[name] in layout


class Frames(NamedTuple):
    """A block cut into frames of about FRAME_S, the rest of a frame left out of what is measured."""

    planes: np.ndarray
    """(channels, frames, samples)."""
    edges: list[int]
    """Where each frame begins in the block, and where the last ends."""

    @classmethod
    def of(cls, planes: np.ndarray, sample_rate_hz: int) -> "Frames":
        """Frames of (channels, N), N being 1 or more."""
        channels, length = planes.shape
        frames = max(1, round(length / sample_rate_hz / FRAME_S))
        samples = length // frames
        edges = [k * samples for k in range(frames)] + [length]
        return cls(planes[:, : frames * samples].reshape(channels, frames, samples), edges)

    @property
    def samples(self) -> int:
        """Of one frame."""
        return self.planes.shape[2]

    def products(self, a: int | slice, b: int | slice) -> np.ndarray:
        """Sum of products of channels, frame by frame: (..., frames)."""
        return np.einsum("...j,...j->...", self.planes[a], self.planes[b])


class _Frame(NamedTuple):
    """A frame of a pair: when it begins, the sum of products, the sums of squares."""

    from_s: float
    product: float
    square: float
    other_square: float


@dataclass
class _Pair:
    """The latest frames of a pair with sound, and whether it is inverted in them.

    They are decided together, by their energy: what little is left in the pauses of the programme may well be opposed.
    """

    recent: deque[_Frame] = field(default_factory=lambda: deque(maxlen=round(1 / FRAME_S)))
    inverted: bool = False

    def take(self, frame: _Frame) -> bool:
        """Take a frame; gives `inverted`."""
        self.recent.append(frame)
        product, square, other = (sum(values) for values in list(zip(*self.recent, strict=True))[1:])
        correlation = product / float(np.sqrt(square * other))
        self.inverted = correlation < INVERTED_BELOW or (self.inverted and correlation < UPRIGHT_ABOVE)
        return self.inverted

    def opposed(self) -> int:
        """The number of latest frames that are opposed without a break."""
        return next((k for k, frame in enumerate(reversed(self.recent)) if frame.product >= 0), len(self.recent))


@dataclass
class _Span:
    """A fault that may go on."""

    start_s: float
    end_s: float
    shown_s: float = 0.0
    """How much of it showed the fault; the rest was silence."""
    refuted: bool = False
    """Whether the latest frame with sound shows none: it then ended with the last frame that shows it."""
    announced: bool = False


Key = tuple[Kind, tuple[str, ...]]


@dataclass
class ChannelFaults:
    """The faults of a stream of frames; memory grows with the faults that `changes` has not reported, and no others."""

    at_s: float = 0.0
    """End of the latest frame."""
    _open: dict[Key, _Span] = field(default_factory=dict)
    _over: list[ChannelFault] = field(default_factory=list)
    _pairs: dict[tuple[int, int], _Pair] = field(default_factory=dict)
    _layout: tuple[str, ...] = ()
    _changes: list[tuple[str, ChannelFault]] = field(default_factory=list)

    def update(
        self, layout: tuple[str, ...], frames: Frames, squares: np.ndarray, sample_rate_hz: int
    ) -> list[list[int]]:
        """Take a block; gives for each of its frames the positions of channels that are inverted in it.

        Parameters
        ----------
        squares : (channels, frames) sums of squares.
        """
        if layout != self._layout:
            self._layout, self._pairs = layout, {pair: _Pair() for pair in pairs_of(layout)}
        cross = {pair: frames.products(*pair).tolist() for pair in self._pairs}
        levels_db = (10 * np.log10(squares.T / frames.samples + 1e-20)).tolist()
        inverted: list[list[int]] = [[] for _ in levels_db]
        began_s = self.at_s
        for k, level_db in enumerate(levels_db):
            from_s, self.at_s = self.at_s, began_s + frames.edges[k + 1] / sample_rate_hz
            for (a, b), products in cross.items():
                self._dead(layout[a], level_db[a], level_db[b], from_s)
                self._dead(layout[b], level_db[b], level_db[a], from_s)
                if min(level_db[a], level_db[b]) > DEAD_DBFS:
                    frame = _Frame(from_s, products[k], float(squares[a, k]), float(squares[b, k]))
                    for back in range(self._polarity((a, b), frame)):
                        if back <= k:
                            inverted[k - back].append(b)
        return inverted

    def skip(self, seconds: float) -> None:
        """Take sound that has no pairs."""
        self.at_s += seconds

    def coded(self, names: tuple[str, ...], from_s: float, to_s: float, carried: bool) -> None:
        """Take note that channels carry coded audio for a while, or no longer do."""
        key: Key = "coded", names
        if carried:
            self._show(key, from_s, to_s)
        else:
            self._refute(key, from_s)

    def all(self) -> list[ChannelFault]:
        """The faults so far, by their start, without those whose end `changes` reports; what goes on ends with the
        latest frame."""
        going_on = [self._so_far(key, span) for key, span in self._open.items() if self._counts(key[0], span)]
        return sorted([*self._over, *going_on], key=lambda fault: (fault["start"], fault["kind"]))

    def changes(self) -> list[tuple[str, ChannelFault]]:
        """What began and ended since the last call, for a live source: ("begin" or "end", the fault)."""
        for key, span in list(self._open.items()):  # another thread may be mixing
            if span.shown_s >= LEAST_S[key[0]] and not span.announced:
                span.announced = True
                self._changes.append(("begin", _fault(key, span, span.end_s)))
        changes, self._changes = self._changes, []
        self._over.clear()  # what began and ended between two calls
        return changes

    def finish(self) -> None:
        """End what goes on, for `changes`: the stream has ended."""
        for key, span in self._open.items():
            if span.announced:
                self._changes.append(("end", self._so_far(key, span)))
                span.announced = False
        self._open = {}

    def sentences(self, silent: Collection[str] = ()) -> list[str]:
        """The faults in words, one sentence for each kind and channel; `silent` names channels already spoken of."""
        of: dict[Key, list[ChannelFault]] = {}
        for fault in self.all():
            if not (fault["kind"] == "dead" and set(fault["channels"]) <= set(silent)):
                of.setdefault((fault["kind"], tuple(fault["channels"])), []).append(fault)
        return [_WORDS[kind].format(" and ".join(names), _times(found)) for (kind, names), found in of.items()]

    def _dead(self, name: str, level_db: float, partner_db: float, from_s: float) -> None:
        key: Key = "dead", (name,)
        if partner_db > LIVE_DBFS and level_db < min(DEAD_DBFS, partner_db - BESIDE_DB):
            self._show(key, from_s, self.at_s)
        elif level_db > DEAD_DBFS:
            self._refute(key, from_s)

    def _polarity(self, pair: tuple[int, int], frame: "_Frame") -> int:
        """How many frames, from this one back, turn out to be inverted."""
        key: Key = "inverted", (self._layout[pair[0]], self._layout[pair[1]])
        of_pair = self._pairs[pair]
        before, now = of_pair.inverted, of_pair.take(frame)
        if not now or frame.product >= 0:
            self._refute(key, frame.from_s)
            return 0
        back = 1 if before else of_pair.opposed()
        self._show(key, of_pair.recent[-back].from_s, self.at_s)
        return back

    def _show(self, key: Key, from_s: float, to_s: float) -> None:
        span = self._open.setdefault(key, _Span(from_s, from_s))
        span.end_s = to_s
        span.shown_s += to_s - from_s
        span.refuted = False

    def _refute(self, key: Key, at_s: float) -> None:
        """The channels are sound in this frame, which ends a fault that has not shown itself for GAP_S."""
        span = self._open.get(key)
        if span is None:
            return
        span.refuted = True
        if at_s - span.end_s < GAP_S:
            return
        del self._open[key]
        if span.announced:
            self._changes.append(("end", _fault(key, span, span.end_s)))
        elif self._counts(key[0], span):
            self._over.append(_fault(key, span, span.end_s))

    def _so_far(self, key: Key, span: _Span) -> ChannelFault:
        """A fault that may go on, with its end by now."""
        return _fault(key, span, span.end_s if span.refuted or key[0] == "coded" else self.at_s)

    def _counts(self, kind: Kind, span: _Span) -> bool:
        """Whether it lasted long enough, or from end to end of what is shorter."""
        return span.shown_s >= LEAST_S[kind] or span.end_s - span.start_s >= self.at_s - FRAME_S


_WORDS = {
    "dead": "channel {} is silent {} while its partner is not",
    "inverted": "{} cancel {}: inverted polarity?",
    "coded": "coded audio, not PCM, in {} {}",
}


def _fault(key: Key, span: _Span, end_s: float) -> ChannelFault:
    kind, names = key
    return {"kind": kind, "channels": list(names), "start": round(span.start_s, 1), "end": round(end_s, 1)}


def _times(faults: Sequence[ChannelFault]) -> str:
    listed = ", ".join(f"{fault['start']:.1f}-{fault['end']:.1f} s" for fault in faults[:_LISTED])
    more = f" and {len(faults) - _LISTED} more times" if len(faults) > _LISTED else ""
    return f"at {listed}{more}"

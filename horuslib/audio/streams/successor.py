"""Audio tracks of one file that carry the sound one after the other, as recorders and splicers leave them in Matroska.

A track follows the one that is heard when its first packet comes after all of that one. A track in another language is
there from the start: it follows none, and does not hide that the sound of the first is lost.
"""

from collections.abc import Iterable, Iterator

import av
from av.stream import Discard

_ABSENT_S = 2.0
"""How long the heard track has had no packet, by those of the next, until it has ended."""
_OVERLAP_S = 0.5
"""How much earlier the next may begin."""


class Successor:
    """The track that is heard, and which others may follow it.

    Parameters
    ----------
    heard : the track to begin with.
    others : audio tracks that may follow; `sound` is one of them after the heard one has ended.
    """

    def __init__(self, heard: "av.AudioStream", others: Iterable["av.AudioStream"]):
        self.sound = heard
        self.moves: list[tuple[float, av.AudioStream]] = []
        """When the sound moved on, by the source's clock (s), and to which track."""
        self._others = {other.index for other in others}
        self._end_s: float | None = None
        self._next: av.AudioStream | None = None
        self._held: list[av.Packet] = []
        """Packets of the next track, and all others since its first one, in the order in which they are stored."""

    def packets(self, packets: Iterable[av.Packet]) -> Iterator[av.Packet]:
        """The packets of the track that is heard at their time, and of everything that is no audio."""
        for packet in packets:
            if packet.stream.index not in self._others:
                self._held.append(packet)
                if packet.stream is self.sound and packet.pts is not None:
                    self._end_s = max(_end_s(packet), self._end_s or 0.0)
                    if self._next and self._end_s > self._next_s() + _OVERLAP_S:
                        self._refuse(self._next)
            elif packet.pts is not None:
                self._consider(packet)
            if not self._next:
                yield from self._flushed()
        if self._next:
            self._move()
        yield from self._flushed()

    def _consider(self, packet: av.Packet) -> None:
        """Take a packet of another track, which has followed once the heard one is absent for long enough."""
        begins_s = _begin_s(packet)
        if self._next is None and self._end_s is not None and begins_s > self._end_s - _OVERLAP_S:
            self._next = packet.stream
        if packet.stream is not self._next:
            self._refuse(packet.stream)
            return
        self._held.append(packet)
        if begins_s > (self._end_s or 0.0) + _ABSENT_S:
            self._move()

    def _next_s(self) -> float:
        return _begin_s(next(packet for packet in self._held if packet.stream is self._next))

    def _refuse(self, track: "av.stream.Stream") -> None:
        """No successor: its packets need not be read."""
        track.discard = Discard.all
        if track is self._next:
            self._held = [packet for packet in self._held if packet.stream is not track]
            self._next = None

    def _move(self) -> None:
        """Go on with the next track."""
        self.moves.append((self._next_s(), self._next))
        self._others.add(self.sound.index)  # what is stored late of it is refused
        self.sound, self._next = self._next, None
        self._others -= {self.sound.index}
        self._end_s = max(_end_s(packet) for packet in self._held if packet.stream is self.sound)

    def _flushed(self) -> list[av.Packet]:
        held, self._held = self._held, []
        return held


def _begin_s(packet: av.Packet) -> float:
    return float(packet.pts * packet.stream.time_base)


def _end_s(packet: av.Packet) -> float:
    return _begin_s(packet) + float((packet.duration or 0) * packet.stream.time_base)

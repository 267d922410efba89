"""How long a programme is, and where in it a packet belongs: by the clock of its pictures as much as of its sound.

Sound that is absent while pictures go on was lost, however long: the pictures' packets measure it. Where neither has
data, a short jump of the clock is an outage, and a long one means that the clock was set (a splice, a wrap, a restart):
LONGEST_OUTAGE_S separates them, and a clock that goes back was always set.
"""

from dataclasses import dataclass, field

LONGEST_OUTAGE_S = 600.0
"""A jump of the clock, with neither sound nor pictures in it, counts as missing programme up to this length."""
SOUND, PICTURE, UNDECODED = "sound", "picture", "undecoded"
"""Kinds of packets; the last is sound that does not decode."""
_BACK_S = {SOUND: 0.1, PICTURE: 2.0, UNDECODED: 2.0}
"""Smaller steps back are jitter, or pictures in their order of decoding."""
APART_S = 1.5
"""Pictures that are further ahead of the sound than this were not merely stored before it."""
_SAME_S, _BRIEF_S = 0.001, 2.0
_INTERLEAVED_S = 10.0
"""Packets of different kinds that are stored together are no further apart."""


@dataclass
class ProgrammeClock:
    """Times of a source's own clock (`raw_s`), in seconds from the start of the programme.

    Sound and pictures each have an offset, because their clocks jump one after the other; the one that jumps second
    takes the offset of the first, so that they stay in step.

    Example
    -------
    >>> clock = ProgrammeClock()
    >>> clock.place(SOUND, 0.0, 1.0), clock.place(PICTURE, 0.0, 30.0), clock.place(SOUND, 30.0, 1.0)
    (0.0, 0.0, 30.0)
    >>> clock.place(SOUND, 86400.0, 1.0), clock.jumps
    (31.0, [(31.0, 86369.0)])
    """

    start_s: float = 0.0
    """Raw time of the programme's start."""
    jumps: list[tuple[float, float]] = field(default_factory=list)
    """Where the clock jumped ahead without a programme in between (s), and how far (s)."""
    from_s: float = -float("inf")
    """Nothing to come lies before this time."""
    _offset_s: dict[str, float] = field(default_factory=dict)
    _former_s: dict[str, float] = field(default_factory=dict)
    _end_s: dict[str, float] = field(default_factory=dict)

    @property
    def reached_s(self) -> float:
        """End of all packets so far."""
        return max(self._end_s.values(), default=0.0)

    @property
    def pictures_to_s(self) -> float:
        """End of the pictures so far."""
        return self._end_s.get(PICTURE, 0.0)

    def place(
        self, kind: str, raw_s: float, duration_s: float, expected_s: float | None = None, behind_s: float = APART_S
    ) -> float:
        """Start of a packet in the programme.

        Parameters
        ----------
        expected_s : where it belongs if nothing is missing before it; by default the end of its kind's last packet.
        behind_s : where the clock was set, a packet expected no further behind the others than this follows its own
            kind, and any other one follows the others.
        """
        if expected_s is None:  # the first of its kind is where it says, unless others are far from there
            expected_s = self._end_s.get(kind, min(self.reached_s, max(0.0, self.time(kind, raw_s))))
        at_s = self.time(kind, raw_s)
        if not self._fits(kind, at_s, expected_s):
            latest_s = self.reached_s - _INTERLEAVED_S
            others = (t for t in self._by_others(kind, raw_s) if t > latest_s and self._fits(kind, t, expected_s))
            found_s = next(others, None)
            at_s = self._set(kind, raw_s, expected_s, behind_s) if found_s is None else found_s
        offset_s = raw_s - at_s
        if abs(offset_s - self._former_s.get(kind, self.start_s)) < _SAME_S:  # a single time was damaged
            self.jumps = [jump for jump in self.jumps if jump[0] < at_s - _BRIEF_S]
        if self._offset_s.get(kind) != offset_s:
            self._former_s[kind], self._offset_s[kind] = self._offset(kind), offset_s
        self._end_s[kind] = max(at_s + duration_s, self._end_s.get(kind, 0.0))
        return at_s

    def begin_part(self) -> None:
        """Take note that what follows comes after all that was seen, whatever its clock says."""
        self.from_s = self.reached_s - _BACK_S[PICTURE]

    def reach(self, kind: str, end_s: float) -> None:
        """Take note of packets that followed those before them."""
        if end_s > self._end_s.get(kind, 0.0):
            self._end_s[kind] = end_s

    def time(self, kind: str, raw_s: float) -> float:
        """Where a packet belongs if the clock was not set since the last of its kind."""
        return raw_s - self._offset(kind)

    def _offset(self, kind: str) -> float:
        return self._offset_s.get(kind, self.start_s)

    def _by_others(self, kind: str, raw_s: float) -> list[float]:
        """Its time by the offsets of the other kinds, and by its own former one."""
        others = [offset_s for other, offset_s in self._offset_s.items() if other != kind]
        return [raw_s - offset_s for offset_s in (*others, self._former_s.get(kind, self.start_s))]

    def _fits(self, kind: str, at_s: float, expected_s: float) -> bool:
        """Whether a time is one that the packet may have; sound is not far ahead of pictures that go on."""
        latest_s = max(expected_s, self.reached_s) + LONGEST_OUTAGE_S
        if kind != PICTURE and PICTURE in self._end_s and expected_s - self.pictures_to_s < _INTERLEAVED_S:
            latest_s = max(expected_s, self.pictures_to_s) + _INTERLEAVED_S
        return max(expected_s - _BACK_S[kind], self.from_s) <= at_s <= latest_s

    def _set(self, kind: str, raw_s: float, expected_s: float, behind_s: float) -> float:
        """The time of a packet whose clock was set: it follows what came before it."""
        jump_s = self.time(kind, raw_s) - expected_s
        if kind == SOUND and 0 > jump_s > -APART_S:
            self._shift(jump_s)
            return expected_s
        at_s = expected_s if self.reached_s - expected_s < behind_s else self.reached_s
        if jump_s > 0 and not any(abs(jump_s - by_s) < APART_S for _, by_s in self.jumps[-1:]):
            self.jumps.append((at_s, jump_s))
        return at_s

    def _shift(self, by_s: float) -> None:
        """Sound that repeats or drifts a little is kept, and pictures stay in step with it."""
        self.start_s += by_s
        self._offset_s = {kind: offset_s + by_s for kind, offset_s in self._offset_s.items()}
        self._end_s = {kind: end_s - by_s if kind != SOUND else end_s for kind, end_s in self._end_s.items()}

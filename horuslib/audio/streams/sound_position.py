"""Where the sound of a programme stands: how much of it was given, and where it is missing."""

import numpy as np

from horuslib.audio.streams.lost_sound import Span, add_span
from horuslib.audio.streams.pictures import IndexedPictures
from horuslib.audio.streams.programme_clock import APART_S, LONGEST_OUTAGE_S, PICTURE, SOUND, ProgrammeClock

GAP_S = 0.1
"""Smaller jumps of the timestamps are jitter."""
TAIL_S = 0.5
"""Pictures that go on for less than this after the sound are the last ones of the programme."""
LEAD_S, LONGEST_LEAD_S = 3.0, 5.0
"""How far pictures are ahead of the sound that arrives with them: before that is known, and at most."""
MARGIN_S, STEP_S = 0.5, 0.25
"""Sound of a live source is lost when it is so late; then silence comes in steps of at least so much."""
_LATE_S = 1.0
"""Most sound that may still arrive after silence was given for it."""


class SoundPosition:
    """The position of a track's sound, moved by what is given of it.

    Parameters
    ----------
    clock : of the programme.
    live : sound is missing as soon as pictures go on without it, rather than when it comes back.
    expected : whether sound is known to come with the first pictures.
    """

    def __init__(self, clock: ProgrammeClock, live: bool, expected: bool):
        self.clock, self.heard, self.at_s = clock, False, 0.0
        self.begins_s: float | None = None
        """Where what is given begins; None before that is known."""
        self.lost: list[Span] = []
        """Without sound data: seconds of what is given."""
        self.since_s = 0.0
        """Added to them: what a live source gave before."""
        self._live, self._sought = live, False
        self._latest_s: float | None = None
        self._next_raw_s: float | None = None
        """Time of the next sound, by the source's clock, if nothing is missing."""
        self._lead_s = LEAD_S if expected else 0.0
        self._filled_s = self._late_s = 0.0
        """Length of the silence just given, and how much sound may still arrive for it."""

    def seek(self, time_s: float | None) -> None:
        """Begin with the first packet, at its own time, or at the one given where the first is later."""
        self._sought, self._latest_s = True, time_s
        self.at_s = self.at_s if time_s is None else time_s

    def follows(self, raw_s: float | None, duration_s: float) -> bool:
        """Move on by sound whose time is as expected, as nearly always; False where there is more to look at."""
        if self._next_raw_s is None or raw_s is None or not -GAP_S < raw_s - self._next_raw_s < GAP_S:
            return False
        self.at_s += duration_s
        self._next_raw_s += duration_s
        return True

    def see(self, kind: str, raw_s: float, duration_s: float) -> None:
        """Take the time of a packet that gives no sound."""
        self.clock.reach(SOUND, self.at_s)
        self.clock.place(kind, raw_s, duration_s, self._first(raw_s))

    def see_index(self, pictures: IndexedPictures, raw_s: float) -> None:
        """Take the times of the pictures of an index, up to one of the source's clock."""
        self.clock.reach(SOUND, self.at_s)
        for at_s, duration_s in pictures.until(raw_s):
            self.clock.place(PICTURE, at_s, duration_s)

    def seems_missing(self, raw_s: float) -> bool:
        """Whether sound of this time follows a gap, by the source's clock alone."""
        return raw_s - self.clock.start_s - self.at_s > GAP_S

    def place(self, raw_s: float, duration_s: float) -> float:
        """Where sound of this time belongs: later than `at_s` where some is missing before it."""
        self._first(raw_s)
        behind_s = self._lead_s + GAP_S if self._filled_s else APART_S
        at_s = self.clock.place(SOUND, raw_s, duration_s, self.at_s, behind_s)
        if at_s - self.at_s > GAP_S:
            return at_s
        lead_s = float(np.clip(self.clock.pictures_to_s - at_s - duration_s, 0.0, LONGEST_LEAD_S))
        self._lead_s = max(lead_s, self._lead_s if self.heard else 0.0)
        return self.at_s

    def is_late(self, raw_s: float, duration_s: float) -> bool:
        """Whether silence was given for this sound: FFmpeg keeps the last of it until more comes after the gap."""
        at_s = self.clock.time(SOUND, raw_s)
        filled_from_s = max(self.at_s - self._filled_s - GAP_S, self.clock.from_s)
        late = self._live and self._late_s > 0 and filled_from_s < at_s < self.at_s - GAP_S
        self._late_s -= duration_s if late else 0.0
        return late

    def overdue_s(self) -> float:
        """Up to where sound of a live source is missing by now; `at_s` where it is not."""
        until_s = self.clock.reached_s - self._lead_s - MARGIN_S
        return until_s if self._live and until_s - self.at_s > STEP_S else self.at_s

    def ending_s(self) -> float:
        """The end of the programme, once all packets were seen."""
        self.clock.reach(SOUND, self.at_s)
        silent = not (self.heard or self._live or self._sought)
        return self.at_s if silent or self.clock.reached_s - self.at_s < TAIL_S else self.clock.reached_s

    def give(self, raw_s: float | None, duration_s: float) -> None:
        """Move on by sound of this time, which was placed."""
        self.begins_s = self.at_s if self.begins_s is None else self.begins_s
        self.heard, self.at_s, self._filled_s = True, self.at_s + duration_s, 0.0
        if not self._live:  # there each frame tells how far pictures are ahead
            self._next_raw_s = None if raw_s is None else raw_s + duration_s

    def lose(self, until_s: float) -> float:
        """Move on to a time by silence; gives its length (s)."""
        length_s = until_s - self.at_s
        self.begins_s = self.at_s if self.begins_s is None else self.begins_s
        since_s = self.since_s - self.begins_s
        add_span(self.lost, since_s + self.at_s, since_s + until_s)
        self._late_s = self._late_s if self._filled_s else _LATE_S
        self.at_s, self._filled_s = until_s, self._filled_s + length_s
        return length_s

    def notes(self, heard_to_s: float) -> list[str]:
        """What the user should know; the sound itself ended at `heard_to_s`."""
        notes = []
        if self.lost:
            total_s, first_s = sum(end_s - start_s for start_s, end_s in self.lost), self.lost[0][0]
            notes.append(f"{total_s:.1f} s without sound data, first at {first_s:.1f} s, filled with silence")
        if self.at_s > heard_to_s:
            notes.append(f"the sound ends at {heard_to_s:.1f} s, the picture at {self.at_s:.1f} s")
        for at_s, by_s in self.clock.jumps:
            notes.append(
                f"the clock jumps ahead by {_duration(by_s)} at {at_s:.1f} s, with neither sound nor picture in it, "
                f"so that none counts as lost (as in every jump of more than {_duration(LONGEST_OUTAGE_S)})"
            )
        return notes

    def _first(self, raw_s: float) -> float | None:
        """Where the first packet after a seek belongs: at its own time."""
        if not self._sought or self.begins_s is not None:
            return None
        first_s = raw_s - self.clock.start_s
        self.at_s = self.begins_s = first_s if self._latest_s is None else min(first_s, self._latest_s)
        return first_s


def _duration(seconds: float) -> str:
    for length_s, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.1f}".removesuffix(".0") + f" {name}"
    return f"{seconds:.0f} s"

"""How far long work is: a bar (tqdm) on a terminal, log lines elsewhere."""

import logging
import sys
import time
from pathlib import Path

from tqdm import tqdm

log = logging.getLogger(__name__)
_EVERY_S = 60.0
_STEP = 0.1


class Progress:
    """Counts done work against all of it.

    Parameters
    ----------
    total : of whatever `update` counts; None where it is not known.
    what : stands before the numbers ("model inputs").
    unit : of the numbers ("segments", "B").
    each : share of the work after which a line is logged where there is no terminal; None for a line a minute alone.

    Example
    -------
    >>> with Progress(100, "shards") as progress:                   # doctest: +SKIP
    ...     for shard in shards:
    ...         progress.update(1, "the latest is " + shard.name)
    """

    def __init__(self, total: float | None, what: str, unit: str = "", each: float | None = _STEP) -> None:
        self._bar = tqdm(
            total=total,
            desc=what,
            unit=unit,
            unit_scale=True,
            disable=None,
            file=sys.stderr,
            dynamic_ncols=True,
            leave=False,
        )
        self._total, self._what, self._unit, self._each, self._done = total, what, unit, each, 0.0
        self._logged_at, self._logged = time.monotonic(), 0.0

    def update(self, done: float, note: str = "") -> None:
        """So much more is done; the note says what is of interest at the moment."""
        self._done += done
        if not self._bar.disable:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(done)
            return
        now, total = time.monotonic(), self._total
        far = total and self._each and (self._done - self._logged) >= min(self._each * total, total - self._logged)
        if far or now - self._logged_at >= _EVERY_S:
            self._logged_at, self._logged = now, self._done
            of = f" of {_number(total)}" if total is not None else ""
            counted = f"{_number(self._done)}{of} {self._unit}".rstrip()
            log.info("%s: %s%s", self._what, counted, f", {note}" if note else "")

    def close(self) -> None:
        """Remove the bar for good."""
        self._bar.close()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Pace:
    """How fast sound is worked through, as a note of `Progress`.

    Example
    -------
    >>> pace = Pace()                                               # doctest: +SKIP
    >>> progress.update(1, pace.after(recording.duration_s))        # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._began, self._hours = time.monotonic(), 0.0

    def after(self, seconds: float) -> str:
        """So much more sound is done: "1.5 h of sound, 12.3 h a minute", over the whole time."""
        self._hours += seconds / 3600
        minutes = (time.monotonic() - self._began) / 60
        rate = f", {self._hours / minutes:.1f} h a minute" if minutes else ""
        return f"{self._hours:.1f} h of sound{rate}"


def size_of(path: Path) -> int:
    """The size of a file (bytes); 0 where it cannot be read."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _number(x: float) -> str:
    """A count in full up to a million, and from there with a unit prefix: 345, 12000, 1.23G."""
    return f"{x:.0f}" if x < 1e6 else tqdm.format_sizeof(x)

"""How far a scan is: a line that is written over on a terminal, or a line a minute in a log."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

_BAR = 20
_EVERY_S = {True: 0.2, False: 60.0}
"""Between two lines, on a terminal or not."""


class Progress:
    """Counts files and hours of sound; time left goes by the bytes of the files, done and not done."""

    def __init__(self, files: Sequence[tuple[Path, str]]):
        self._sizes = {name: _size(path) for path, name in files}
        self._bytes_left = sum(self._sizes.values())
        self._began = self._shown = time.monotonic()
        self._done, self._skipped, self._bytes, self._processed_s, self._sound_s = 0, 0, 0, 0.0, 0.0
        self._terminal = sys.stderr.isatty()

    def processed(self, seconds: float) -> None:
        """So many seconds of sound have been heard, of whatever file."""
        self._processed_s += seconds
        self._show("")

    def done(self, name: str, duration_s: float, new: bool) -> None:
        """A file is done; or was done before, when it is not new."""
        size = self._sizes[name]
        self._bytes_left -= size
        self._done += 1
        self._sound_s += duration_s
        if new:
            self._bytes += size
        else:
            self._skipped += 1
        self._show(name)

    def summary(self) -> str:
        """A sentence without its full stop."""
        seconds = time.monotonic() - self._began
        skipped = f" ({self._skipped} done before, skipped)" if self._skipped else ""
        rate = f" ({self._rate():.1f} h of sound per minute)" if self._processed_s else ""
        return f"{self._done} files{skipped}, {self._sound_s / 3600:.2f} h of sound in {seconds:.1f} s{rate}"

    def clear(self) -> None:
        """Make room for other words."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _show(self, name: str) -> None:
        now = time.monotonic()
        if now - self._shown < _EVERY_S[self._terminal]:
            return
        self._shown = now
        share = 1 - self._bytes_left / max(1, sum(self._sizes.values()))
        line = f"{self._done}/{len(self._sizes)} files, {self._rate():.1f} h of sound per minute{self._left(now)}"
        if self._terminal:
            filled = round(_BAR * share)
            line = f"\r\x1b[K[{'#' * filled}{'.' * (_BAR - filled)}] {line} {name[-40:]}"
        print(line, end="" if self._terminal else "\n", file=sys.stderr, flush=True)

    def _rate(self) -> float:
        return self._processed_s / 60 / max(1e-9, time.monotonic() - self._began)

    def _left(self, now: float) -> str:
        if not self._bytes:
            return ""
        seconds = (now - self._began) * self._bytes_left / self._bytes
        return f", {seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f} left"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

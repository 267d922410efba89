"""Progress of a scan, by the bytes of its files, and its throughput."""

import time
from collections.abc import Sequence
from pathlib import Path

from horuslib.core.progress import Progress, size_of


class ScanProgress:
    """Counts files and hours of sound; a terminal also shows the remaining time, estimated from file sizes."""

    def __init__(self, files: Sequence[tuple[Path, str]]) -> None:
        self._sizes = {name: size_of(path) for path, name in files}
        self._progress = Progress(sum(self._sizes.values()), "scan", "B", each=None)
        self._began = time.monotonic()
        self._done, self._skipped, self._processed_s, self._sound_s = 0, 0, 0.0, 0.0

    def processed(self, seconds: float) -> None:
        """Add seconds of classified sound, of any file."""
        self._processed_s += seconds
        self._progress.update(0, self._note())

    def done(self, name: str, duration_s: float, new: bool) -> None:
        """Count a finished file; with `new` False, one that an earlier scan finished."""
        self._done += 1
        self._sound_s += duration_s
        self._skipped += not new
        self._progress.update(self._sizes[name], self._note())

    def summary(self) -> str:
        """The totals as a sentence, without a full stop."""
        seconds = time.monotonic() - self._began
        skipped = f" ({self._skipped} done before, skipped)" if self._skipped else ""
        rate = f" ({self._rate():.1f} h of sound per minute)" if self._processed_s else ""
        return f"{self._done} files{skipped}, {self._sound_s / 3600:.2f} h of sound in {seconds:.1f} s{rate}"

    def close(self) -> None:
        """End the progress line, so that other output can follow."""
        self._progress.close()

    def _note(self) -> str:
        return f"{self._done}/{len(self._sizes)} files, {self._rate():.1f} h of sound per minute"

    def _rate(self) -> float:
        return self._processed_s / 60 / max(1e-9, time.monotonic() - self._began)

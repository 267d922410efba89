"""The pictures of a file as a clock: only their times are read, none is decoded."""

from collections.abc import Iterator

import av
from av.stream import Disposition

LONGEST_PICTURE_S = 1.0
"""Pictures further apart are not one shown all the time between."""
_STILL = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails


def moving_picture(container: "av.container.InputContainer") -> "av.video.stream.VideoStream | None":
    """The first video stream that is no cover or other still image."""
    return next((s for s in container.streams.video if not s.disposition & _STILL), None)


class IndexedPictures:
    """Times of pictures from a container's index, so that their packets need not be read (MP4, MOV).

    Parameters
    ----------
    size_bytes : of the file; pictures beyond it were cut off.
    """

    def __init__(self, stream: "av.video.stream.VideoStream", size_bytes: int):
        self._index, self._size_bytes, self._next = stream.index_entries, size_bytes, 0
        self._unit_s = float(stream.time_base)
        self._last_s = self._duration_s = 0.0

    def until(self, raw_s: float) -> Iterator[tuple[float, float]]:
        """Time and duration (s) of pictures not given before, up to this time of the file's own clock.

        Pictures that follow one another are given together, as one.
        """
        from_s = to_s = None
        for at_s, is_stored in self._until(raw_s):
            follows = 0 < at_s - self._last_s < LONGEST_PICTURE_S
            if follows:  # the mean rate is wrong after a jump of the clock
                self._duration_s = at_s - self._last_s
            self._last_s = at_s
            if from_s is not None and not (follows and is_stored):
                yield from_s, to_s - from_s
                from_s = None
            if is_stored:
                from_s, to_s = at_s if from_s is None else from_s, at_s + self._duration_s
        if from_s is not None:
            yield from_s, to_s - from_s

    def _until(self, raw_s: float) -> Iterator[tuple[float, bool]]:
        """Time of each picture, and whether the file holds it."""
        while self._next < len(self._index):
            entry = self._index[self._next]
            at_s = entry.timestamp * self._unit_s
            if at_s > raw_s:
                return
            self._next += 1
            yield at_s, entry.pos + entry.size <= self._size_bytes

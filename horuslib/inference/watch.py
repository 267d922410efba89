"""Events of sound without an end, announced as they begin and as they end."""

from collections.abc import Iterable, Iterator

import numpy as np

from horuslib.audio.media import MediaError
from horuslib.audio.segments import cut
from horuslib.inference.classify import predict
from horuslib.inference.detector import Detector
from horuslib.inference.event_tracker import EventTracker, Line


def watch(blocks: Iterable[np.ndarray], detector: Detector) -> Iterator[Line]:
    """Announcements of events, each as soon as the segment that decides it is complete.

    Parameters
    ----------
    blocks : mono sound as it comes; short blocks make short delays.

    Raises
    ------
    MediaError
        That of `blocks`, once all that came before it is classified and every open event has its end.

    Yields
    ------
    dict
        `what` ("begin" or "end"), `event` (a number that a beginning and its end share), `type`, `start`, `end` (s of
        sound since the watch began; null at a beginning), `confidence`, `at` (UTC). An end comes with the first
        segment that no longer shows the fault, and once more where the segments after it place it better. A fault that
        comes back within the task's tolerated gap is the same event and begins again. The last line of a number holds.
    """
    tracker, errors = EventTracker(detector), list[MediaError]()
    for segment in cut(_until_error(blocks, errors), detector.task.front_end):
        yield from tracker.update(predict([segment], detector))
    yield from tracker.finish()
    if errors:
        raise errors[0]


def _until_error(blocks: Iterable[np.ndarray], errors: list[MediaError]) -> Iterator[np.ndarray]:
    """The blocks up to an error, which is kept: what came before it is to be classified to its end."""
    try:
        yield from blocks
    except MediaError as e:
        errors.append(e)

"""Events of sound without an end, announced as they begin and as they end."""

from collections.abc import Iterable, Iterator

import numpy as np

from horuslib.audio.channels.faults import ChannelFaults
from horuslib.audio.media import MediaError
from horuslib.audio.segments import cut
from horuslib.inference.classify import predict
from horuslib.inference.detector import Detector
from horuslib.inference.event_tracker import EventTracker, Line, now


def watch(blocks: Iterable[np.ndarray], detector: Detector, channels: ChannelFaults | None = None) -> Iterator[Line]:
    """Announcements of events, each as soon as the segment that decides it is complete.

    Parameters
    ----------
    blocks : mono sound as it comes; short blocks make short delays.
    channels : the faults of single channels, as the mix of these blocks finds them.

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
        A fault of a channel is no event: `what` is "note", and there are `state` ("begin" or "end"), `kind`,
        `channels`, `start`, `end` and `at`.
    """
    channels = channels or ChannelFaults()
    tracker, errors = EventTracker(detector), list[MediaError]()
    for segment in cut(_until_error(blocks, errors), detector.task.front_end):
        yield from tracker.update(predict([segment], detector))
        yield from _notes(channels)
    channels.finish()
    yield from (*tracker.finish(), *_notes(channels))
    if errors:
        raise errors[0]


def _notes(channels: ChannelFaults) -> Iterator[Line]:
    """Lines of what changed in single channels."""
    for state, fault in channels.changes():
        end_s = fault["end"] if state == "end" else None
        yield {"what": "note", "state": state, **fault, "end": end_s, "at": now()}


def _until_error(blocks: Iterable[np.ndarray], errors: list[MediaError]) -> Iterator[np.ndarray]:
    """The blocks up to an error, which is kept: what came before it is to be classified to its end."""
    try:
        yield from blocks
    except MediaError as e:
        errors.append(e)

"""Events of sound without an end, announced as they begin and as they end."""

import atexit
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

import numpy as np

from horuslib.audio.channels import Mixdown
from horuslib.audio.channels.faults import ChannelFaults
from horuslib.audio.media import MediaError
from horuslib.audio.segments import Cutter, Segment
from horuslib.audio.streams.lost_sound import Span
from horuslib.inference.classify import predict
from horuslib.inference.detector import Detector
from horuslib.inference.event_tracker import EventTracker, Line, now

_AHEAD = 8
"""Blocks that are read before they are classified."""
_POLL_S = 0.1


def watch(
    blocks: Iterable[np.ndarray],
    detector: Detector,
    lost: Sequence[Span] = (),
    mixdown: Mixdown | None = None,
) -> Iterator[Line]:
    """Announcements of events, each as soon as the segment that decides it is complete.

    Parameters
    ----------
    blocks : mono sound as it comes; short blocks make short delays.
    lost : spans (s) without sound data, which may grow while blocks come: announced once they last half a segment.
    mixdown : what mixes these blocks: it finds faults of single channels, and how loud the programme is.

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
    mixdown = mixdown or Mixdown()
    channels = mixdown.faults
    tracker, errors = EventTracker(detector, lost), list[MediaError]()
    for segment in _segments(_until_error(blocks, errors), detector, lost):
        yield from tracker.update(predict([segment], detector), mixdown.louder_db)
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


def until_stopped(blocks: Iterable[np.ndarray], stopped: threading.Event) -> Iterator[np.ndarray]:
    """The blocks, read by a thread of their own so that a source that gives nothing keeps no one from stopping.

    Parameters
    ----------
    stopped : ends the iteration when it is set, for example by a signal; set at the end in any case.
    """
    queue: Queue[np.ndarray | Exception | None] = Queue(_AHEAD)

    def put(item: np.ndarray | Exception | None) -> None:
        while not stopped.is_set():
            with suppress(Full):
                return queue.put(item, timeout=_POLL_S)

    def read() -> None:
        try:
            for block in blocks:
                put(block)
                if stopped.is_set():
                    return
            put(None)
        except Exception as e:
            put(e)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while not stopped.is_set():
            with suppress(Empty):
                item = queue.get(timeout=_POLL_S)
                if isinstance(item, Exception):
                    raise item
                if item is None:
                    return
                yield item
    finally:
        stopped.set()
        reader.join(2 * _POLL_S)
        if reader.is_alive():
            atexit.register(_silence_stderr)


def _silence_stderr() -> None:
    """A reader that FFmpeg still holds keeps its resampler, of which nanobind would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _segments(blocks: Iterable[np.ndarray], detector: Detector, lost: Sequence[Span]) -> Iterator[Segment]:
    """The segments of a stream, and one between them as soon as sound has been lost for half a segment."""
    front_end, announced_s = detector.task.front_end, -1.0
    cutter = Cutter(front_end, lost)
    for block in blocks:
        yield from cutter.push(block)
        span = next((span for span in reversed(lost) if span[0] < cutter.total_s), None)
        if span and span[0] > announced_s and min(span[1], cutter.total_s) - span[0] >= front_end.segment_s / 2:
            announced_s = span[0]
            if detector.task.decision.silence is not None and span[1] >= cutter.total_s:
                start_s = max(0.0, cutter.total_s - front_end.segment_s)
                length = round((cutter.total_s - start_s) * front_end.sample_rate_hz)
                yield Segment(start_s, cutter.total_s, np.zeros(length, np.float32))
    yield from cutter.finish()


def _until_error(blocks: Iterable[np.ndarray], errors: list[MediaError]) -> Iterator[np.ndarray]:
    """The blocks up to an error, which is kept: what came before it is to be classified to its end."""
    try:
        yield from blocks
    except MediaError as e:
        errors.append(e)

"""Many files at once: some threads decode, others classify what is decoded, in batches that files share.

Decoding (FFmpeg) and classification (FFT, matrices, the model) release Python's lock, so that all of them run side by
side, on every core even for a single file.
What is decoded waits in a queue of fixed length: memory grows neither with a file's length nor with their number.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from horuslib.audio.media import stream_audio
from horuslib.audio.segments import BATCH, Segment, cut
from horuslib.audio.streams.lost_sound import Span
from horuslib.audio.tracks import Note
from horuslib.core.machine import cores
from horuslib.core.memory import keep_freed_memory
from horuslib.inference.detector import Detector

_PIECE = 16
"""Segments that travel together from a decoder."""
_BLOCK_S = 10.0
_PATIENCE_S = 0.2
Decode = Callable[..., Iterator[np.ndarray]]
"""`media.stream_audio`, or that of a process of its own."""


@dataclass
class _Sound:
    """One file on its way from its decoder to its diagnosis."""

    path: Path
    name: str
    predicted: list[np.ndarray] = field(default_factory=list)
    """Pieces of `classify.predict`."""
    notes: list[Note] = field(default_factory=list)
    lost: list[Span] = field(default_factory=list)
    error: Exception | None = None


_Decoded = tuple[_Sound, list[Segment] | None]
"""Segments of a file that follow one another; None at its end."""


def diagnoses(
    files: Iterable[tuple[Path, str]],
    detector: Detector,
    decoders: Sequence[Decode] | None = None,
    processed: Callable[[float], None] = lambda seconds: None,
    before: Callable[[Path, str], None] = lambda path, name: None,
    threads: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The diagnosis of each file, as `diagnosis.diagnosis` describes it, in the order in which they are ready.

    A video without an audio stream is silence from end to end, and so is lost sound where pictures go on. Sound shorter
    than a segment is padded with silence. A file that cannot be read has status `error`. The message says so, and
    whatever else was odd.

    Parameters
    ----------
    files : each with the name by which its diagnosis calls it; taken one by one as decoders are free.
    decoders : as many files are decoded at a time, each as by `media.stream_audio`; by default in a thread per core.
    before : called with a file's path and name before it is decoded, by the thread that decodes it.
    processed : called with the seconds of sound that have just been classified.
    threads : so many classify; by default one per core.
    """
    threads = threads or cores()
    decoders = decoders or [stream_audio] * threads
    queue: Queue[Any] = Queue(maxsize=2 * BATCH // _PIECE)
    feed, stopped = _Feed(files), threading.Event()
    keep_freed_memory()
    for decode in decoders:
        threading.Thread(target=_decode, args=(feed, decode, before, detector, queue, stopped), daemon=True).start()
    from horuslib.inference.diagnosis import conclude  # with SciPy and pandas: half a second, in which decoding begins

    # Matrices this small are computed sooner by one thread than BLAS has woken another, which spins while it waits.
    with threadpool_limits(1), ThreadPoolExecutor(threads) as workers_pool, _set_at_end(stopped):
        for taken, predicted in _processed(_batches(queue, len(decoders)), detector, workers_pool, 2 * threads):
            for sound, segments in taken:
                if segments is None:
                    yield conclude(sound.name, sound.predicted, sound.notes, sound.error, detector, sound.lost)
                else:
                    sound.predicted.append(next(predicted))
                    processed(len(segments) * detector.task.front_end.hop_s)
        feed.raise_error()


@contextmanager
def _set_at_end(event: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        event.set()


class _Feed:
    """Files handed out to several threads; an error of their source waits for the main thread."""

    def __init__(self, files: Iterable[tuple[Path, str]]):
        self._files, self._lock = iter(files), threading.Lock()
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[_Sound]:
        while (sound := self._next()) is not None:
            yield sound

    def _next(self) -> _Sound | None:
        with self._lock:
            try:
                return _Sound(*next(self._files))
            except StopIteration:
                return None
            except Exception as e:
                self._error = e
                return None

    def raise_error(self) -> None:
        if self._error:
            raise self._error


def _decode(
    feed: _Feed,
    decode: Decode,
    before: Callable[[Path, str], None],
    detector: Detector,
    queue: Queue[Any],
    stopped: threading.Event,
) -> None:
    """Put (sound, segments) for every piece, (sound, None) at its end, (None, None) when there are no more files."""
    front_end = detector.task.front_end
    for sound in feed:
        try:
            before(sound.path, sound.name)
            blocks = decode(sound.path, front_end.sample_rate_hz, _BLOCK_S, sound.notes, sound.lost)
            segments = cut(blocks, front_end, sound.lost)
            while piece := list(islice(segments, _PIECE)):
                _put(queue, (sound, piece), stopped)
        except Exception as e:  # one bad file stops no other, whatever PyAV raises on it
            sound.error = e
        _put(queue, (sound, None), stopped)
        if stopped.is_set():
            return
    _put(queue, (None, None), stopped)


def _put(queue: Queue[Any], item: _Decoded | tuple[None, None], stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            return queue.put(item, timeout=_PATIENCE_S)
        except Full:
            continue


def _batches(queue: Queue[Any], decoders: int) -> Iterator[list[_Decoded]]:
    """What waits, a batch of segments at most, until every decoder has said that it is done."""
    while decoders:
        taken, segments = [queue.get()], 0
        while segments < BATCH - _PIECE:
            segments += len(taken[-1][1] or ())
            try:
                taken.append(queue.get_nowait())
            except Empty:
                break
        decoders -= sum(sound is None for sound, _ in taken)
        yield [item for item in taken if item[0]]


def _processed(
    batches: Iterable[list[_Decoded]], detector: Detector, workers_pool: ThreadPoolExecutor, ahead: int
) -> Iterator[tuple[list[_Decoded], Iterator[np.ndarray]]]:
    """The batches in their order, each with the predictions on its pieces; up to `ahead` of them are in work."""
    waiting: deque[tuple[list[_Decoded], Future[list[np.ndarray]]]] = deque()
    for taken in batches:
        waiting.append((taken, workers_pool.submit(_predict, [piece for _, piece in taken if piece], detector)))
        while waiting and (len(waiting) >= ahead or waiting[0][1].done()):
            yield _settled(*waiting.popleft())
    while waiting:
        yield _settled(*waiting.popleft())


def _settled(taken: list[_Decoded], predicted: Future[list[np.ndarray]]) -> tuple[list[_Decoded], Iterator[np.ndarray]]:
    return taken, iter(predicted.result())


def _predict(pieces: list[list[Segment]], detector: Detector) -> list[np.ndarray]:
    """The predictions on each piece, made together."""
    if not pieces:
        return []
    from horuslib.inference.classify import predict

    predicted = predict([segment for piece in pieces for segment in piece], detector)
    return np.split(predicted, np.cumsum([len(piece) for piece in pieces])[:-1])

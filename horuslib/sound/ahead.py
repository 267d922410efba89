"""Work that is done before it is asked for."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from queue import Empty, Queue
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], n: int) -> Iterator[T]:
    """The same items, made by a thread of their own, which stays at most `n` of them ahead.

    An error of theirs is raised where it comes in their order. When this ends, early or not, so has the thread.

    Example
    -------
    >>> list(ahead(range(3), 2))
    [0, 1, 2]
    """
    made, stopped = Queue(maxsize=n), threading.Event()
    maker = threading.Thread(target=_make, args=(items, made, stopped), daemon=True)
    maker.start()
    try:
        while True:
            item, error = made.get()
            if error:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopped.set()
        with suppress(Empty):  # room for what it has in hand
            made.get_nowait()
        maker.join()


def _make(items: Iterable[T], made: Queue, stopped: threading.Event) -> None:
    try:
        for item in items:
            if stopped.is_set():
                return
            made.put((item, None))
        made.put((_END, None))
    except BaseException as e:
        made.put((None, e))

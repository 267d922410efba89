"""Windows of speech: the pieces whose voices are compared, each responsible for a part of the timeline."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from horuslib.speakers.front_end.sound import RATE_HZ

WINDOW_S, STEP_S = 1.5, 0.5


@dataclass(frozen=True)
class Windows:
    """Windows that overlap within a region of speech and never reach across a pause.

    Attributes
    ----------
    spans : (n, 2) seconds of each window.
    tiles : (n, 2) seconds that each window answers for: together they are the regions, without overlap.
    region : (n,) which region a window lies in.
    """

    spans: np.ndarray
    tiles: np.ndarray
    region: np.ndarray

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def seconds(self) -> np.ndarray:
        """(n,) length of each tile."""
        return self.tiles[:, 1] - self.tiles[:, 0]


def make_windows(regions: np.ndarray, window_s: float = WINDOW_S, step_s: float = STEP_S) -> Windows:
    """Windows over regions of speech, evenly spread in each; a region that is shorter is one window.

    Example
    -------
    >>> w = make_windows(np.array([[0.0, 2.5], [4.0, 5.0]]))
    >>> w.spans.tolist(), w.tiles.tolist()
    ([[0.0, 1.5], [0.5, 2.0], [1.0, 2.5], [4.0, 5.0]], [[0.0, 1.0], [1.0, 1.5], [1.5, 2.5], [4.0, 5.0]])
    """
    spans, tiles, region = [], [], []
    for i, (start_s, end_s) in enumerate(np.asarray(regions, float).reshape(-1, 2)):
        steps = max(0, int(np.ceil((end_s - start_s - window_s) / step_s - 1e-9)))
        length = min(window_s, end_s - start_s)
        starts = np.linspace(start_s, end_s - length, steps + 1)
        edges = np.concatenate([[start_s], (starts[1:] + starts[:-1] + length) / 2, [end_s]])
        spans.append(np.stack([starts, starts + length], axis=1))
        tiles.append(np.stack([edges[:-1], edges[1:]], axis=1))
        region.append(np.full(steps + 1, i))
    if not spans:
        return Windows(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, int))
    return Windows(np.vstack(spans), np.vstack(tiles), np.concatenate(region))


def samples_of(blocks: Iterator[np.ndarray], windows: Windows, window_s: float = WINDOW_S) -> Iterator[np.ndarray]:
    """The samples of each window in turn, (window_s * RATE_HZ,) float32; a shorter window is repeated to that length.

    Memory does not grow with the recording: only the last window's reach is held.
    """
    size, held, begins, i = round(window_s * RATE_HZ), np.zeros(0, np.float32), 0, 0
    for block in blocks:
        held = np.concatenate([held, block])
        while i < len(windows) and round(windows.spans[i, 1] * RATE_HZ) <= begins + len(held):
            yield _cut(held, begins, windows.spans[i], size)
            i += 1
        keep = (
            begins if i >= len(windows) else max(begins, min(begins + len(held), round(windows.spans[i, 0] * RATE_HZ)))
        )
        held, begins = held[keep - begins :], keep
    for k in range(i, len(windows)):  # a last window may end a rounding after the sound
        yield _cut(held, begins, windows.spans[k], size)


def _cut(held: np.ndarray, begins: int, span: np.ndarray, size: int) -> np.ndarray:
    first, end = (round(t * RATE_HZ) - begins for t in span)
    piece = held[max(0, first) : max(0, end)]
    return np.resize(piece, size).astype(np.float32) if len(piece) else np.zeros(size, np.float32)

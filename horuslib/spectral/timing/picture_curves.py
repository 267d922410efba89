"""What is seen to change, from the differences of all frames: light, movement, and what was never there before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.clock import peaks_onto_steps, step_count

PICTURE_CURVES = ("light", "flicker", "movement", "change", "novel")
"""light: the whole picture's change of brightness, in 10 %. flicker: how much that varies within 0.3 s. movement: area
that differs from the frame before. change: area that differs between the 0.3 s before and after. novel: area whose
brightness was never seen in the event before. Areas as the square root of a share, all but light free of it."""
_SIDE = 64
_DARK = 8.0
"""Grey levels added before the logarithm: what is darker is noise."""
_THRESHOLD = 0.15
"""Of log brightness: 15 %, above compression noise and below any object's edge."""
_REFERENCE_S, _WINDOW_S = 0.5, 0.3
_LIGHT_SCALE = 0.1
_LEAST_REGION = 0.004
_SAME = 0.002
"""Share of the pixels: half of the least region that counts as a change."""
WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The box of a frame in which nothing differs."""
_SPARSE = 7
"""Every so many pixels are enough for the brightness of the whole picture."""


@dataclass(frozen=True)
class Change:
    """(steps, len(PICTURE_CURVES)) curves, and how the frames asked for differ from others.

    Attributes
    ----------
    boxes : (moments, 4) left, top, right, bottom of what differs from the event's beginning, as shares of width and
        height; all of it where nothing differs.
    like : (moments,) the earliest of the frames asked for that looks the same: itself where none does.
    """

    curves: np.ndarray
    boxes: np.ndarray
    like: np.ndarray


def picture_change(picture: Picture, duration_s: float, at: Sequence[int] = ()) -> Change:
    """The curves of a picture and the regions in which it changes. One frame alone shows no change.

    Parameters
    ----------
    at : frames whose region is wanted.
    """
    grey = _small(picture.frames)
    count = len(grey)
    if count < 2:
        curves = np.zeros((step_count(duration_s), len(PICTURE_CURVES)), np.float32)
        return Change(curves, np.tile(np.array(WHOLE, np.float32), (len(at), 1)), np.zeros(len(at), int))
    level = np.log(grey + _DARK)
    spacing_s = max(float(np.median(np.diff(picture.times_s))), 1e-3)
    window = max(1, round(_WINDOW_S / spacing_s))
    light, even = _without_light(level, max(1, round(_REFERENCE_S / spacing_s)))
    earlier, later = _windows(even, window)
    light_before, light_after = _windows(light, window)
    seen_low, seen_high = np.minimum.accumulate(even), np.maximum.accumulate(even)
    found = np.zeros((count, len(PICTURE_CURVES)), np.float32)
    found[:, 0] = np.clip(np.abs(light_after - light_before) / _LIGHT_SCALE, 0, 5)
    found[:, 1] = _deviation(light, window) / _LIGHT_SCALE
    found[1:, 2] = _area(even[1:] - even[:-1])
    found[:, 3] = _area(later - earlier)
    found[1:, 4] = _area(np.maximum(np.maximum(later[1:] - seen_high[:-1], seen_low[:-1] - later[1:]), 0))
    curves = peaks_onto_steps(picture.times_s, found, duration_s)
    start = even[: max(1, round(_REFERENCE_S / spacing_s))].mean(0)
    boxes = [_box(np.abs(even[i] - start) > _THRESHOLD) for i in at]
    return Change(curves, np.array(boxes, np.float32).reshape(-1, 4), _alike(level[list(at)]))


def _alike(levels: np.ndarray) -> np.ndarray:
    """(n,) of each frame the first one in which at most _SAME of the pixels are brighter or darker."""
    found = np.arange(len(levels))
    for i, level in enumerate(levels):
        differs = (np.abs(levels[:i] - level) > _THRESHOLD).mean((1, 2)) > _SAME
        same = np.flatnonzero(~differs & (found[:i] == np.arange(i)))
        found[i] = same[0] if len(same) else i
    return found


def _windows(series: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """For each frame the mean of up to `window` frames before it, and of as many from it on; the first has no before.

    Parameters
    ----------
    series : (n, ...).
    """
    total = np.concatenate([np.zeros_like(series[:1]), np.cumsum(series, 0, dtype=series.dtype)])
    at = np.arange(len(series))
    start, end = np.maximum(at - window, 0), np.minimum(at + window, len(series))
    shape = (-1,) + (1,) * (series.ndim - 1)
    before = (total[at] - total[start]) / np.maximum(at - start, 1).reshape(shape)
    before[0] = series[0]
    return before, (total[end] - total[at]) / (end - at).reshape(shape)


def _deviation(light: np.ndarray, window: int) -> np.ndarray:
    """(n,) standard deviation of the brightness from `window` frames before to as many after."""
    return np.array([light[max(0, t - window) : t + window].std() for t in range(len(light))], np.float32)


def _small(frames: np.ndarray) -> np.ndarray:
    """(n, height, width) float32 means of blocks of the green channel, about _SIDE wide; flat pictures wider."""
    factor = max(1, min(frames.shape[2] // _SIDE, frames.shape[1]))
    height, width = frames.shape[1] // factor, frames.shape[2] // factor
    cut = frames[:, : height * factor, : width * factor]
    rows = np.add.reduceat(cut[..., 1].astype(np.uint16), np.arange(0, height * factor, factor), axis=1)
    return np.add.reduceat(rows, np.arange(0, width * factor, factor), axis=2).astype(np.float32) / factor**2


def _without_light(level: np.ndarray, reference: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) brightness of each frame against the beginning, and (n, height, width) levels without it."""
    difference = (level - level[:reference].mean(0)).reshape(len(level), -1)
    light = np.median(difference[:, ::_SPARSE], axis=1)
    return light, ndimage.uniform_filter(level - light[:, None, None], (0, 3, 3))


def _area(difference: np.ndarray) -> np.ndarray:
    """Square root of the share of pixels that differ."""
    return np.sqrt((np.abs(difference) > _THRESHOLD).mean((-2, -1)))


def _box(mask: np.ndarray) -> tuple[float, float, float, float]:
    """Around the largest connected region, with a quarter of its size as a margin."""
    labels, count = ndimage.label(ndimage.binary_closing(mask, iterations=2))
    if not count:
        return WHOLE
    sizes = np.bincount(labels.ravel())[1:]
    if sizes.max() < _LEAST_REGION * mask.size:
        return WHOLE
    rows, columns = ndimage.find_objects(labels)[int(sizes.argmax())]
    side = 1.5 * max(rows.stop - rows.start, columns.stop - columns.start)
    middle_y, middle_x = (rows.start + rows.stop) / 2, (columns.start + columns.stop) / 2
    height, width = mask.shape
    left, right = max(0.0, middle_x - side / 2), min(float(width), middle_x + side / 2)
    top, bottom = max(0.0, middle_y - side / 2), min(float(height), middle_y + side / 2)
    return (left / width, top / height, right / width, bottom / height)

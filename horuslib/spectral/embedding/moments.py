"""The moments of an event that a network looks at, and regions of their frames."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import MOMENTS, moment_times

SIDE = 224


def nearest(picture: Picture, duration_s: float, count: int = MOMENTS) -> list[int]:
    """The frame nearest to each of so many moments."""
    return [int(np.abs(picture.times_s - t).argmin()) for t in moment_times(duration_s, count)]


def onto_moments(values: np.ndarray, reduce: Callable[..., np.ndarray]) -> np.ndarray:
    """What was seen in any number of frames, evenly spread, at the MOMENTS that the network takes.

    Parameters
    ----------
    values : (count, ...); of fewer than MOMENTS each is held, more are put together.
    reduce : how, such as `np.max`.
    """
    count = len(values)
    if count <= MOMENTS:
        return values[np.arange(MOMENTS) * count // MOMENTS]
    place = np.arange(count) * MOMENTS // count
    return np.stack([reduce(values[place == k], axis=0) for k in range(MOMENTS)])


def cut_out(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A region of a frame; the box is in shares of width and height."""
    height, width = frame.shape[:2]
    left, top = int(box[0] * width), int(box[1] * height)
    right, bottom = max(left + 2, round(box[2] * width)), max(top + 2, round(box[3] * height))
    return frame[top:bottom, left:right]


def resized(frame: np.ndarray) -> np.ndarray:
    """A picture of any size as (224, 224, 3) uint8."""
    return np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BILINEAR))

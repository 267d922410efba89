"""The moments of an event that a network looks at: whole frames, and the region that has changed."""

import numpy as np
from PIL import Image

from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import moment_times

SIDE = 224


def whole_frames(picture: Picture, duration_s: float) -> np.ndarray:
    """(MOMENTS, 224, 224, 3) uint8: the frame nearest to each moment."""
    return np.stack([resized(picture.frames[i]) for i in nearest(picture, duration_s)])


def changed_regions(picture: Picture, boxes: np.ndarray, duration_s: float) -> np.ndarray:
    """(MOMENTS, 224, 224, 3) uint8: what differs from the event's beginning, cut out; else the whole frame.

    Parameters
    ----------
    boxes : (MOMENTS, 4) of `picture_curves.picture_change` at `nearest`.
    """
    chosen = nearest(picture, duration_s)
    return np.stack([resized(cut_out(picture.frames[i], box)) for i, box in zip(chosen, boxes, strict=True)])


def nearest(picture: Picture, duration_s: float) -> list[int]:
    """The frame nearest to each moment."""
    return [int(np.abs(picture.times_s - t).argmin()) for t in moment_times(duration_s)]


def cut_out(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A region of a frame; the box is in shares of width and height."""
    height, width = frame.shape[:2]
    left, top = int(box[0] * width), int(box[1] * height)
    right, bottom = max(left + 2, round(box[2] * width)), max(top + 2, round(box[3] * height))
    return frame[top:bottom, left:right]


def resized(frame: np.ndarray) -> np.ndarray:
    """A picture of any size as (224, 224, 3) uint8."""
    return np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BILINEAR))

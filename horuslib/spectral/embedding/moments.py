"""The moments of an event that a network looks at: whole frames, and the region that has changed."""

import numpy as np
from PIL import Image

from horuslib.spectral.events.picture import Picture
from horuslib.spectral.timing.inputs import MOMENTS

SIDE = 224


def moment_times(duration_s: float, moments: int = MOMENTS) -> np.ndarray:
    """(moments,) seconds, evenly spread, none at the edges."""
    return (np.arange(moments) + 0.5) * duration_s / moments


def whole_frames(picture: Picture, duration_s: float, moments: int = MOMENTS) -> np.ndarray:
    """(moments, 224, 224, 3) uint8: the frame nearest to each moment."""
    return np.stack([_resized(picture.frames[i]) for i in nearest(picture, duration_s, moments)])


def changed_regions(picture: Picture, boxes: np.ndarray, duration_s: float, moments: int = MOMENTS) -> np.ndarray:
    """(moments, 224, 224, 3) uint8: what differs from the event's beginning, cut out; else the whole frame.

    Parameters
    ----------
    boxes : (moments, 4) of `picture_curves.picture_change` at `nearest`.
    """
    chosen = nearest(picture, duration_s, moments)
    return np.stack([_resized(cut_out(picture.frames[i], box)) for i, box in zip(chosen, boxes, strict=True)])


def nearest(picture: Picture, duration_s: float, moments: int) -> list[int]:
    """The frame nearest to each moment."""
    return [int(np.abs(picture.times_s - t).argmin()) for t in moment_times(duration_s, moments)]


def cut_out(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A region of a frame; the box is in shares of width and height."""
    height, width = frame.shape[:2]
    left, top = int(box[0] * width), int(box[1] * height)
    right, bottom = max(left + 2, round(box[2] * width)), max(top + 2, round(box[3] * height))
    return frame[top:bottom, left:right]


def _resized(frame: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BILINEAR))

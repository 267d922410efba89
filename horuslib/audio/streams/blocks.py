"""Blocks of decoded sound."""

from typing import NamedTuple

import av
import numpy as np


class Block(NamedTuple):
    """About a second of sound with the file's channels and sample rate."""

    planes: np.ndarray
    """(channels, samples) float32, full scale 1.0."""
    layout: tuple[str, ...]
    """FFmpeg's name of each channel (FL, FR, FC, LFE, BL, BR, SL, SR...), or its number where unknown."""
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Its length."""
        return float(self.planes.shape[1]) / self.sample_rate_hz


def planes_of(frame: av.AudioFrame) -> np.ndarray:
    """(channels, samples) float32 of a frame in any of FFmpeg's sample formats."""
    x = frame.to_ndarray()
    if not frame.format.is_planar:
        x = x.reshape(-1, frame.layout.nb_channels).T
    if x.dtype.kind == "u":
        return (x.astype(np.float32) - 128) / 128
    if x.dtype.kind == "i":
        return x.astype(np.float32) / -float(np.iinfo(x.dtype).min)
    return x.astype(np.float32, copy=False)

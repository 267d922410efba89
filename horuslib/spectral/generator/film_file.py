"""A generated film as MP4 without sound: the same frames give the same bytes."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from horuslib.core.artifacts import write_bytes

_REPEATABLE = {"fflags": "+bitexact"}
_QUALITY = {"x264-params": "asm=0", "crf": "30", "preset": "medium"}


def write_film(path: Path, frames: np.ndarray, fps: int) -> Path:
    """Write (n, height, width, 3) uint8 frames, both sides even, as H.264 (MPEG-4 part 2 without libx264)."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", container_options=_REPEATABLE) as out:
        has_x264 = "libx264" in av.codecs_available
        stream = out.add_stream("libx264" if has_x264 else "mpeg4", rate=fps, options=_QUALITY if has_x264 else {})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return write_bytes(path, buffer.getvalue())

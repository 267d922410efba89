"""Events for timing: a measured event's film at the sizes and rates of cameras, with the noise of a sensor."""

import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from horuslib.spectral.events.event import FILES, Event
from horuslib.spectral.events.metadata import FILE as METADATA
from horuslib.spectral.events.picture import read_picture

FPS = 30
SIZES = ((320, 240), (1920, 1080))
_NOISE = 4.0


def at_size(event: Event, folder: Path, size: tuple[int, int]) -> Path:
    """A copy of an event whose film has this size and FPS frames a second, H.264."""
    folder.mkdir(parents=True)
    for name in (*FILES.values(), METADATA):
        if (event.folder / name).is_file():
            shutil.copy(event.folder / name, folder / name)
    film, rng = read_picture(event.file("video"), event.duration_s), np.random.default_rng(0)
    noise = rng.normal(0, _NOISE, (2 * size[1], size[0], 1)).astype(np.float32)
    with av.open(str(folder / FILES["video"]), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(round(FPS * event.duration_s)):
            pixels = film.frames[int(np.abs(film.times_s - number / FPS).argmin())]
            large = np.asarray(Image.fromarray(pixels).resize(size), np.float32)
            top = int(rng.integers(0, size[1]))
            frame = np.clip(large + noise[top : top + size[1]], 0, 255).astype(np.uint8)
            coded = av.VideoFrame.from_ndarray(frame, format="rgb24")
            coded.pts, coded.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(coded))
        out.mux(stream.encode())
    return folder

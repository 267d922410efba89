"""A small moving picture for the demo videos, whose sound alone matters: backdrop, drifting shape, caption bar."""

from collections.abc import Iterator

import numpy as np

WIDTH, HEIGHT, FPS = 160, 90, 5


def pictures(rng: np.random.Generator, seconds: float) -> Iterator[np.ndarray]:
    """RGB frames, uint8 (HEIGHT, WIDTH, 3), FPS of them a second."""
    top, bottom, shape_colour, bar_colour = rng.integers(20, 200, (4, 3))
    shade = np.linspace(0, 1, HEIGHT)[:, None, None]
    backdrop = np.broadcast_to(top * (1 - shade) + bottom * shade, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    radius, pace = rng.uniform(12, 22), rng.uniform(0.1, 0.4, 2)
    words = rng.integers(6, 22, 6)
    for number in range(int(np.ceil(seconds * FPS))):
        x, y = np.sin(pace * number / FPS) * (0.3 * WIDTH, 0.15 * HEIGHT) + (WIDTH / 2, 0.4 * HEIGHT)
        frame = backdrop.copy()
        frame[(columns - x) ** 2 + (rows - y) ** 2 < radius**2] = shape_colour
        frame[70:84, 8:152] = bar_colour
        left = 14
        for width in np.roll(words, number // (4 * FPS)):  # A new caption every four seconds.
            frame[75:79, left : min(left + width, 146)] = 235
            left += width + 4
        yield frame

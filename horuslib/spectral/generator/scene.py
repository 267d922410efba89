"""What a camera sees: a room or a yard, its own movement, light that changes, an object, a person's form."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

_FPS = (10, 15, 15, 25)
_SKIN = np.array([200.0, 150.0, 120.0])


@dataclass(frozen=True)
class Film:
    """(n, height, width, 3) uint8 frames at `fps`; scores of a person (n,), as a detector would give them."""

    frames: np.ndarray
    fps: int
    person: np.ndarray


def film(
    rng: np.random.Generator,
    onsets_s: dict[str, float],
    ends_s: dict[str, float],
    person_there: bool,
    duration_s: float,
    size: tuple[int, int],
) -> Film:
    """The picture of a scenario.

    Parameters
    ----------
    size : width and height in pixels, both even.
    """
    fps = int(rng.choice(_FPS))
    t = np.arange(round(duration_s * fps)) / fps
    frames = np.repeat(_place(rng, size)[None], len(t), 0)
    if rng.random() < 0.4:
        frames = _own_movement(rng, frames, t)
    person = np.zeros(len(t))
    if "person" in onsets_s or person_there:
        frames, person = _person(rng, frames, t, onsets_s.get("person"), ends_s.get("person"), person_there)
    if "object" in onsets_s:
        frames = _object(rng, frames, t, onsets_s["object"])
    if rng.random() < 0.3:
        frames = frames * rng.uniform(0.25, 0.7) * np.array([0.6, 1.1, 0.7])
    if "light" in onsets_s:
        frames = frames * _light(rng, t, onsets_s["light"])[:, None, None, None]
    frames = frames + rng.normal(0, rng.uniform(0.3, 3.0), (*frames.shape[:3], 1))
    return Film(np.clip(frames, 0, 255).astype(np.uint8), fps, person)


def _place(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """(height, width, 3) of smooth shades, furniture and texture."""
    width, height = size
    shade = zoom(rng.uniform(60, 200, (3, 4)), (height / 3, width / 4), order=1, grid_mode=True, mode="nearest")
    picture = shade[..., None] * rng.uniform(0.75, 1.15, 3)
    for _ in range(rng.integers(2, 8)):
        w, h = rng.integers(width // 12, width // 2), rng.integers(height // 12, height // 2)
        x, y = rng.integers(0, width - w), rng.integers(0, height - h)
        picture[y : y + h, x : x + w] = rng.uniform(20, 230, 3) * rng.uniform(0.8, 1.1)
    texture = gaussian_filter(rng.standard_normal((height, width)), rng.uniform(0.5, 2))
    return gaussian_filter(picture + 12 * texture[..., None] / texture.std(), (0.6, 0.6, 0))


def _own_movement(rng: np.random.Generator, frames: np.ndarray, t: np.ndarray) -> np.ndarray:
    """A pendulum or traffic that goes on through the whole event."""
    height, width = frames.shape[1:3]
    out, size = frames.copy(), rng.uniform(0.05, 0.18) * width
    colour, row = rng.uniform(10, 240, 3), rng.uniform(0.3, 0.8) * height
    if rng.random() < 0.5:
        x = width * (0.5 + rng.uniform(0.05, 0.3) * np.sin(2 * np.pi * rng.uniform(0.4, 1.5) * t))
    else:
        x = np.mod(width * (rng.uniform(0, 1) + rng.uniform(0.2, 0.9) * t), 1.6 * width) - 0.3 * width
    for frame, middle in zip(out, x, strict=True):
        _blend(frame, _ellipse(frame.shape, middle, row, size, 0.6 * size), colour, 1.0)
    return out


def _light(rng: np.random.Generator, t: np.ndarray, onset_s: float) -> np.ndarray:
    """(n,) factor of brightness: a step, a flash or a flicker."""
    kind, size = rng.choice(["step", "flash", "flicker"]), rng.choice([rng.uniform(0.3, 0.75), rng.uniform(1.35, 2.2)])
    on = t >= onset_s
    if kind == "flash":
        return np.where(on & (t < onset_s + rng.uniform(0.15, 0.5)), size, 1.0)
    if kind == "flicker":
        return np.where(
            on & (t < onset_s + rng.uniform(0.8, 2)) & (np.sin(2 * np.pi * 2.5 * (t - onset_s)) >= 0), size, 1.0
        )
    return np.where(on, size, 1.0)


def _object(rng: np.random.Generator, frames: np.ndarray, t: np.ndarray, onset_s: float) -> np.ndarray:
    """A box or a round thing that appears and stays, or leaves again."""
    height, width = frames.shape[1:3]
    size = rng.uniform(0.1, 0.3) * width
    x, y = rng.uniform(0.2, 0.8) * width, rng.uniform(0.35, 0.8) * height
    colour, end = rng.uniform(10, 240, 3), rng.choice([99.0, onset_s + rng.uniform(0.6, 2.5)])
    shape = _ellipse if rng.random() < 0.5 else _rectangle
    mask = shape(frames.shape[1:], x, y, size / 2, size * rng.uniform(0.3, 0.6))
    out = frames.copy()
    for frame, strength in zip(out, _presence(t, onset_s, end, rng.uniform(0.05, 0.4)), strict=True):
        _blend(frame, mask, colour, strength)
    return out


def _person(
    rng: np.random.Generator, frames: np.ndarray, t: np.ndarray, onset: float | None, end: float | None, there: bool
) -> tuple[np.ndarray, np.ndarray]:
    """A form with head, trunk, arms and legs: it walks in, appears, or stands there and begins to move."""
    height, width = frames.shape[1:3]
    tall = rng.uniform(0.45, 0.95) * height
    x, foot = rng.uniform(0.25, 0.75) * width, min(height * 1.05, rng.uniform(0.55, 0.7) * height + 0.5 * tall)
    clothes, trousers, skin = (
        rng.uniform(5, 235, 3),
        rng.uniform(5, 160, 3),
        np.array([200, 150, 120]) * rng.uniform(0.35, 1.1),
    )
    onset_s, end_s = (0.0 if onset is None else onset), (99.0 if end is None else end)
    strength = np.ones(len(t)) if there else _presence(t, onset_s, end_s, rng.uniform(0.05, 0.35))
    walks = not there and rng.random() < 0.4
    moves = (t >= onset_s) & (t < onset_s + rng.uniform(0.5, 2.0)) if onset is not None else np.zeros(len(t), bool)
    swing = 2 * np.pi * rng.uniform(0.7, 1.6)
    out, side = frames.copy(), rng.choice([-1.0, 1.0])
    for i, frame in enumerate(out):
        since = t[i] - onset_s
        place = x + side * width * 0.6 * np.clip(0.25 - since, 0, None) if walks else x
        arm = np.sin(swing * since) if moves[i] or walks else 0.15 * np.sin(swing * t[i] / 3)
        figure = _form(frame.shape, place, foot, tall, arm)
        for mask, colour in zip(figure, (trousers, clothes, clothes, skin), strict=True):
            _blend(frame, mask, colour, (1.0 if walks and t[i] >= onset_s - 0.3 else strength[i]))
    return out, np.maximum(strength, walks * (t >= onset_s))


def _form(shape: tuple[int, ...], x: float, foot: float, tall: float, arm: float) -> list[np.ndarray]:
    """Masks of legs, trunk, arms and head."""
    legs = _rectangle(shape, x - 0.06 * tall, foot - 0.24 * tall, 0.04 * tall, 0.24 * tall)
    legs = np.maximum(legs, _rectangle(shape, x + 0.06 * tall, foot - 0.24 * tall, 0.04 * tall, 0.24 * tall))
    trunk = _ellipse(shape, x, foot - 0.62 * tall, 0.14 * tall, 0.2 * tall)
    arms = _ellipse(shape, x - 0.17 * tall, foot - (0.62 + 0.08 * arm) * tall, 0.035 * tall, 0.17 * tall)
    arms = np.maximum(
        arms, _ellipse(shape, x + 0.17 * tall, foot - (0.62 - 0.08 * arm) * tall, 0.035 * tall, 0.17 * tall)
    )
    return [legs, trunk, arms, _ellipse(shape, x, foot - 0.91 * tall, 0.065 * tall, 0.085 * tall)]


def _presence(t: np.ndarray, onset_s: float, end_s: float, fade_s: float) -> np.ndarray:
    """(n,) 0 to 1: half there at the onset."""
    return np.clip((t - onset_s) / fade_s + 0.5, 0, 1) * np.clip((end_s - t) / fade_s + 0.5, 0, 1)


def _ellipse(shape: tuple[int, ...], x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = ((columns - x) / max(half_width, 0.5)) ** 2 + ((rows - y) / max(half_height, 0.5)) ** 2
    return np.clip(3 * (1.1 - inside), 0, 1)


def _rectangle(shape: tuple[int, ...], x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    across = np.clip(half_width - np.abs(columns - x) + 0.5, 0, 1)
    return across * np.clip(half_height - np.abs(rows - y) + 0.5, 0, 1)


def _blend(frame: np.ndarray, mask: np.ndarray, colour: np.ndarray, strength: float) -> None:
    if strength > 0:
        cover = (strength * mask)[..., None]
        frame += cover * (colour - frame)

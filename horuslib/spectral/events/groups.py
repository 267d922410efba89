"""Which events share a film, a sound, or a device's minute: they never stand on both sides of a split."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.ndimage import zoom

from horuslib.datasets.groups import connect, group_recordings
from horuslib.spectral.events.event import SOUND_RATE_HZ, Event
from horuslib.spectral.events.picture import Picture

_HASH_SIDE, _HASHED_FRAMES = 8, 3
_SAME_FILM_BITS = 6
"""Of 64: recompressed and rescaled copies of a frame differ by up to 4, frames of two scenes by 20 and more."""
_MIN_CONTRAST = 4.0
"""Grey levels: the hash of a flatter picture is noise."""
_MINUTE_S = 60.0
MOST_IN_ONE = 0.5
"""A relation that joins more than this share of the events into one group cannot be kept apart by splits."""
RELATIONS = ("film", "sound", "minute")


def picture_hashes(picture: Picture) -> np.ndarray:
    """(k, 64) bool difference hashes of the first, middle and last frame: which pixel is brighter than its neighbour.

    Brightness and compression leave them as they are; frames without contrast have none. Source: the dHash of
    perceptual image hashing.
    """
    chosen = np.unique(np.linspace(0, len(picture.frames) - 1, _HASHED_FRAMES).round().astype(int))
    hashes = []
    for frame in picture.frames[chosen]:
        grey = frame.astype(np.float32).mean(2)
        if grey.std() < _MIN_CONTRAST:
            continue
        small = zoom(grey, (_HASH_SIDE / grey.shape[0], (_HASH_SIDE + 1) / grey.shape[1]), order=1, grid_mode=True,
                     mode="nearest")  # fmt: skip
        hashes.append((np.diff(small, axis=1) > 0).ravel())
    return np.array(hashes, bool).reshape(-1, _HASH_SIDE**2)


def group_events(
    events: list[Event], hashes: Mapping[str, np.ndarray], sounds: Mapping[str, np.ndarray]
) -> tuple[pd.DataFrame, list[str]]:
    """The groups of a set of events.

    Parameters
    ----------
    hashes, sounds : key -> `picture_hashes`, samples at SOUND_RATE_HZ, of the events that have them.

    Returns
    -------
    A table with a row per event (key, film, sound, minute: the first event of its group in each relation; group_id:
    of all relations together), and sentences on relations that had to be left out.
    """
    keys = [event.key for event in events]
    by_sound, _ = group_recordings(dict(sounds), SOUND_RATE_HZ) if sounds else ({}, None)
    found = {
        "film": _connected(keys, lambda a, b: _same_film(hashes.get(a), hashes.get(b))),
        "sound": [by_sound.get(key, key) for key in keys],
        "minute": _by_minute(events),
    }
    table = pd.DataFrame({"key": keys, **found})
    used, notes = [], []
    for relation in RELATIONS:
        largest = int(table[relation].value_counts().max()) if len(table) else 0
        if len(table) > 3 and largest > MOST_IN_ONE * len(table):
            notes.append(
                f"{largest} of {len(table)} events share one {relation}: they cannot be kept on one side of a split, "
                f"so that results say nothing of another {relation}."
            )
        else:
            used.append(relation)
    table["group_id"] = _joined(table, used)
    return table, notes


def _same_film(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None or not len(a) or not len(b):
        return False
    return bool((a[:, None] != b[None]).sum(-1).min() <= _SAME_FILM_BITS)


def _by_minute(events: list[Event]) -> list[str]:
    def close(a: str, b: str) -> bool:
        one, other = about[a], about[b]
        if one.device is None or one.device != other.device or one.starts_at_s is None or other.starts_at_s is None:
            return False
        return abs(one.starts_at_s - other.starts_at_s) < _MINUTE_S

    about = {event.key: event.about for event in events}
    return _connected(list(about), close)


def _connected(keys: list[str], related: Callable[[str, str], bool]) -> list[str]:
    """For each key the first of its connected component."""
    pairs = [(i, j) for i in range(len(keys)) for j in range(i) if related(keys[i], keys[j])]
    return list(connect(keys, pairs).values())


def _joined(table: pd.DataFrame, relations: list[str]) -> list[str]:
    """Groups of all relations together."""
    keys, pairs = list(table.key), []
    place = {key: i for i, key in enumerate(keys)}
    for relation in relations:
        pairs += [(i, place[first]) for i, first in enumerate(table[relation]) if first in place]
    return list(connect(keys, pairs).values())

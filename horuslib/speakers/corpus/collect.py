"""The voices of recordings whose speakers are known: window features by speaker."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.speakers.backends.mfcc import window_features
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.front_end import mfcc
from horuslib.speakers.front_end.side import analyse
from horuslib.speakers.front_end.windows import make_windows
from horuslib.speech.turns import Turn


@dataclass(frozen=True)
class Collected:
    """The voices of one recording.

    Attributes
    ----------
    rows : (n, d) window features (`backends.mfcc`) of the windows in which one known person speaks alone.
    speakers : (n,) who that is (`Entry.person`).
    frames : speaker -> (4, COEFFICIENTS) sum, sum of squares, least and greatest of the MFCC of their frames.
    frame_counts : speaker -> number of those frames.
    seconds : speaker -> seconds of speech that the windows answer for.
    """

    entry: Entry
    sha256: str
    rows: np.ndarray
    speakers: np.ndarray
    frames: dict[str, np.ndarray]
    frame_counts: dict[str, int]
    seconds: dict[str, float]


def collect(entry: Entry, detector: str = "silero") -> Collected | None:
    """The voices of one recording; None where nothing says who speaks in it.

    Raises
    ------
    UserError
        When the sound cannot be decoded, or nobody speaks.
    """
    if entry.turns is None and entry.speaker is None:
        return None
    side = analyse(entry.path, None, detector)
    windows = make_windows(side.regions)
    cepstra = mfcc.coefficients(side.log_mel)
    rows = window_features(cepstra, side.spans, windows)
    turns = [replace(turn, speaker=entry.person(turn.speaker)) for turn in entry.known_turns(side.duration_s)]
    who = np.array([alone(turns, a, b) for a, b in windows.tiles], object)
    known = who != ""
    tiles = mfcc.to_frames(windows.tiles, len(cepstra))
    people = list(dict.fromkeys(who[known].tolist()))
    used = {s: np.vstack([cepstra[a:b] for a, b in tiles[who == s]]) for s in people}
    seconds = {s: float(windows.seconds[who == s].sum()) for s in people}
    return Collected(
        entry=entry,
        sha256=sha256_file(entry.path),
        rows=rows[known],
        speakers=who[known],
        frames={s: _moments(frames) for s, frames in used.items() if len(frames)},
        frame_counts={s: len(frames) for s, frames in used.items() if len(frames)},
        seconds=seconds,
    )


def collect_all(
    entries: Sequence[Entry], detector: str = "silero", progress: Callable[[int], object] = lambda more: None
) -> tuple[list[Collected], list[str]]:
    """The voices of all that are known, and a sentence for every recording that is left out."""
    collected, left_out = [], []
    for entry in entries:
        try:
            found = collect(entry, detector)
        except UserError as e:
            left_out.append(str(e))
            found = None
        else:
            if found is None:
                left_out.append(f"{entry.name}: nothing says who speaks; put {entry.rttm.name} beside it.")
        if found is not None:
            collected.append(found)
        progress(1)
    return collected, left_out


def alone(turns: Iterable[Turn], start_s: float, end_s: float) -> str:
    """Who speaks throughout a span with nobody else; empty where nobody does."""
    here = [turn for turn in turns if turn.start_s < end_s and turn.end_s > start_s]
    if len({turn.speaker for turn in here}) != 1:
        return ""
    middle = (start_s + end_s) / 2
    return here[0].speaker if any(turn.start_s <= middle <= turn.end_s for turn in here) else ""


def _moments(frames: np.ndarray) -> np.ndarray:
    x = frames.astype(np.float64)
    return np.stack([x.sum(axis=0), np.square(x).sum(axis=0), x.min(axis=0), x.max(axis=0)])

"""Generated conversations of espeak-ng's voices, whose turns are known by construction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from horuslib.acoustics import filters, rooms
from horuslib.speakers.front_end.sound import RATE_HZ
from horuslib.speech.turns import Turn, joined
from horuslib.synthesis.noise import coloured_noise
from horuslib.synthesis.speech import Voice, sentences, utterance

BRIDGED_S = 0.3
"""Shorter pauses of one speaker belong to the turn."""


@dataclass(frozen=True)
class Setting:
    """Where and how people talk.

    Attributes
    ----------
    overlap : share of the changes of speaker at which the next one begins before the other has ended.
    pause_s : shortest and longest pause between sentences.
    rt60_s : of the room, in which each speaker has a place of their own.
    noise_db : level of the room's noise re the speech.
    sentences_per_turn : most sentences until the next one speaks.
    """

    overlap: float = 0.2
    pause_s: tuple[float, float] = (0.15, 0.9)
    rt60_s: float = 0.3
    noise_db: float = -35.0
    sentences_per_turn: int = 3


def conversation(
    rng: np.random.Generator, voices: Sequence[Voice], seconds: float, setting: Setting | None = None
) -> tuple[np.ndarray, list[Turn]]:
    """A conversation of at least `seconds`, and who spoke when.

    Parameters
    ----------
    voices : the speakers, called A, B, C... in this order; each speaks before any speaks twice.

    Returns
    -------
    float32 (N,) at RATE_HZ, about -20 dBFS while somebody speaks, and the turns.

    Raises
    ------
    UserError
        When espeak-ng is missing.
    """
    setting = setting or Setting()
    texts = [text for topic in sentences().values() for text in topic]
    places = [rooms.room_response(rng, RATE_HZ, setting.rt60_s, rng.uniform(4, 10)) for _ in voices]
    gains_db = rng.uniform(-3, 3, len(voices))
    placed: list[tuple[int, np.ndarray]] = []
    turns: list[Turn] = []
    now, speaker, spoken = 0.4, -1, 0
    while now < seconds or spoken < len(voices):
        speaker = _next(rng, speaker, spoken, len(voices))
        spoken += 1
        for sentence in range(int(rng.integers(1, setting.sentences_per_turn + 1))):
            dry = utterance(rng, str(rng.choice(texts)), voices[speaker], RATE_HZ)
            if sentence == 0 and turns and len(voices) > 1 and rng.random() < setting.overlap:
                now = max(turns[-1].start_s + 0.5, turns[-1].end_s - rng.uniform(0.3, 1.2))
            elif turns:
                now = turns[-1].end_s + rng.uniform(*setting.pause_s)
            wet = rooms.convolve(np.pad(dry, (0, len(places[speaker]))), places[speaker])
            placed.append((round(now * RATE_HZ), wet * filters.gain(gains_db[speaker])))
            now += len(dry) / RATE_HZ
            turns.append(Turn(round(now - len(dry) / RATE_HZ, 3), round(now, 3), chr(ord("A") + speaker)))
    end = max(first + len(x) for first, x in placed) + round(0.4 * RATE_HZ)
    mixed = coloured_noise(rng, end, RATE_HZ) * filters.gain(-20 + setting.noise_db)
    for first, x in placed:
        mixed[first : first + len(x)] += x
    return (mixed / max(1.0, 1.05 * np.abs(mixed).max())).astype(np.float32), joined(turns, BRIDGED_S)


def _next(rng: np.random.Generator, speaker: int, spoken: int, speakers: int) -> int:
    """Each in turn at first, then anybody but the one who has just spoken."""
    if spoken < speakers:
        return spoken
    if speakers == 1:
        return 0
    return int((speaker + rng.integers(1, speakers)) % speakers)

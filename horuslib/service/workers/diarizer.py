"""Diarization as jobs and `horus speech --diarize` use it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from horuslib.speech.turns import Turn

_NOBODY = {"found": 0, "least": 0, "most": 0}


@dataclass(frozen=True)
class Diarizer:
    """Turns of a file, for `speech.speakers.who_said_what`.

    Attributes
    ----------
    speakers : how many people speak, where that is known.
    max_seconds : refuse a longer file.
    """

    speakers: int | None = None
    max_seconds: float | None = None

    def __call__(self, path: Path, name: str) -> list[Turn]:
        return turns_of(diarization(path, name, self.speakers, self.max_seconds))


def diarization(
    sound: Path, name: str, speakers: int | None, max_seconds: float | None = None, variety: str | None = None
) -> dict[str, Any]:
    """Who speaks when, as the JSON of a `diarize` job: no turns where nobody speaks.

    Parameters
    ----------
    name : how the result calls the file.
    speakers : how many people speak, where that is known.
    max_seconds : refuse a longer file, as soon as so much of it has been decoded.
    variety : of the Portuguese spoken, as the client declares it.

    Raises
    ------
    UserError
        When the sound cannot be decoded, or is too long.
    """
    from horuslib.speakers.clusters.number import Number
    from horuslib.speakers.diarize import Settings, diarize
    from horuslib.speakers.front_end.side import NoSpeech
    from horuslib.speakers.output import UNKNOWN, speaker_count

    head = {"version": 1, "file": name, "variety": variety or UNKNOWN}
    try:
        found = diarize(sound, Settings(number=Number(exact=speakers)), name=name, max_seconds=max_seconds)
    except NoSpeech as e:
        return {**head, "duration_s": None, "speaker_count": _NOBODY, "turns": [], "notes": [str(e)]}
    turns = [_turn(turn) for turn in found.turns]
    return {
        **head,
        "duration_s": round(found.duration_s, 3),
        "speaker_count": speaker_count(found),
        "turns": turns,
        "notes": list(found.notes),
    }


def _turn(turn: Turn) -> dict[str, Any]:
    sure = None if turn.confidence is None else round(turn.confidence, 3)
    times = {"start_s": round(turn.start_s, 3), "end_s": round(turn.end_s, 3)}
    return {**times, "speaker": turn.speaker, "confidence": sure, "channel": turn.channel}


def turns_of(found: dict[str, Any]) -> list[Turn]:
    """The turns of a `diarize` job's JSON."""
    return [Turn(**turn) for turn in found["turns"]]

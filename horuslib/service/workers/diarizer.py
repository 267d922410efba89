"""Diarization as jobs use it."""

from pathlib import Path
from typing import Any

from horuslib.speech.turns import Turn


def diarization(sound: Path, name: str, speakers: int | None, max_seconds: float | None = None) -> dict[str, Any]:
    """Who speaks when, as the JSON of a `diarize` job: no turns where nobody speaks.

    Parameters
    ----------
    name : how the result calls the file.
    speakers : how many people speak, where that is known.
    max_seconds : refuse a longer file, as soon as so much of it has been decoded.

    Raises
    ------
    UserError
        When the sound cannot be decoded, or is too long.
    """
    from horuslib.speakers.clusters.number import Number
    from horuslib.speakers.diarize import Settings, diarize
    from horuslib.speakers.front_end.side import NoSpeech

    try:
        found = diarize(sound, Settings(number=Number(exact=speakers)), name=name, max_seconds=max_seconds)
    except NoSpeech as e:
        return {"version": 1, "file": name, "duration_s": None, "turns": [], "notes": [str(e)]}
    turns = [{"start_s": round(t.start_s, 3), "end_s": round(t.end_s, 3), "speaker": t.speaker} for t in found.turns]
    duration_s = round(found.duration_s, 3)
    return {"version": 1, "file": name, "duration_s": duration_s, "turns": turns, "notes": list(found.notes)}


def turns_of(found: dict[str, Any]) -> list[Turn]:
    """The turns of a `diarize` job's JSON."""
    return [Turn(**turn) for turn in found["turns"]]

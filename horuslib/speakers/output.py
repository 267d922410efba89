"""What a diarization is written as: NAME.rttm, NAME.json after `schema.json`, and a table of all turns."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from horuslib import __version__
from horuslib.core.artifacts import sha256_file, write_json
from horuslib.speakers.diarize import Diarization, Settings
from horuslib.speech.rttm import write_rttm
from horuslib.speech.turns import Turn, seconds_by_speaker

FORMAT = 1
SCHEMA = Path(__file__).with_name("schema.json")
UNKNOWN = "unknown"
COLUMNS = ("recording", "start_s", "end_s", "speaker", "confidence", "channel", "variety")


def as_json(found: Diarization, path: Path, settings: Settings, variety: str = UNKNOWN) -> dict:
    """The content of NAME.json.

    Parameters
    ----------
    variety : of the Portuguese spoken, as declared for the recording; never inferred.
    """
    seconds = seconds_by_speaker(found.turns)
    return {
        "format": FORMAT,
        "file": found.name,
        "sha256": sha256_file(path),
        "duration_s": round(found.duration_s, 3),
        "speech_s": round(found.speech_s, 3),
        "variety": variety,
        "speaker_count": speaker_count(found),
        "speakers": [{"speaker": s, "seconds": round(seconds[s], 3)} for s in found.speakers],
        "turns": [_turn(turn, variety) for turn in found.turns],
        "notes": list(found.notes),
        "settings": asdict(settings),
        "horuslib": __version__,
    }


def speaker_count(found: Diarization) -> dict:
    """How many speakers there are, and the range in which that number is plausible; None where nothing says so."""
    least, most = found.plausible or (None, None)
    return {"found": len(found.speakers), "least": least, "most": most}


def write(found: Diarization, path: Path, stem: Path, settings: Settings, variety: str = UNKNOWN) -> dict:
    """Write `STEM.rttm` and `STEM.json`, each whole or not at all; returns the JSON's content."""
    content = as_json(found, path, settings, variety)
    write_rttm(stem.with_name(stem.name + ".rttm"), stem.name, found.turns)
    write_json(stem.with_name(stem.name + ".json"), content)
    return content


def table(contents: Iterable[Mapping]) -> pd.DataFrame:
    """One row per turn of several recordings, with COLUMNS."""
    rows = [
        {
            "recording": content["file"],
            "start_s": turn["start_s"],
            "end_s": turn["end_s"],
            **{name: turn[name] for name in COLUMNS[3:]},
        }
        for content in contents
        for turn in content["turns"]
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _turn(turn: Turn, variety: str) -> dict:
    return {
        "start_s": round(turn.start_s, 3),
        "end_s": round(turn.end_s, 3),
        "speaker": turn.speaker,
        "confidence": None if turn.confidence is None else round(turn.confidence, 3),
        "channel": turn.channel,
        "variety": variety,
    }

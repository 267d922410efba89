"""Diarizations as tables, as one notebook hands them to the next."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from horuslib.speakers.diarize import Diarization
from horuslib.speech.turns import Turn

_TURN = ("start_s", "end_s", "speaker", "confidence", "channel")


def turns_table(found: Mapping[str, Diarization]) -> pd.DataFrame:
    """One row per turn: recording, start_s, end_s, speaker, confidence, channel."""
    rows = [(name, *(getattr(turn, x) for x in _TURN)) for name, one in found.items() for turn in one.turns]
    return pd.DataFrame(rows, columns=["recording", *_TURN])


def vectors_table(found: Mapping[str, Diarization]) -> pd.DataFrame:
    """One row per speaker: recording, speaker, vector."""
    rows = [(name, speaker, vector) for name, one in found.items() for speaker, vector in one.vectors.items()]
    return pd.DataFrame(rows, columns=["recording", "speaker", "vector"])


def recordings_table(found: Mapping[str, Diarization], inventory: pd.DataFrame) -> pd.DataFrame:
    """One row per diarized recording: recording, sha256, variety, duration_s, speech_s, found, least, most, notes."""
    known = inventory.set_index("recording")
    rows = [
        {
            "recording": name,
            "sha256": known.sha256[name],
            "variety": known.variety[name],
            "duration_s": one.duration_s,
            "speech_s": one.speech_s,
            "found": len(one.speakers),
            "least": (one.plausible or (None, None))[0],
            "most": (one.plausible or (None, None))[1],
            "notes": " ".join(one.notes),
        }
        for name, one in found.items()
    ]
    columns = ["recording", "sha256", "variety", "duration_s", "speech_s", "found", "least", "most", "notes"]
    return pd.DataFrame(rows, columns=columns).astype({"least": "Int64", "most": "Int64"})


def restored(recordings: pd.DataFrame, turns: pd.DataFrame, vectors: pd.DataFrame) -> dict[str, Diarization]:
    """The diarizations of these tables."""
    found = {}
    for row in recordings.itertuples():
        own = turns[turns.recording == row.recording]
        held = vectors[vectors.recording == row.recording]
        found[row.recording] = Diarization(
            name=row.recording,
            turns=[_turn(turn) for turn in own.itertuples()],
            duration_s=row.duration_s,
            speech_s=row.speech_s,
            vectors={v.speaker: np.asarray(v.vector) for v in held.itertuples()},
            notes=tuple(filter(None, (row.notes,))),
            plausible=None if pd.isna(row.least) else (int(row.least), int(row.most)),
        )
    return found


def _turn(row) -> Turn:
    confidence = None if pd.isna(row.confidence) else float(row.confidence)
    return Turn(row.start_s, row.end_s, row.speaker, confidence, int(row.channel))

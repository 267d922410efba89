"""What came: every recording with its length, its speech and what is declared; which are not independent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from horuslib.audio.media import read_audio
from horuslib.core.artifacts import sha256_file
from horuslib.core.errors import UserError
from horuslib.datasets.groups import group_recordings
from horuslib.speakers.corpus.catalogue import Entry
from horuslib.speakers.front_end.side import analyse
from horuslib.speakers.front_end.sound import sides_of

_GROUPING_HZ = 8000
COLUMNS = (
    "recording",
    "sha256",
    "duration_s",
    "speech_s",
    "speakers",
    "people",
    "variety",
    "corpus",
    "usable",
    "message",
)


def inventory(
    entries: Sequence[Entry], detector: str = "silero", progress: Callable[[int], object] = lambda more: None
) -> pd.DataFrame:
    """One row per recording, with COLUMNS.

    `speakers` is the number by its RTTM (missing where there is none), `people` their names, `usable` whether somebody
    speaks, `message` what is to be said of it. What cannot be read is a row that says why.
    """
    rows = []
    for entry in entries:
        people = entry.speakers
        row: dict[str, object] = {
            "recording": entry.name,
            "sha256": sha256_file(entry.path),
            "speakers": len(people) or None,
            "people": ", ".join(people),
            "variety": entry.variety,
            "corpus": entry.corpus,
        }
        try:
            side = analyse(entry.path, None, detector)
            row |= {"duration_s": side.duration_s, "speech_s": side.speech_s, "usable": True}
            row["message"] = sides_of(entry.path).reason
        except UserError as e:
            row |= {"duration_s": np.nan, "speech_s": 0.0, "usable": False, "message": str(e)}
        rows.append(row)
        progress(1)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"speakers": "Int64"})


def shared_content(entries: Sequence[Entry], usable: Sequence[bool]) -> pd.DataFrame:
    """Pairs of recordings in which the same sound was found (a, b, common_s): never on two sides of an evaluation.

    One recording at a time is in memory; the others lie in the folder for temporary files, 115 MB per hour of sound.
    """
    chosen = [entry for entry, use in zip(entries, usable, strict=True) if use]
    if len(chosen) < 2:
        return pd.DataFrame(columns=["a", "b", "common_s"])
    with TemporaryDirectory() as folder:
        audio = {entry.name: _on_disk(entry, Path(folder) / f"{i}.npy") for i, entry in enumerate(chosen)}
        return group_recordings(audio, _GROUPING_HZ)[1][["a", "b", "common_s"]]


def _on_disk(entry: Entry, path: Path) -> np.ndarray:
    np.save(path, read_audio(entry.path, _GROUPING_HZ).samples)
    return np.load(path, mmap_mode="r")


def shared_people(entries: Sequence[Entry]) -> pd.DataFrame:
    """People who speak in several recordings: person, recordings (their number), where."""
    where: dict[str, list[str]] = {}
    for entry in entries:
        for person in entry.speakers:
            where.setdefault(entry.person(person), []).append(entry.name)
    rows = [(person, len(names), ", ".join(names)) for person, names in where.items() if len(names) > 1]
    return pd.DataFrame(rows, columns=["person", "recordings", "where"])

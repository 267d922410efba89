"""What to label next, of a pool of files or of a scan: short sounds and a table to fill in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from horuslib.acoustics.segment_features import SegmentFeatures
from horuslib.audio.encode import write_wav
from horuslib.audio.media import read_excerpt
from horuslib.core.artifacts import write_bytes
from horuslib.core.errors import UserError
from horuslib.focus import active
from horuslib.focus.embedding import embed
from horuslib.inference.detector import Detector

TABLE = "next.csv"
COLUMNS = ["path", "label", "predicted", "confidence", "file", "start_s", "end_s"]
_CONSIDERED = 10
"""So many times as many as are wanted are listened to: the least certain ones."""


@dataclass(frozen=True)
class Candidate:
    """The least certain segment of an event: adjacent segments of one file that are predicted alike."""

    path: Path
    name: str
    start_s: float
    end_s: float
    predicted: str
    confidence: float
    probabilities: tuple[float, ...]

    @property
    def margin(self) -> float:
        """By how much the likeliest class is ahead of the second."""
        second, first = sorted(self.probabilities)[-2:]
        return first - second


def candidates(diagnoses: Sequence[Mapping], paths: Mapping[str, Path], labels: Sequence[str]) -> list[Candidate]:
    """One candidate per event of some diagnoses, the least certain first.

    Parameters
    ----------
    diagnoses : of `inference.scan.scan`; a file that could not be read has no segments.
    paths : the file of each diagnosis, by its name.
    """
    found = []
    for diagnosis in diagnoses:
        for _, event in groupby(diagnosis["segments"], key=lambda segment: segment["predicted_class"]):
            one = [_candidate(diagnosis["file"], paths, segment, labels) for segment in event]
            found.append(min(one, key=lambda candidate: candidate.margin))
    return sorted(found, key=lambda candidate: candidate.margin)


def suggest(
    diagnoses: Sequence[Mapping],
    paths: Mapping[str, Path],
    detector: Detector,
    number: int,
    out: Path,
    known: np.ndarray | None = None,
) -> pd.DataFrame:
    """Write the sounds that should be labelled next, and `TABLE` with an empty column `label`.

    Parameters
    ----------
    number : how many at most; `active.choose` says which.
    known : (K, D) `focus.embedding.embed` of what has a label already.

    Returns
    -------
    `COLUMNS`, the most useful first; `path` is that of a WAV under `out`.

    Raises
    ------
    UserError
        When nothing was scanned that could be labelled.
    """
    task = detector.task
    considered = candidates(diagnoses, paths, task.labels)[: _CONSIDERED * number]
    if not considered:
        raise UserError("No sound that could be labelled was found: give files or folders that hold some.")
    rate_hz = task.front_end.sample_rate_hz
    sounds = [read_excerpt(one.path, one.start_s, one.end_s, rate_hz) for one in considered]
    pictures = SegmentFeatures.of(task).inputs(sounds)[..., 0]
    embedded = embed(pictures, np.arange(len(pictures)), task)
    together = embedded if known is None else np.concatenate([embedded, known])
    middle, spread = together.mean(axis=0), together.std(axis=0) + 1e-6
    probabilities = np.array([one.probabilities for one in considered])
    place = None if known is None else (known - middle) / spread
    chosen = active.choose(probabilities, (embedded - middle) / spread, np.arange(len(considered)), number, place)
    rows = []
    for k in chosen:
        one = considered[k]
        sound = out / f"{one.name.replace('/', '_')}_{one.start_s:g}s.wav"
        write_wav(sound, sounds[k], rate_hz)
        rows.append((sound.name, "", one.predicted, one.confidence, one.name, one.start_s, one.end_s))
    table = pd.DataFrame(rows, columns=COLUMNS).round(3)
    write_bytes(out / TABLE, table.to_csv(index=False).encode())
    return table


def _candidate(name: str, paths: Mapping[str, Path], segment: Mapping, labels: Sequence[str]) -> Candidate:
    return Candidate(
        paths[name],
        name,
        segment["timestamp_start"],
        segment["timestamp_end"],
        segment["predicted_class"],
        segment["confidence"],
        tuple(segment["probabilities"][label] for label in labels),
    )

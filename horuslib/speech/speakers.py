"""Who said each word: turns of speakers (from diarization, or an RTTM file) laid over the words of a transcript."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from horuslib.core.errors import UserError
from horuslib.speech.lines import segments_of
from horuslib.speech.transcript import Transcript, Word

NEAR_S = 0.25
"""A word this close to a turn belongs to it: edges of turns and words are no more exact."""


class Turn(NamedTuple):
    """One speaker, from start to end (seconds). Turns of different speakers may overlap."""

    start_s: float
    end_s: float
    speaker: str


def with_speakers(transcript: Transcript, turns: Iterable[Turn]) -> Transcript:
    """The transcript with a speaker for each word, and segments split where the speaker changes.

    A word goes to the speaker whose turns overlap it most; where none does, to the nearest turn within NEAR_S; else to
    nobody.
    """
    ordered = sorted(turns)
    words = [word.model_copy(update={"speaker": _speaker(word, ordered)}) for word in transcript.words]
    return transcript.model_copy(update={"segments": tuple(segments_of(words))})


def read_rttm(path: Path) -> list[Turn]:
    """The turns of an RTTM file, in order of time; raises UserError for a line that is none."""
    turns = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start_s, length_s, speaker = float(fields[3]), float(fields[4]), fields[7]
        except (IndexError, ValueError):
            raise UserError(
                f"{path}, line {number}: {line[:80]!r} is no RTTM line: SPEAKER FILE 1 START LENGTH <NA> <NA> NAME."
            ) from None
        turns.append(Turn(start_s, start_s + length_s, speaker))
    return sorted(turns)


def _speaker(word: Word, turns: Sequence[Turn]) -> str | None:
    overlap_s: dict[str, float] = defaultdict(float)
    nearest: tuple[float, str] | None = None
    for turn in turns:
        common_s = min(turn.end_s, word.end_s) - max(turn.start_s, word.start_s)
        if common_s > 0:
            overlap_s[turn.speaker] += common_s
        elif -common_s <= NEAR_S and (nearest is None or -common_s < nearest[0]):
            nearest = (-common_s, turn.speaker)
    if overlap_s:
        return max(overlap_s, key=lambda speaker: (overlap_s[speaker], speaker))
    return nearest[1] if nearest else None

"""Who said each word: turns of speakers laid over the words of a transcript."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from horuslib.speech.lines import segments_of
from horuslib.speech.transcript import Transcript, Word
from horuslib.speech.turns import Turn, in_order

NEAR_S = 0.25
"""A word this close to a turn belongs to it: edges of turns and words are no more exact."""


class Diarizer(Protocol):
    """Says who speaks when in a file; a dataclass of what its answer depends on."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __call__(self, path: Path, name: str) -> Sequence[Turn]:
        """The turns of a file, which messages call `name`; none where nobody speaks."""
        ...


def who_said_what(transcript: Transcript, path: Path, diarize: Callable[[Path, str], Sequence[Turn]]) -> Transcript:
    """The transcript of a file with a speaker for each word; the file is diarized where somebody says something."""
    return with_speakers(transcript, diarize(path, transcript.file)) if transcript.segments else transcript


def with_speakers(transcript: Transcript, turns: Iterable[Turn]) -> Transcript:
    """The transcript with a speaker for each word, and segments split where the speaker changes.

    A word goes to the speaker whose turns overlap it most; where none does, to the nearest turn within NEAR_S; else to
    nobody.
    """
    ordered = in_order(turns)
    words = [word.model_copy(update={"speaker": _speaker(word, ordered)}) for word in transcript.words]
    return transcript.model_copy(update={"segments": tuple(segments_of(words))})


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

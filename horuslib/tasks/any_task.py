"""What every task has, whatever it works on: a name, labels in the model's output order, a workbook."""

from typing import Annotated, Self

from pydantic import Field

from horuslib.core import recorder
from horuslib.core.workbooks import AUDIO, WORKBOOKS, Workbook
from horuslib.tasks.fields import Name, Section


class AnyTask(Section):
    """What every task has, whatever it works on."""

    name: Name
    title: str
    workbook: str = AUDIO.name
    """Which notebooks work on it (`core.workbooks`)."""
    labels: Annotated[list[str], Field(min_length=2)]
    seed: int = 0

    @property
    def steps(self) -> Workbook:
        """The workbook whose notebooks work on this task."""
        return WORKBOOKS[self.workbook]

    @property
    def report_name(self) -> str:
        """The folder of its pages: a second workbook of a task has pages of its own."""
        return self.name if self.steps.own_task else f"{self.name}_{self.workbook}"

    def with_workbook(self, name: str) -> Self:
        """The same task, worked on by another workbook."""
        return self.model_copy(update={"workbook": WORKBOOKS[name].name})

    def _record(self, name: str, value: object) -> None:
        if not isinstance(value, Section):  # a section notes its own fields
            recorder.record_field(name, value)

    def _record_all(self) -> None:
        for name in type(self).__pydantic_fields__:
            value = getattr(self, name)
            if isinstance(value, Section):
                value._record_all()

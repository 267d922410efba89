"""A task on events of video, sound and sensors: classes and what they are, the clock, the networks, training."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from horuslib.core import recorder
from horuslib.tasks.any_task import AnyTask
from horuslib.tasks.fields import Positive, PositiveInt, Section, Share
from horuslib.tasks.sections import Splits

Role = Literal["ambient", "interference", "anomaly", "form"]
"""What a class is: `ambient` where nothing coincides, `interference` of an electronic device, `anomaly` of several
modalities, `form` of a person with a change of another modality."""


class Networks(Section):
    """Which networks look and decide."""

    recorded_as: ClassVar[str | None] = "networks"

    beside: Literal["none", "late_fusion"] = "none"
    """`late_fusion`: the network that seed 2 (docs/glossary.md) specifies is trained in the same folds and reported
    beside the default. Its convolutions over 128x431 spectrograms take longer than all else."""
    image_weights: str = "auto"
    """`auto`, `efficientnet-b0`, `efficientnet-lite0`, `small`, or a weights file."""
    person: Literal["auto", "none"] = "auto"
    """`auto`: the human form is looked for in the picture where the pose detector is installed."""


class EventTraining(Section):
    """How the default network is trained."""

    recorded_as: ClassVar[str | None] = "training"

    pretraining_epochs: PositiveInt = 14
    """On generated events alone."""
    synchrony_epochs: Annotated[int, Field(ge=0)] = 0
    """On the user's events without a class: telling them from the same ones pulled apart in time."""
    epochs: PositiveInt = 10
    learning_rate: Positive = 1.5e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    copies: PositiveInt = 4
    """Variations of each event per epoch."""
    apart: Share = 0.45
    """Of the variations, those whose modalities are moved apart, which makes them ambient."""
    dropped: Share = 0.45
    """Of the variations that are not moved apart, those from which a modality is left out."""
    generated: Annotated[float, Field(ge=0)] = 1.0
    """Generated events per epoch, in multiples of the variations."""
    generated_events: Annotated[int, Field(ge=8)] = 600
    """How many are generated."""
    models: PositiveInt = 1
    """Networks of different beginnings whose answers are averaged."""


class Answers(Section):
    """When an answer is given."""

    recorded_as: ClassVar[str | None] = "answers"

    min_confidence: Share = 0.45
    """Below, the event is left undecided."""


class EventsTask(AnyTask):
    """A task on events; `labels` are its classes in the model's output order."""

    roles: dict[Role, str]
    """What each class is; each role has one class."""
    duration_s: Positive = 5.0
    splits: Splits = Field(default_factory=Splits)
    networks: Networks = Field(default_factory=Networks)
    training: EventTraining = Field(default_factory=EventTraining)
    answers: Answers = Field(default_factory=Answers)

    @model_validator(mode="after")
    def _consistent(self) -> "EventsTask":
        with recorder.paused():
            if len(set(self.labels)) != len(self.labels):
                raise ValueError("labels: a class is listed twice")
            if sorted(self.roles.values()) != sorted(self.labels):
                raise ValueError(f"roles: each of {', '.join(self.labels)} needs one role")
        return self

    def number_of(self, role: Role) -> int:
        """The place of a role's class among the labels."""
        return self.labels.index(self.roles[role])

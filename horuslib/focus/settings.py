"""What a focused fine-tune does, as data: `default.yaml`, and a file per task that differs."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from horuslib.core.errors import UserError
from horuslib.tasks import Task
from horuslib.tasks.fields import Positive, PositiveInt, Section, Share

HERE = Path(__file__).parent
OUT = "out"
"""What a rule makes of a file that stays out of training."""


class Audit(Section):
    least_confidence: Share
    most_of_filed: Share
    repeats: PositiveInt
    neighbours: PositiveInt
    listed: Share


class Tags(Section):
    labels: bool
    others: list[str]


class Rule(Section):
    """`tag` on a file of a class in `filed` (any class when not given) makes it `becomes`: a label, or `out`."""

    tag: str
    filed: list[str] | None = None
    becomes: str


class Policy(Section):
    """Relabelling without a person; off unless a task's file says otherwise."""

    enabled: bool
    least_confidence: Share
    most_of_filed: Share


class Batch(Section):
    size: PositiveInt
    focus: PositiveInt

    @model_validator(mode="after")
    def _has_room(self) -> "Batch":
        if self.focus >= self.size:
            raise ValueError(f"focus is {self.focus} of size {self.size}: the other classes need places, too")
        return self


class Training(Section):
    learning_rate: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_steps: Annotated[int, Field(ge=0)]
    dropout: Share
    most_batches: PositiveInt
    rates_compared: list[Positive]
    contrastive: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the contrastive loss between the focus and what it is confused with (`tuning.auxiliary`)."""
    contrastive_temperature: Positive = 0.1
    modulation: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the auxiliary head for the course of the dominant pitch (`tuning.modulation`)."""


class Stage(Section):
    """One epoch of the curriculum."""

    name: str
    hard_share: Share = 0.0
    """Share of the hard examples that are injected."""
    hard_times: PositiveInt = 1
    occluded: bool = False
    """Whether copies with a gain dip or a missing band take part."""
    learning_rate: Positive | None = None
    """None: that of the training."""


class Gate(Section):
    focus_recall: Share
    others_recall: Share
    most_lost: Share
    confidence: Annotated[float, Field(gt=0, lt=1)]


class FocusSettings(Section):
    """All of it, validated; unknown keys are refused by name."""

    audit: Audit
    tags: Tags
    rules: list[Rule]
    policy: Policy
    batch: Batch
    training: Training
    curriculum: Annotated[list[Stage], Field(min_length=1)]
    gate: Gate

    def tag_names(self, task: Task) -> list[str]:
        """What a person may say of a file, in the order of the keys."""
        return [*(task.labels if self.tags.labels else []), *self.tags.others]

    def outcome(self, tag: str, filed: str, task: Task) -> str | None:
        """The label that a tag gives a file, `OUT` for none, or None where no rule says anything: it stays as it is."""
        for rule in self.rules:
            if rule.tag == tag and (rule.filed is None or filed in rule.filed):
                return rule.becomes
        if self.tags.labels and tag in task.labels:
            return tag
        return None


def load_settings(task: Task, folder: Path = HERE) -> FocusSettings:
    """The settings of a task: `default.yaml`, of which TASK.yaml replaces sections; `sirens_small` also has those of
    `sirens`, which it varies.

    Raises
    ------
    UserError
        When a file is no valid YAML, a key is unknown, or a rule names no tag or label of the task.
    """
    content = _read(folder / "default.yaml")
    for name in dict.fromkeys((task.name.partition("_")[0], task.name)):
        content |= _read(folder / f"{name}.yaml")
    try:
        settings = FocusSettings.model_validate(content)
    except ValidationError as e:
        problems = "; ".join(f"{'.'.join(map(str, x['loc']))}: {x['msg']}" for x in e.errors())
        raise UserError(f"The focus settings of task {task.name}: {problems}") from None
    tags = settings.tag_names(task)
    for rule in settings.rules:
        named = [*(rule.filed or []), *([] if rule.becomes == OUT else [rule.becomes])]
        unknown = [x for x in named if x not in task.labels] + [x for x in (rule.tag,) if x not in tags]
        if unknown:
            raise UserError(
                f"A relabel rule of task {task.name} names {unknown[0]!r}, which is no label and no tag: "
                f"labels are {', '.join(task.labels)}; tags are {', '.join(tags)}."
            )
    return settings


def check_class(label: str, task: Task) -> str:
    """The label in focus, as the task spells it.

    Raises
    ------
    UserError
        When the task has no such label.
    """
    found = task.resolve(label) if label else None
    if found not in task.labels:
        raise UserError(f"CLASS={label!r} is no label of task {task.name}: choose one of {', '.join(task.labels)}.")
    return found


def default_class(task: Task) -> str:
    """The label in focus when none is named: sirens, else the first."""
    kind: Literal["siren"] = "siren"
    return task.label_of(kind) or task.labels[0]


def _read(path: Path) -> dict:
    try:
        content = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    except yaml.YAMLError as e:
        raise UserError(f"{path} is not valid YAML: {e}") from None
    return content or {}

"""The model of a task: everything that differs between tasks, as data.

A task is read from `horuslib/tasks/NAME.yaml` or from any YAML file by path. Unknown keys and wrong types stop the run
with the key's name. What stands in the sections: `tasks.sections`, `tasks.augmentation`, `tasks.decision`.
"""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError, model_validator

from horuslib.core import recorder
from horuslib.core.errors import UserError
from horuslib.core.workbooks import AUDIO, SPEAKERS, SPECTRAL, WORKBOOKS
from horuslib.tasks.any_task import AnyTask
from horuslib.tasks.augmentation import Augmentation
from horuslib.tasks.decision import Decision
from horuslib.tasks.events_task import EventsTask
from horuslib.tasks.fields import Name
from horuslib.tasks.kinds import HORUS, Kind
from horuslib.tasks.sections import FrontEnd, Ingest, Splits, Training
from horuslib.tasks.speakers_task import SpeakersTask

HERE = Path(__file__).parent


class Task(AnyTask):
    """A task on sound: labels in the model's output order, and the numbers of every step."""

    labels: Annotated[list[Name], Field(min_length=2)]
    kinds: dict[Name, Kind] = Field(default_factory=dict)
    """What each label is (`tasks.kinds`); labels with Horus's names need no entry, any other is `other`."""
    aliases: dict[str, str]
    """Older names that Horus's files still use -> today's label."""
    ignore: list[Name] = Field(default_factory=list)
    """Labels that other tasks know and this one leaves out: such intervals are dropped and counted, never normal."""
    front_end: FrontEnd
    ingest: Ingest = Field(default_factory=Ingest)
    splits: Splits = Field(default_factory=Splits)
    augmentation: Augmentation
    training: Training
    decision: Decision

    @model_validator(mode="after")
    def _consistent(self) -> "Task":
        with recorder.paused():
            self._check_labels()
            self._check_names()
        return self

    def _check_labels(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels: a label is listed twice")
        own = [name for name, workbook in WORKBOOKS.items() if workbook.own_task]
        if self.workbook not in own:
            raise ValueError(f"workbook: {self.workbook!r} is none of {', '.join(own)}")
        if self.background is None and not self.kinds:
            raise ValueError(
                "labels: 'normal' is missing; a task without a background says the kind of each label in `kinds`"
            )
        kinds = [self.kind(label) for label in self.labels]
        for kind in set(kinds) - {"other"}:
            if kinds.count(kind) > 1:
                same = [label for label in self.labels if self.kind(label) == kind]
                raise ValueError(f"kinds: {' and '.join(same)} are both {kind!r}: one label has a kind")

    def _check_names(self) -> None:
        for alias in self.aliases:
            if alias != _plain_name(alias):
                raise ValueError(
                    f"aliases: write {alias!r} as {_plain_name(alias)!r}; capitals and spaces match by themselves"
                )
        if self.training.fresh and not self.front_end.hears_level:
            raise ValueError(
                f"training.fresh is {self.training.fresh:g}: pictures of kind {self.front_end.kind} "
                "cannot be added; set it to 0"
            )
        if self.decision.silence and not (self.silence or self.background):
            raise ValueError("decision.silence: no label is of kind silence or background; leave the section out")
        if self.decision.estimates_target and not self.background:
            raise ValueError(
                "decision.target_lufs: auto takes the loudness of normal sound, for which the task has no class; "
                "write a number (LUFS)"
            )
        known = {*self.labels, *self.ignore}
        named = {
            "aliases": self.aliases.values(),
            "kinds": self.kinds,
            "decision.labels": self.decision.labels,
            "decision.priority": self.decision.priority,
        }
        for where, names in named.items():
            for label in names:
                if label not in known:
                    raise ValueError(f"{where}: {label!r} is not one of the labels {self.labels}")

    def kind(self, label: str) -> Kind:
        """What a label is, acoustically."""
        return self.kinds.get(label) or HORUS.get(label, "other")

    def label_of(self, kind: Kind) -> str | None:
        """The label of a kind; None where the task has none."""
        return next((label for label in self.labels if self.kind(label) == kind), None)

    @property
    def background(self) -> str | None:
        """The label of sound in which nothing is wrong; None where every label is something to find."""
        return self.label_of("background")

    @property
    def silence(self) -> str | None:
        """The label of sound without programme."""
        return self.label_of("silence")

    @property
    def faults(self) -> list[str]:
        """Every label but the background, in the model's order."""
        return [label for label in self.labels if self.kind(label) != "background"]

    def resolve(self, name: str) -> str | None:
        """Today's label for a name as a person or an old file spells it, or None when it is unknown.

        May return a label of `ignore`; the caller decides what to do with it.
        """
        key = _plain_name(name)
        key = self.aliases.get(key, key)
        return key if key in self.labels or key in self.ignore else None


KINDS: dict[str, type[AnyTask]] = {AUDIO.name: Task, SPEAKERS.name: SpeakersTask, SPECTRAL.name: EventsTask}
"""Workbook -> what its tasks are made of."""


def load_task(name: str | Path) -> Task:
    """Read and validate a task on sound.

    Parameters
    ----------
    name : as for `read_task`.

    Raises
    ------
    UserError
        As `read_task`, and when the task works on something else.
    """
    task = read_task(name)
    if not isinstance(task, Task):
        raise UserError(f"Task {task.name} does not work on sound alone: it has notebooks/{task.steps.folder}.")
    return task


def load_speakers_task(name: str | Path) -> SpeakersTask:
    """Read and validate a task on who spoke when; as `load_task`."""
    task = read_task(name)
    if not isinstance(task, SpeakersTask):
        raise UserError(f"Task {task.name} does not work on speakers: choose one whose workbook is 'speakers'.")
    return task


def load_events_task(name: str | Path) -> EventsTask:
    """Read and validate a task on events of video, sound and sensors; as `load_task`."""
    task = read_task(name)
    if not isinstance(task, EventsTask):
        raise UserError(f"Task {task.name} does not work on events: choose one whose workbook is 'spectral'.")
    return task


def read_task(name: str | Path) -> AnyTask:
    """Read and validate a task of any workbook.

    Parameters
    ----------
    name : a task of this folder (`horus`, `heimdall`) or the path of a YAML file.

    Raises
    ------
    UserError
        When there is no such task, the YAML does not parse, a key is unknown or a value has the wrong type.
    """
    path = Path(name) if str(name).endswith((".yaml", ".yml")) else HERE / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in HERE.glob("*.yaml")))
        raise UserError(f"There is no task {str(name)!r}. Tasks that ship: {known}; or give the path of a YAML file.")
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        with recorder.paused():
            kind = content.get("workbook", AUDIO.name) if isinstance(content, dict) else AUDIO.name
            return KINDS.get(kind, Task).model_validate(content)
    except yaml.YAMLError as e:
        raise UserError(f"{path} is not valid YAML: {e}") from None
    except ValidationError as e:
        problems = "; ".join(f"{'.'.join(map(str, x['loc'])) or 'task'}: {x['msg']}" for x in e.errors())
        raise UserError(f"{path}: {problems}") from None


def _plain_name(name: str) -> str:
    """A name as people and old files spell it, in the spelling of labels and aliases."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")

"""Workbooks as data: which notebooks run in which order, what each depends on from outside, and what its pages are.

The runner, staleness, reports and the panel take a workbook; the numbered name of a step stands here and in its
notebook, nowhere else. Other modules ask by the step's word: `AUDIO["evaluate"]` is "06_evaluate". Functions of higher
rooms are named by their dotted path (`module:function`) and imported when they are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from horuslib.core.errors import UserError


@dataclass(frozen=True)
class WorkbookStep:
    """One notebook of a workbook."""

    name: str
    """Number and word ("05_train"): the notebook's file, the artifacts' folder and the report's page."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Papermill parameters that every run sets, beside `task`."""
    inputs: tuple[str, ...] = ()
    """Dotted paths of functions `(task, options, paths) -> Inputs`: what the step reads from outside the artifacts."""

    @property
    def word(self) -> str:
        """The name without its number."""
        return self.name.split("_", 1)[1]


@dataclass(frozen=True)
class Inputs:
    """What a step reads from outside the artifacts."""

    content: Mapping[str, object]
    """Name -> hash or value: a change makes the step due."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Papermill parameters that follow from the run's options."""


@dataclass(frozen=True)
class Workbook:
    """An ordered list of notebooks that work on one task.

    Example
    -------
    >>> AUDIO["train"], AUDIO.index("05_train"), AUDIO.index("train")
    ('05_train', 4, 4)
    """

    name: str
    folder: str
    """Under `notebooks/`; empty for the notebooks that stand there."""
    steps: tuple[WorkbookStep, ...]
    pages: str
    """Module with the task's first page: `task_page(task, paths, notebooks)`, `headline(task, paths)`, and
    `keep(task, paths)`, which records a result so that the next run can be compared with it."""
    mend: str = ""
    """Dotted path of a function `(task, paths)` that finishes what an interrupted command left; called first."""
    reviewed: str = ""
    """Word of the step whose results the panel of `review` shows; empty where there is no panel."""
    own_task: bool = True
    """Whether tasks name it as theirs; one that does not works on the artifacts of another workbook."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the steps, in order."""
        return tuple(step.name for step in self.steps)

    def __getitem__(self, word: str) -> str:
        """The name of the step with this word."""
        return self.steps[self.index(word)].name

    def index(self, step: str) -> int:
        """The place of a step, by its name or its word.

        Raises
        ------
        UserError
            When there is no such step.
        """
        for i, known in enumerate(self.steps):
            if step in (known.name, known.word):
                return i
        raise UserError(f"There is no step {step!r}. Steps, in order: {', '.join(self.names)}.")


AUDIO = Workbook(
    name="audio",
    folder="",
    steps=(
        WorkbookStep("01_ingest", inputs=("horuslib.datasets.sources:videos",)),
        WorkbookStep("02_explore"),
        WorkbookStep("03_augment"),
        WorkbookStep("04_features"),
        WorkbookStep("05_train"),
        WorkbookStep("06_evaluate", inputs=("horuslib.evaluation.threshold_overrides:overrides",)),
        WorkbookStep("07_review", parameters={"live": False}),
        WorkbookStep("08_export"),
    ),
    pages="horuslib.review.reports.result",
    mend="horuslib.focus.promote:mend",
    reviewed="evaluate",
)
"""Every task on sound alone: Horus, Heimdall, sirens."""

SPEAKERS = Workbook(
    name="speakers",
    folder="speakers",
    steps=(
        WorkbookStep("01_inventory", inputs=("horuslib.speakers.corpus.sources:recordings",)),
        WorkbookStep("02_statistics"),
        WorkbookStep("03_diarization"),
        WorkbookStep("04_varieties"),
        WorkbookStep("05_review", parameters={"live": False}, inputs=("horuslib.speakers.corpus.sources:corrections",)),
        WorkbookStep("06_export"),
    ),
    pages="horuslib.review.reports.speaker_result",
    reviewed="diarization",
)
"""Who spoke when."""

SPECTRAL = Workbook(
    name="spectral",
    folder="spectral",
    steps=(
        WorkbookStep("01_events", inputs=("horuslib.spectral.sources:event_folders",)),
        WorkbookStep("02_signals"),
        WorkbookStep("03_generate"),
        WorkbookStep("04_inputs"),
        WorkbookStep("05_train"),
        WorkbookStep("06_evaluate"),
        WorkbookStep("07_review", parameters={"live": False}),
        WorkbookStep("08_export"),
    ),
    pages="horuslib.review.reports.event_result",
    reviewed="evaluate",
)
"""Events that are seen, heard and felt."""

FOCUS = Workbook(
    name="focus",
    folder="focus",
    steps=(
        WorkbookStep("01_audit", inputs=("horuslib.focus.sources:focus_class",)),
        WorkbookStep(
            "02_relabel",
            parameters={"live": False},
            inputs=("horuslib.focus.sources:focus_class", "horuslib.focus.sources:tags"),
        ),
        WorkbookStep("03_finetune", inputs=("horuslib.focus.sources:focus_class",)),
        WorkbookStep(
            "04_gate",
            inputs=(
                "horuslib.focus.sources:focus_class",
                "horuslib.focus.sources:tags",
                "horuslib.focus.sources:evidence",
            ),
        ),
    ),
    pages="horuslib.review.focus.result",
    mend="horuslib.focus.promote:mend",
    own_task=False,
)
"""A focused fine-tune of one class of a task on sound, after that task's own workbook."""

WORKBOOKS: Mapping[str, Workbook] = {workbook.name: workbook for workbook in (AUDIO, SPEAKERS, SPECTRAL, FOCUS)}

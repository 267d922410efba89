"""The section `decision` of a task's YAML: how probabilities become verdicts and events, and what the classes mean.

Levels are dBFS unless their names say otherwise.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from horuslib.core import recorder
from horuslib.core.errors import UserError
from horuslib.tasks.fields import AUTO, EBU_R128_LUFS, Measure, Positive, PositiveInt, Section, Share, TargetLufs


class Silence(Section):
    """Phase 1: segments so quiet that the model does not run."""

    rms_below: Positive
    peak_below: Positive
    confidence: Share = 0.99


class SingleSegment(Section):
    """When one segment alone is enough for an event."""

    min_confidence: Share
    min_rms: Annotated[float, Field(ge=0)] = 0.0


class LabelRule(Section):
    """Phases 3 and 4 for one label. Defaults ask for nothing beyond the threshold."""

    threshold: Share | None = None
    """None: the calibrated threshold that evaluation chose."""
    strict: bool = False
    """Prefer precision to recall when the threshold is chosen, and count alarms on varied normal sound, too."""
    margin_over_normal: Share = 0.0
    margin_over_second: Share = 0.0
    boost_per_rms: Annotated[float, Field(ge=0)] = 0.0
    boost_above_rms: Annotated[float, Field(ge=0)] = 0.0
    or_rms_at_most: Annotated[float, Field(ge=0)] = 0.0
    """Accepted whatever the confidence when the RMS is this low (Heimdall's strict silence)."""
    min_segments: PositiveInt = 1
    least_confidence: Share = 0.0
    """Mean confidence of an event in sound longer than a segment. A task without background names something in every
    segment; what is less likely than not is no event."""
    gap_segments: Annotated[int, Field(ge=0)] | None = None
    """So many segments of background may lie within one event; `decision.gap_tolerance_segments` when not given."""
    single_segment: SingleSegment | None = None
    sustained_s: Annotated[float, Field(ge=0)] = 0.0
    """Weak evidence that lasts so long is a fault, too (`evaluation.events.sustained`); 0: it never is."""
    requires_any: list[Measure] = []
    """A veto: where all of these measures are zero, only `left_without` of this label's probability is left, whatever
    the network's confidence (`evaluation.fusion`)."""
    left_without: Share = 0.0


class Definitions(Section):
    """Bounds of the classes, which hold whatever the model says (`evaluation.definitions`, docs/classes.md).

    None or 0: the model alone decides.
    """

    recorded_as: ClassVar[str | None] = "decision.definitions"

    least_heard_s: Annotated[float, Field(ge=0)] = 0.0
    """A shorter piece of sound is too short to tell."""
    low_volume_db: Positive | None = None
    """Low volume lies at least so far under the target loudness, the average of its segments."""
    test_tone_s: Annotated[float, Field(ge=0)] = 0.0
    """A test tone lasts at least as long: shorter ones are bleeps."""
    muted_s: Annotated[float, Field(ge=0)] = 0.0
    """Neighbouring segments muted for this long each are silence, the programme between included."""
    silence_below_dbfs: float | None = None
    """What is louder for most of a segment is no silence, unless the programme is muted again and again."""
    bare_tones: bool = False
    """Whether bare tones, such as dialling, have no reflections that could be told from their own repeats."""


class Decision(Section):
    """The four phases of Heimdall as a mechanism: numbers here, code in `horuslib.evaluation`."""

    recorded_as: ClassVar[str | None] = "decision"

    silence: Silence | None = None
    """None: every segment is given to the model, however quiet."""
    labels: dict[str, LabelRule] = {}
    default_threshold: Share = 0.6
    gap_tolerance_segments: Annotated[int, Field(ge=0)] = 1
    place: Literal["segments", "overlap"] = "segments"
    """`segments`: an event runs from its first segment's start to its last segment's end (Heimdall).
    `overlap`: the probabilities of overlapping segments are averaged where they overlap, and an edge is where that
    average crosses half the event's own level, which places it to about half a hop."""
    priority: list[str] = []
    """Which fault a diagnosis names first when several are found; the labels' order when empty."""
    measures: list[Measure] = []
    """Measured in the waveform beside the network (`acoustics.measures`) and fused with its probabilities
    (`evaluation.fusion`)."""
    false_alarms_per_hour: Positive = 2.0
    """Budget for the choice of thresholds on out-of-fold predictions."""
    budget_confidence: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """On known-good programme the upper bound of the rate, of this confidence, must keep the budget; where there is too
    little of it to show that even without an alarm, the rate itself."""
    target_lufs: TargetLufs = EBU_R128_LUFS
    """The channel's target loudness, to which low volume is relative; `auto`: that of its own programme
    (`datasets.channel_level`)."""
    class_offsets: bool = False
    """Fit an offset of the log-odds of each class, out of fold, also where nothing is measured: a network that was
    trained with all classes weighed alike expects them equally often."""
    definitions: Definitions = Field(default_factory=Definitions)

    @model_validator(mode="after")
    def _measured(self) -> "Decision":
        for label, rule in self.labels.items():
            if missing := sorted(set(rule.requires_any) - set(self.measures)):
                raise ValueError(f"labels.{label}.requires_any: {missing} must also be in decision.measures")
        return self

    @property
    def estimates_target(self) -> bool:
        """Whether the target is `auto`. Who asks only this depends on no number: nothing is recorded as read."""
        with recorder.paused():
            return self.target_lufs == AUTO

    @property
    def channel_lufs(self) -> float:
        """The target loudness as a number.

        Raises
        ------
        UserError
            When it is `auto` and has not been replaced by the channel's level (`datasets.channel_level.with_target`).
        """
        if self.target_lufs == AUTO:
            raise UserError(
                "decision.target_lufs is auto, and the channel's level was not estimated here: run `make all` with "
                "this task, or write a number (LUFS)."
            )
        return float(self.target_lufs)

    def rule(self, label: str) -> LabelRule:
        """The rule of a label: the defaults where the task gives none."""
        return self.labels.get(label, LabelRule())

    def gap(self, label: str) -> int:
        """How many segments of background may lie within one event of a label."""
        own = self.rule(label).gap_segments
        return self.gap_tolerance_segments if own is None else own

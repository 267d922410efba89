"""The sections of a task's YAML: what each number means, its unit and its limits.

Unknown keys and wrong types are refused with the key's name. Units are in the names; levels are dBFS unless they say
otherwise.
"""

import re
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

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
Measure = Literal["echo", "room", "quiet"]
"""The measures of `horuslib.acoustics.measures`."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
"""Names of tasks and labels become folders, files and environment variables."""


class Section(BaseModel):
    """Validated, frozen, and it notes which of its fields are read: a step depends on those and on no others.

    Where all fields are read at once (dumped, pickled for another process, hashed, compared), all are noted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    recorded_as: ClassVar[str | None] = None
    """The section's name in a task; None for what lies deeper, whose section is noted whole."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name[0] != "_" and name in type(self).__pydantic_fields__:
            self._record(name, value)
        return value

    def _record(self, name: str, value: object) -> None:
        if self.recorded_as is not None:
            recorder.record_field(f"{self.recorded_as}.{name}", value)

    def _record_all(self) -> None:
        for name in type(self).__pydantic_fields__:
            getattr(self, name)

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


class FrontEnd(Section):
    """From a segment of mono sound to the model's input."""

    recorded_as: ClassVar[str | None] = "front_end"

    kind: Literal["mel_fixed", "minmax160"] = "mel_fixed"
    """`mel_fixed`: Heimdall's preprocessing, decibels on a fixed scale, which keeps absolute level.
    `minmax160`: for older Horus installations, each segment stretched to its own range, three equal channels of
    160x160 in -1..1; `min_db` and `max_db` do nothing. Level is lost: quiet and loud sound give the same input."""
    sample_rate_hz: PositiveInt
    segment_s: Positive
    hop_s: Positive
    n_mels: PositiveInt = 128
    n_fft: PositiveInt = 2048
    hop_length: PositiveInt = 512
    fmax_hz: Positive = 8000.0
    top_db: Positive = 80.0
    min_db: float = -80.0
    max_db: float = 80.0
    image_size: PositiveInt = 128
    """Height and width of the input, in cells."""
    image_width: PositiveInt | None = None
    """Width in cells, where time is resolved more finely than `image_size` allows."""
    short: Literal["zeros", "tile"] = "zeros"
    """What fills a segment where a recording is shorter: silence after it, or the sound itself, repeated
    (`audio.fit`)."""
    level_dbfs: float | None = None
    """RMS level to which every segment is brought; None keeps its own."""

    @property
    def segment_samples(self) -> int:
        return round(self.segment_s * self.sample_rate_hz)

    @property
    def hop_samples(self) -> int:
        return round(self.hop_s * self.sample_rate_hz)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height (mel bands, low first), width (time), channels."""
        width = self.image_width or self.image_size
        return (self.image_size, width, 3 if self.kind == "minmax160" else 1)

    @property
    def in_decibels(self) -> bool:
        """Whether a value of the input is a level on the fixed scale from `min_db` to `max_db`."""
        return self.kind == "mel_fixed"

    @property
    def hears_level(self) -> bool:
        """Whether the input keeps the level: the same sound, quieter, gives another one."""
        return self.in_decibels and self.level_dbfs is None

    @model_validator(mode="after")
    def _pictures_of_160(self) -> "FrontEnd":
        if self.kind == "minmax160" and self.input_shape[:2] != (160, 160):
            height, width = self.input_shape[:2]
            raise ValueError(f"the input is {height}x{width}: pictures of kind minmax160 are 160x160")
        return self


class WithFrontEnd(Protocol):
    """Whatever has a front end: a task, or what of it travels to a worker."""

    @property
    def front_end(self) -> FrontEnd: ...


class Ingest(Section):
    """How labels become labelled segments."""

    recorded_as: ClassVar[str | None] = "ingest"

    guard_s: Annotated[float, Field(ge=0)] = 1.0
    """Sound of a listed video this close to one of its intervals is left unlabelled."""
    min_label_share: Annotated[float, Field(gt=0.5, le=1)] = 0.7
    """A segment is kept when one label holds for at least this share of it."""
    shortest_s: Annotated[float, Field(ge=0)] = 0.0
    """Recordings of less than this are left out, where a shorter one than a segment is used at all (`short: tile`)."""
    sources: list[SourcePattern] = []
    """Regular expressions of file names without suffix, in which `(?P<source>...)` names what was cut or varied: files
    of one source are one group (`datasets.source_names`)."""


class Splits(Section):
    """Folds and holdout, both made of whole groups."""

    recorded_as: ClassVar[str | None] = "splits"

    folds: Annotated[int, Field(ge=2)] = 4
    holdout_share: Annotated[float, Field(ge=0, lt=0.5)] = 0.15


class Augmentation(Section):
    """How many variations are made of the training segments, and within which ranges (seed 1).

    Ranges are [low, high], drawn uniformly unless the transform says otherwise.
    """

    recorded_as: ClassVar[str | None] = "augmentation"

    copies: Annotated[int, Field(ge=0)]
    """Class-keeping variations per labelled segment."""
    faults_per_normal: Annotated[int, Field(ge=0)]
    """Generated examples per segment that can be the programme or the bed of one, spread over the other classes."""
    balance_cap: Positive = 3.0
    """No class gets more variations than this many times those of the rarest class."""
    rt60_s: Range = [0.6, 4.0]
    direct_to_reverberant_db: Range = [-10.0, 6.0]
    max_c50_db: float = 8.0
    """A room through which speech stays clearer than this is no fault and is drawn again."""
    echo_delay_s: Range = [0.06, 2.0]
    echo_gain_db: Range = [-9.0, -0.5]
    """Of the strongest repeat."""
    hiss_snr_db: Range = [0.0, 20.0]
    quiet_lufs: Range = [-55.0, -38.0]
    tone_dbfs: Range = [-30.0, -3.0]
    """Peak of the sine: a full-scale sine is 0 dBFS."""
    silence_dbfs: Range = [-96.0, -62.0]
    gain_db: Range = [-6.0, 6.0]
    eq_db: Range = [-4.0, 4.0]
    compression_ratio: Range = [1.3, 3.0]
    clip_percent: Range = [2.0, 4.0]
    """Percent of samples clipped, half of them at either end, in whole numbers."""
    shift_s: Range = [-0.5, 0.5]
    cut_share: Range = [0.01, 0.04]
    """Length of a small cut over that of the segment."""
    faint_noise_snr_db: Range = [32.0, 55.0]
    little_room_rt60_s: Range = [0.15, 0.6]
    """Of rooms that leave speech clear: no fault."""
    own_room_share: Share = 0.3
    """Share of echoes made with responses of the user's own recordings, where such were found."""
    bed_share: Share = 0.2
    """Share of variations with ambience, music or speech under the programme."""
    bed_snr_db: Range = [5.0, 20.0]
    codec_share: Share = 0.25
    """Share of variations that go through AAC or MP3 and back: the slowest of all steps."""
    stretch_factors: list[Positive] = [0.95, 1.05]
    """Of clips (`augmentation.clips`): speeds, one after the other over the copies, at unchanged pitch."""
    semitones: list[float] = [-1.0, 1.0]
    """Shifts of pitch, in turn with the speeds."""
    dip_share: Share = 0.3
    """Share of copies with a gain dip: something passes before the microphone."""
    dip_s: Range = [0.3, 0.8]
    dip_db: Range = [-40.0, -12.0]
    band_stop_share: Share = 0.15
    """Share of copies without a narrow band, as over a distance."""
    band_stop_hz: Range = [1000.0, 2000.0]
    """The band that is taken out lies within these."""
    band_stop_q: Positive = 4.0
    excerpt_share: Range = [0.4, 1.0]
    """Share of a clip that a copy is made of."""
    clip_snr_db: Range = [8.0, 30.0]
    """A clip over the background that it is laid on."""
    level_dbfs: Range = [-38.0, -14.0]
    """RMS level that a copy of a clip is brought to."""
    cutoff_hz: Range = [2500.0, 8000.0]
    """Upper edge of the band that a copy is limited to."""


class Phase(Section):
    """One stage of training."""

    name: str
    layers: Literal["head", "all"]
    learning_rate: Positive
    schedule: Literal["constant", "cosine"] = "constant"
    """`cosine`: the learning rate falls along half a cosine to a hundredth over the phase's epochs."""
    epochs: PositiveInt


class Training(Section):
    """Seed 1's protocol: head first, then everything at a lower rate; early stopping; best checkpoint kept."""

    recorded_as: ClassVar[str | None] = "training"

    weights: str = "none"
    """`none`, `bundled`, `street`, `imagenet`, or the path of a .keras/.weights.h5 file."""
    width: Positive = 1.0
    """Width multiplier of the backbone."""
    pooling: Literal["mean", "mean_and_max"] = "mean"
    """How a feature map becomes numbers: means alone, or also maxima over time, for sounds shorter than a segment."""
    examples: Literal["all", "variations"] = "all"
    """What is trained on: recorded segments and their variations, or the variations alone."""
    dropout: Share = 0.2
    batch_size: Annotated[int, Field(ge=1)] = 32
    patience: PositiveInt = 5
    balance: Literal["class_weight", "oversample", "none"] = "class_weight"
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    shift_frames: Annotated[int, Field(ge=0)] = 0
    """Spectrograms are rotated in time by up to this many columns, anew each epoch."""
    mask_frames: Annotated[int, Field(ge=0)] = 0
    """Up to this many neighbouring columns of a spectrogram are masked, anew each epoch."""
    fresh: Share = 0.0
    """On-the-fly augmentation: the share of uses in which a generated example of hiss, echo or room is generated anew,
    with other noise, reflections and programme, and in which normal sound gets a room or an echo below fault level."""
    freeze_batch_norm: bool = False
    """Batch normalisation keeps the statistics of the starting weights: those of a few dozen recordings are poorer."""
    phases: list[Phase]
    """Used when the backbone starts from pretrained weights."""
    scratch_phases: list[Phase]
    """Used when `weights` is `none`: a frozen random backbone has nothing to teach a head."""


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
    single_segment: SingleSegment | None = None
    requires_any: list[Measure] = []
    """A veto: never this label where all of these measures are zero, whatever the network's confidence
    (`evaluation.fusion`)."""


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
    target_lufs: float = -23.0

    @model_validator(mode="after")
    def _measured(self) -> "Decision":
        for label, rule in self.labels.items():
            if missing := sorted(set(rule.requires_any) - set(self.measures)):
                raise ValueError(f"labels.{label}.requires_any: {missing} must also be in decision.measures")
        return self

    def rule(self, label: str) -> LabelRule:
        """The rule of a label: the defaults where the task gives none."""
        return self.labels.get(label, LabelRule())

"""The sections of a task's YAML but `augmentation` and `decision`: what each number means, its unit and its limits.

Unknown keys and wrong types are refused with the key's name. Units are in the names; levels are dBFS unless they say
otherwise.
"""

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import Field, model_validator

from horuslib.tasks.fields import Positive, PositiveInt, Section, Share, SourcePattern


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
    window_length: PositiveInt | None = None
    """Samples of the window, zeros around it up to `n_fft`; None: `n_fft`."""
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
    def _consistent(self) -> "FrontEnd":
        if self.window_length is not None and self.window_length > self.n_fft:
            raise ValueError(f"window_length is {self.window_length}: at most n_fft, {self.n_fft}")
        if self.kind == "minmax160" and self.input_shape[:2] != (160, 160):
            raise ValueError(f"image_size is {self.image_size}: pictures of kind minmax160 are 160x160")
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


class KnownGood(Section):
    """How much is learnt from known-good programme."""

    hard_per_hour: PositiveInt = 60
    """Segments an hour that a first model takes for a fault most surely."""
    random_per_hour: PositiveInt = 60
    """Segments an hour drawn at random from the rest."""
    least_suspicion: Share = 0.05
    """A segment counts as hard from this probability of a fault on."""
    most: PositiveInt = 3000
    """No more are learnt from, however long the archive; what a person confirmed to be normal always is."""
    rounds: PositiveInt = 1
    """How often models are trained again on what the models before found hard."""


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
    """`none`, `bundled`, `street`, `yamnet` (not part of this project: `make ears`), `imagenet`, or the path of a
    .keras/.weights.h5 file."""
    width: Positive = 1.0
    """Width multiplier of the backbone."""
    pooling: Literal["mean", "mean_and_max", "every_stage"] = "mean"
    """How feature maps become numbers: means; or also maxima over time, for sounds shorter than a segment; or also
    means and spreads of the backbone's earlier stages, for sounds it was not trained on."""
    descriptors: bool = False
    """Whether the head also gets fixed descriptors of the input: cepstra, modulation, track."""
    hidden: Annotated[int, Field(ge=0)] = 0
    """Units of a layer between these numbers and the labels; 0 for none."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Of the optimiser (AdamW); 0 is Adam."""
    examples: Literal["all", "variations"] = "all"
    """What is trained on: recorded segments and their variations, or the variations alone."""
    dropout: Share = 0.2
    batch_size: Annotated[int, Field(ge=1)] = 32
    patience: PositiveInt | None = 5
    """Epochs without a lower loss on the inner validation groups after which a phase ends; None: each phase lasts as
    long as it says. Where labels are wrong, that loss rises while the network still learns."""
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
    known_good: KnownGood = Field(default_factory=KnownGood)
    phases: list[Phase]
    """Used when the backbone starts from pretrained weights."""
    scratch_phases: list[Phase]
    """Used when `weights` is `none`: a frozen random backbone has nothing to teach a head."""

    @property
    def numbers_differ(self) -> bool:
        """Whether the numbers that the head is given differ in scale: those of several stages, of embedding and scores,
        or descriptors."""
        return self.pooling == "every_stage" or self.weights == "yamnet" or self.descriptors

    @model_validator(mode="after")
    def _fits_the_weights(self) -> "Training":
        if self.weights == "yamnet" and self.pooling == "every_stage":
            raise ValueError("pooling: every_stage is for a backbone of feature maps; with yamnet use mean_and_max")
        return self

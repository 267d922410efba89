"""The section `augmentation` of a task: how many variations are made, and within which ranges (seed 1)."""

from typing import Annotated, ClassVar

from pydantic import Field

from horuslib.tasks.fields import Positive, Range, Section, Share


class Augmentation(Section):
    """How many variations are made of the training segments, and within which ranges (seed 1).

    Ranges are [low, high], drawn uniformly unless the transform says otherwise.
    """

    recorded_as: ClassVar[str | None] = "augmentation"

    copies: Annotated[int, Field(ge=0)]
    """Class-keeping variations per labelled segment."""
    faults_per_normal: Annotated[int, Field(ge=0)]
    """Generated examples per segment that can be the programme or the bed of one, spread over the other classes."""
    generated_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Instead of `faults_per_normal`: this share of the examples of every class is generated."""
    balance_cap: Positive = 3.0
    """No class gets more variations than this many times those of the rarest class."""
    lookalikes: Annotated[float, Field(ge=0)] = 0.0
    """Of street sound: examples of the surroundings made for every clip of a siren, beside all others: half of them
    noise of its spectrum, half programme."""
    rt60_s: Range = [0.6, 4.0]
    direct_to_reverberant_db: Range = [-10.0, 6.0]
    max_c50_db: float = 8.0
    """A room through which speech stays clearer than this is no fault and is drawn again."""
    echo_delay_s: Range = [0.06, 2.0]
    echo_gain_db: Range = [-9.0, -0.5]
    """Of the strongest repeat."""
    hiss_snr_db: Range = [0.0, 20.0]
    quiet_lufs: Range = [-55.0, -38.0]
    """Loudness of generated low volume where the target is -23 LUFS; as far from another target."""
    tone_dbfs: Range = [-30.0, -3.0]
    """Peak of the sine: a full-scale sine is 0 dBFS."""
    silence_dbfs: Range = [-96.0, -62.0]
    gain_db: Range = [-6.0, 6.0]
    eq_db: Range = [-4.0, 4.0]
    compression_ratio: Range = [1.3, 3.0]
    clipped_share: Share = 0.15
    """Share of variations that are overdriven."""
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
    signal_share: Share = 0.0
    """Share of variations of the background with a censor bleep, dialling or a two-tone alert: no line-up tones."""
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
    excerpt_share: Range = [0.6, 1.0]
    """Share of a clip that a copy is made of."""
    once_share: Share = 0.15
    """Share of copies in which the clip is heard once, with background around it; in others it is repeated."""
    clip_snr_db: Range = [8.0, 30.0]
    """A clip over the background that it is laid on."""
    level_dbfs: Range = [-38.0, -14.0]
    """RMS level that a copy of a clip is brought to."""
    cutoff_hz: Range = [5000.0, 8000.0]
    """Upper edge of the band that a copy is limited to."""

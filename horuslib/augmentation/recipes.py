"""Which transforms are chained on a segment so that its label stays true, and the registry of fault makers.

A recipe is a list of transforms, in the order of the signal chain: filters, the fault, faint noise, gain, codec. All
random choices are drawn from the given generator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from audiomentations import ClippingDistortion, Gain, HighShelfFilter, PeakingFilter, Shift, TimeMask
from audiomentations.core.transforms_interface import BaseWaveformTransform

from horuslib.audio.levels import to_db
from horuslib.augmentation import clip_recipes
from horuslib.augmentation.backgrounds import Backgrounds
from horuslib.augmentation.channel import CodecRoundTrip, Compress, LowRate, NarrowLine
from horuslib.augmentation.clips import LayOnBackground
from horuslib.augmentation.echoes import AddEcho, AddRoom
from horuslib.augmentation.faults import AddHiss, LowerVolume, Silence, TestTone
from horuslib.augmentation.hard_negatives import (
    AddBed,
    AddFaintEcho,
    AddFaintNoise,
    AddLittleRoom,
    BedInFront,
    Fade,
    Pause,
    Signals,
)
from horuslib.augmentation.measured_rooms import AddOwnRoom, MeasuredRooms
from horuslib.augmentation.transforms import Recipe, by_name, sometimes
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES
from horuslib.tasks import Task
from horuslib.tasks.fields import EBU_R128_LUFS
from horuslib.tasks.kinds import BEDS as UNDER
from horuslib.tasks.kinds import STREET, Kind

TRANSFORMS: dict[str, type[BaseWaveformTransform]] = clip_recipes.TRANSFORMS | by_name(
    *(AddHiss, AddRoom, AddEcho, LowerVolume, TestTone, Silence),
    *(AddBed, AddFaintEcho, AddFaintNoise, AddLittleRoom, BedInFront, Fade, Pause, Signals),
    *(CodecRoundTrip, Compress, LowRate, NarrowLine),
    *(ClippingDistortion, Gain, HighShelfFilter, PeakingFilter, Shift, TimeMask),
)

_CLEARLY_THERE_DB = 12.0
_CLEARLY_QUIET_DB = 15.0
"""Low volume begins 14 dB below the channel's target. No example is generated within 1-2 dB of that."""
_ABOVE_SILENCE_DB = 4.0
_FAINTEST_LUFS = -70.0
"""The absolute gate of BS.1770: no loudness is measured under it."""
_NO_SILENCE_DBFS = -70.0
"""Lowest RMS level of programme where the task has no rule for silence."""
_MOVES_DB = 3.0
_LOUDEST_PEAK_DBFS = 0.0
_FADING_SHARE = 0.2
_UNDER_HISS_DB = (3.0, 15.0)
"""Ratio of a segment with hiss (programme and noise) to the bed added to it: its signal-to-noise ratio rises by at
most 3 dB."""
FAINT_HALL_DB = (10.0, 15.0)
"""Direct-to-reverberant ratio of a hall in which speech stays clear."""


Levels = Mapping[str, float]
"""`lufs`, `rms_dbfs`, `peak_dbfs`, `modulation_db` of a segment (`label_checks.measure`), and its `fold`."""


@dataclass(frozen=True)
class Maker:
    """How a kind of fault is generated from background sound."""

    possible: Callable[[Levels, Task], bool]
    """Whether the fault can be applied to a background segment of these levels so that its label is true."""
    recipe: Callable[[Levels, Task, np.random.Generator, MeasuredRooms | None], Recipe]
    """Transforms that make it, on all or most of the segment's length."""
    sources: frozenset[Kind] = frozenset({"background"})
    """Kinds of the segments that it is made from."""


def can_become(label: str | None, levels: Levels, task: Task) -> bool:
    """Whether an example of a label can be made from a segment of these levels; False for kinds without a maker.

    A segment whose own label is given (`levels["label"]`) must be of a kind that the maker starts from.
    """
    maker = MAKERS.get(task.kind(label)) if label in task.labels else None
    own = levels.get("label", task.background)
    return (
        maker is not None
        and own != label
        and (own is None or task.kind(own) in maker.sources)
        and maker.possible(levels, task)
    )


def transforms(
    responses: np.ndarray | None = None, backgrounds: np.ndarray | None = None
) -> dict[str, Callable[[], BaseWaveformTransform]]:
    """All transforms that a plan may name, with the user's own rooms and backgrounds where these are given."""
    own: dict[str, Callable[[], BaseWaveformTransform]] = {}
    if responses is not None:
        own[AddOwnRoom.__name__] = partial(AddOwnRoom, responses)
    if backgrounds is not None:
        own[LayOnBackground.__name__] = partial(LayOnBackground, backgrounds)
    return TRANSFORMS | own


def fault_recipe(
    label: str, levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None = None
) -> Recipe:
    """Transforms that turn a background segment into one of a fault class, on all or most of its length.

    Parameters
    ----------
    rooms : the measured rooms, of which those of the segment's fold are used.
    """
    return MAKERS[task.kind(label)].recipe(levels, task, rng, rooms)


def keeping_recipe(
    label: str,
    levels: Levels,
    task: Task,
    rng: np.random.Generator,
    number: int = 1,
    backgrounds: Backgrounds | None = None,
) -> Recipe:
    """Transforms that preserve a segment's label; never empty.

    Parameters
    ----------
    number : of the segment's copy, from 1.
    backgrounds : the user's own, on which clips of street sound are laid.

    A line-up tone is neither shifted, cut nor put into a room. Silence becomes another silence, or is attenuated.
    Background becomes a hard negative (`augmentation.hard_negatives`). Reflections also get beds and lower sample
    rates; hiss only beds so weak that its signal-to-noise ratio hardly changes.
    """
    a, kind = task.augmentation, task.kind(label)
    if clip_recipes.is_street(kind):
        return clip_recipes.clip_recipe(label, levels, task, rng, number, backgrounds)
    if kind == "silence":
        quieter = _gain(kind, levels, task)
        return quieter if quieter and rng.random() < 0.5 else [Silence(*a.silence_dbfs)]
    faint = sometimes(rng, 0.3, AddFaintNoise(*a.faint_noise_snr_db))
    if kind == "test_tone":
        return [*faint, *_gain(kind, levels, task), *_codec(task, rng)] or [AddFaintNoise(*a.faint_noise_snr_db)]
    eq_db = (a.eq_db[0], 0.0) if kind == "low_volume" else a.eq_db
    recipe = _hard_negatives(levels, task, rng) if kind == "background" else []
    if kind == "reflections":
        recipe = _source(task, rng)
    elif kind == "hiss":
        recipe = sometimes(rng, 0.5, AddBed(*_UNDER_HISS_DB))
    recipe += _equaliser(eq_db, rng)
    recipe += sometimes(rng, 0.3, Compress(min_ratio=a.compression_ratio[0], max_ratio=a.compression_ratio[1]))
    recipe += sometimes(rng, a.clipped_share, ClippingDistortion(*map(round, a.clip_percent), p=1.0))
    recipe += sometimes(rng, 0.2, TimeMask(*a.cut_share, p=1.0))
    recipe += [Shift(*a.shift_s, shift_unit="seconds", p=1.0)]
    return [*recipe, *faint, *_gain(kind, levels, task), *_codec(task, rng)]


def _always(levels: Levels, task: Task) -> bool:
    """A tone and silence replace any sound."""
    return True


def _is_audible(levels: Levels, task: Task) -> bool:
    """Hiss, reflections and low volume need audible programme."""
    loud = levels["lufs"] >= task.decision.channel_lufs - _CLEARLY_THERE_DB
    return loud and levels["rms_dbfs"] >= _silence_dbfs(task)


def _moves(levels: Levels, task: Task) -> bool:
    """An echo of sound of steady level, such as a held chord or rain, is inaudible."""
    return _is_audible(levels, task) and levels["modulation_db"] >= _MOVES_DB


def _silence(levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None) -> Recipe:
    return [Silence(*task.augmentation.silence_dbfs, min_share=task.ingest.min_label_share)]


def _tone(levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None) -> Recipe:
    return [TestTone(*task.augmentation.tone_dbfs, min_share=task.ingest.min_label_share), *_codec(task, rng)]


def _low_volume(levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None) -> Recipe:
    a, share = task.augmentation, task.ingest.min_label_share
    fault = LowerVolume(*_quiet_lufs(task), min_rms_dbfs=_silence_dbfs(task), min_share=share)
    return [*_source(task, rng), *_equaliser(a.eq_db, rng), fault, *_codec(task, rng)]


def _hiss(levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None) -> Recipe:
    a, source = task.augmentation, _source(task, rng)
    fault = AddHiss(*a.hiss_snr_db, fading_share=_FADING_SHARE, min_share=task.ingest.min_label_share)
    return [*source, *_equaliser(a.eq_db, rng), fault, *_gain("hiss", levels, task), *_codec(task, rng)]


def _reflections(levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None) -> Recipe:
    a, source = task.augmentation, _source(task, rng)
    fault = _echo_or_room(task, rng, rooms, rooms.of_fold(int(levels["fold"])) if rooms else ())
    faint = sometimes(rng, 0.3, AddFaintNoise(*a.faint_noise_snr_db))
    gain = _gain("reflections", levels, task)
    return [*source, *_equaliser(a.eq_db, rng), fault, *faint, *gain, *_codec(task, rng)]


def _street(kind: Kind, levels: Levels, task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None) -> Recipe:
    if kind == "surroundings" and levels.get("label") == task.label_of("siren"):
        return clip_recipes.lookalike_recipe(task, rng)
    return clip_recipes.generated_recipe(str(task.label_of(kind)), task, rng)


MAKERS: Mapping[str, Maker] = {
    "silence": Maker(_always, _silence),
    "test_tone": Maker(_always, _tone),
    "low_volume": Maker(_is_audible, _low_volume),
    "hiss": Maker(_is_audible, _hiss),
    "reflections": Maker(_moves, _reflections),
    **{kind: Maker(_always, partial(_street, kind), frozenset(UNDER)) for kind in STREET},
}
"""Kind of label (`tasks.kinds`) -> how it is generated; other kinds have recorded examples only."""


def _gain(kind: Kind, levels: Levels, task: Task) -> Recipe:
    """The part of the task's gain range that preserves a segment's label; empty when no gain does."""
    low_db, high_db = task.augmentation.gain_db
    target_lufs = task.decision.channel_lufs
    high_db = min(high_db, _LOUDEST_PEAK_DBFS - levels["peak_dbfs"])
    if kind == "silence":
        high_db = min(high_db, 0.0, task.augmentation.silence_dbfs[1] - levels["rms_dbfs"])
    elif kind == "test_tone":
        low_db = max(low_db, task.augmentation.tone_dbfs[0] - levels["peak_dbfs"])
        high_db = min(high_db, task.augmentation.tone_dbfs[1] - levels["peak_dbfs"])
    else:
        low_db = max(low_db, _silence_dbfs(task) - levels["rms_dbfs"])
        if kind == "low_volume":
            high_db = min(high_db, target_lufs - _CLEARLY_QUIET_DB - levels["lufs"])
        elif task.label_of("low_volume"):
            low_db = max(low_db, target_lufs - _CLEARLY_THERE_DB - levels["lufs"])
    return [Gain(low_db, high_db, p=1.0)] if low_db < high_db and np.isfinite([low_db, high_db]).all() else []


def _echo_or_room(
    task: Task, rng: np.random.Generator, rooms: MeasuredRooms | None, choices: tuple[int, ...]
) -> BaseWaveformTransform:
    a, share = task.augmentation, task.ingest.min_label_share
    if rooms is not None and choices and rng.random() < a.own_room_share:
        return AddOwnRoom(rooms.responses, choices, min_share=share)
    if rng.random() < 0.5:
        return AddRoom(*a.rt60_s, *a.direct_to_reverberant_db, max_c50_db=a.max_c50_db, min_share=share)
    return AddEcho(*a.echo_delay_s, *a.echo_gain_db, min_share=share)


def _hard_negatives(levels: Levels, task: Task, rng: np.random.Generator) -> Recipe:
    """Transforms of a background segment that make it a hard negative and preserve its label."""
    if not _is_audible(levels, task):  # nothing but the bed or the room tone would be audible
        return []
    a = task.augmentation
    if a.signal_share and rng.random() < a.signal_share:
        return [Signals()]
    kind, recipe = rng.random(), _source(task, rng)
    if kind < 0.25:
        far = rng.random() < 0.2
        recipe += [AddLittleRoom(*a.rt60_s, *FAINT_HALL_DB) if far else AddLittleRoom(*a.little_room_rt60_s)]
    elif kind < 0.33:
        recipe += [AddFaintEcho()]
    elif kind < 0.38:
        recipe += [NarrowLine(p=1.0)]
    elif kind < 0.44:
        recipe += [Fade()]
    elif kind < 0.5:
        recipe += [Pause()]
    elif kind < 0.6:
        recipe += [BedInFront(kinds=tuple(BEDS))]
    elif kind < 0.7:
        recipe += [BedInFront(kinds=tuple(STYLES))]
    return recipe


def _source(task: Task, rng: np.random.Generator) -> Recipe:
    """The source before the fault: sometimes a bed of ambience, music or speech, sometimes a low sample rate."""
    a = task.augmentation
    return [*sometimes(rng, a.bed_share, AddBed(*a.bed_snr_db)), *sometimes(rng, 0.08, LowRate())]


def _equaliser(range_db: tuple[float, float], rng: np.random.Generator) -> Recipe:
    """A broad peak or dip, or a high shelf, in two of five recipes."""
    low_db, high_db = range_db
    kind = rng.random()
    if kind < 0.2:
        return [PeakingFilter(100, 6000, low_db, high_db, 0.5, 1.5, p=1.0)]
    return [HighShelfFilter(2000, 6000, low_db, high_db, p=1.0)] if kind < 0.4 else []


def _codec(task: Task, rng: np.random.Generator) -> Recipe:
    return sometimes(rng, task.augmentation.codec_share, CodecRoundTrip())


def _quiet_lufs(task: Task) -> tuple[float, float]:
    """The range of loudness of generated low volume, as far from the task's target as its range is from -23 LUFS."""
    low, high = task.augmentation.quiet_lufs
    other_db = task.decision.channel_lufs - EBU_R128_LUFS
    return max(low + other_db, _FAINTEST_LUFS), high + other_db


def _silence_dbfs(task: Task) -> float:
    """The lowest RMS level of generated programme: well above the task's threshold for silence."""
    rule = task.decision.silence
    return to_db(rule.rms_below) + _ABOVE_SILENCE_DB if rule else _NO_SILENCE_DBFS

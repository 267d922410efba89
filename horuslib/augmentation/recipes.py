"""Which transforms may follow one another on a segment, so that its label stays true.

A recipe is a list of transforms, in the order in which sound meets them: filters, the fault, faint noise, gain, codec.
Chance comes from the given generator alone.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from audiomentations import ClippingDistortion, Gain, HighShelfFilter, PeakingFilter, Shift, TimeMask
from audiomentations.core.transforms_interface import BaseWaveformTransform

from horuslib.audio.levels import to_db
from horuslib.augmentation.channel import CodecRoundTrip, Compress, LowRate, NarrowLine
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
)
from horuslib.augmentation.measured_rooms import AddOwnRoom, MeasuredRooms
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES
from horuslib.tasks import Task

Recipe = list[BaseWaveformTransform]
TRANSFORMS: dict[str, type[BaseWaveformTransform]] = {
    transform.__name__: transform
    for transform in (
        *(AddHiss, AddRoom, AddEcho, LowerVolume, TestTone, Silence),
        *(AddBed, AddFaintEcho, AddFaintNoise, AddLittleRoom, BedInFront, Fade, Pause),
        *(CodecRoundTrip, Compress, LowRate, NarrowLine),
        *(ClippingDistortion, Gain, HighShelfFilter, PeakingFilter, Shift, TimeMask),
    )
}
MADE = ("ausencia_audio", "volume_baixo", "eco_reverb", "ruido_hiss", "sinal_teste")
"""The labels whose fault can be made out of normal sound."""

_CLEARLY_THERE_DB = 12.0
_CLEARLY_QUIET_DB = 15.0
"""From 14 dB under the channel's target on, programme is too quiet. Nothing is made within 1-2 dB of that."""
_ABOVE_SILENCE_DB = 4.0
_MOVES_DB = 3.0
_LOUDEST_PEAK_DBFS = 0.0
_FADING_SHARE = 0.2
_UNDER_HISS_DB = (3.0, 15.0)
"""Programme and noise over what is laid under them, of which at most 3 dB is added to the programme's ratio."""
FAINT_HALL_DB = (10.0, 15.0)
"""Direct sound over that of a hall which leaves speech clear."""


def can_become(label: str, levels: Mapping, task: Task) -> bool:
    """Whether a normal segment of these levels can honestly be given a fault.

    A tone and silence replace any sound. Hiss, echo and low volume need programme that is heard; an echo also needs
    programme that moves, since that of a held chord or of rain cannot be told from the sound itself.

    Parameters
    ----------
    levels : `lufs`, `rms_dbfs`, `peak_dbfs`, `modulation_db` of the segment.
    """
    if label not in MADE or label not in task.labels:
        return False
    if label in ("ausencia_audio", "sinal_teste"):
        return True
    return _is_heard(levels, task) and (label != "eco_reverb" or levels["modulation_db"] >= _MOVES_DB)


def _is_heard(levels: Mapping, task: Task) -> bool:
    loud = levels["lufs"] >= task.decision.target_lufs - _CLEARLY_THERE_DB
    return loud and levels["rms_dbfs"] >= _silence_dbfs(task)


def transforms(responses: np.ndarray | None = None) -> dict[str, Callable[[], BaseWaveformTransform]]:
    """Everything that a plan may name, the user's own rooms included where their responses are given."""
    return TRANSFORMS | ({} if responses is None else {AddOwnRoom.__name__: partial(AddOwnRoom, responses)})


def fault_recipe(
    label: str, levels: Mapping, task: Task, rng: np.random.Generator, own: MeasuredRooms | None = None
) -> Recipe:
    """Transforms that turn a normal segment into one of a fault class, on all or most of its length.

    Parameters
    ----------
    levels : as for `can_become`; with `own`, also the segment's `fold`.
    own : the user's own rooms, of which those of the segment's fold are used.
    """
    a, share = task.augmentation, task.ingest.min_label_share
    if label == "ausencia_audio":
        return [Silence(*a.silence_dbfs, min_share=share)]
    if label == "sinal_teste":
        return [TestTone(*a.tone_dbfs, min_share=share), *_codec(task, rng)]
    if label == "volume_baixo":
        fault = LowerVolume(*a.quiet_lufs, min_rms_dbfs=_silence_dbfs(task), min_share=share)
        return [*_source(task, rng), *_equaliser(a.eq_db, rng), fault, *_codec(task, rng)]
    source = _source(task, rng)
    if label == "ruido_hiss":
        fault = AddHiss(*a.hiss_snr_db, fading_share=_FADING_SHARE, min_share=share)
    else:
        fault = _echo(task, rng, share, own, own.of_fold(levels["fold"]) if own else ())
    faint = _sometimes(rng, 0.3, AddFaintNoise(*a.faint_noise_snr_db)) if label == "eco_reverb" else []
    return [*source, *_equaliser(a.eq_db, rng), fault, *faint, *_gain(label, levels, task), *_codec(task, rng)]


def keeping_recipe(label: str, levels: Mapping, task: Task, rng: np.random.Generator) -> Recipe:
    """Transforms after which a segment still is what it was; never empty.

    A line-up tone is neither shifted, cut nor put into a room. Silence becomes another silence, or the same one lower.
    Normal sound meets what is no fault but resembles one (`horuslib.augmentation.hard_negatives`). Echoes also meet
    what is laid under any programme and lower rates; hiss only what is laid so far under it that its own ratio hardly
    changes.
    """
    a = task.augmentation
    if label == "ausencia_audio":
        quieter = _gain(label, levels, task)
        return quieter if quieter and rng.random() < 0.5 else [Silence(*a.silence_dbfs)]
    faint = _sometimes(rng, 0.3, AddFaintNoise(*a.faint_noise_snr_db))
    if label == "sinal_teste":
        return [*faint, *_gain(label, levels, task), *_codec(task, rng)] or [AddFaintNoise(*a.faint_noise_snr_db)]
    eq_db = (a.eq_db[0], 0.0) if label == "volume_baixo" else a.eq_db
    recipe = _hard_negatives(levels, task, rng) if label == "normal" else []
    if label == "eco_reverb":
        recipe = _source(task, rng)
    elif label == "ruido_hiss":
        recipe = _sometimes(rng, 0.5, AddBed(*_UNDER_HISS_DB))
    recipe += _equaliser(eq_db, rng)
    recipe += _sometimes(rng, 0.3, Compress(min_ratio=a.compression_ratio[0], max_ratio=a.compression_ratio[1]))
    recipe += _sometimes(rng, 0.15, ClippingDistortion(*map(round, a.clip_percent), p=1.0))
    recipe += _sometimes(rng, 0.2, TimeMask(*a.cut_share, p=1.0))
    recipe += [Shift(*a.shift_s, shift_unit="seconds", p=1.0)]
    return [*recipe, *faint, *_gain(label, levels, task), *_codec(task, rng)]


def _gain(label: str, levels: Mapping, task: Task) -> Recipe:
    """The part of the task's gain range that keeps a segment's label; none when no gain does."""
    low_db, high_db = task.augmentation.gain_db
    target_lufs = task.decision.target_lufs
    high_db = min(high_db, _LOUDEST_PEAK_DBFS - levels["peak_dbfs"])
    if label == "ausencia_audio":
        high_db = min(high_db, 0.0, task.augmentation.silence_dbfs[1] - levels["rms_dbfs"])
    elif label == "sinal_teste":
        low_db = max(low_db, task.augmentation.tone_dbfs[0] - levels["peak_dbfs"])
        high_db = min(high_db, task.augmentation.tone_dbfs[1] - levels["peak_dbfs"])
    else:
        low_db = max(low_db, _silence_dbfs(task) - levels["rms_dbfs"])
        if label == "volume_baixo":
            high_db = min(high_db, target_lufs - _CLEARLY_QUIET_DB - levels["lufs"])
        elif "volume_baixo" in task.labels:
            low_db = max(low_db, target_lufs - _CLEARLY_THERE_DB - levels["lufs"])
    return [Gain(low_db, high_db, p=1.0)] if low_db < high_db and np.isfinite([low_db, high_db]).all() else []


def _echo(
    task: Task, rng: np.random.Generator, share: float, own: MeasuredRooms | None, choices: tuple[int, ...]
) -> BaseWaveformTransform:
    a = task.augmentation
    if choices and rng.random() < a.own_room_share:
        return AddOwnRoom(own.responses, choices, min_share=share)
    if rng.random() < 0.5:
        return AddRoom(*a.rt60_s, *a.direct_to_reverberant_db, max_c50_db=a.max_c50_db, min_share=share)
    return AddEcho(*a.echo_delay_s, *a.echo_gain_db, min_share=share)


def _hard_negatives(levels: Mapping, task: Task, rng: np.random.Generator) -> Recipe:
    """What a normal segment meets without ceasing to be normal."""
    if not _is_heard(levels, task):  # Of what is hardly there, a bed or a room tone would be all that is heard.
        return []
    a, kind, recipe = task.augmentation, rng.random(), _source(task, rng)
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
    """Before anything happens to it: a bed of real life, music or talk, and now and then a low rate."""
    a = task.augmentation
    return [*_sometimes(rng, a.bed_share, AddBed(*a.bed_snr_db)), *_sometimes(rng, 0.08, LowRate())]


def _equaliser(range_db: tuple[float, float], rng: np.random.Generator) -> Recipe:
    """A broad peak or dip, or a tilted top, in two of five recipes."""
    low_db, high_db = range_db
    kind = rng.random()
    if kind < 0.2:
        return [PeakingFilter(100, 6000, low_db, high_db, 0.5, 1.5, p=1.0)]
    return [HighShelfFilter(2000, 6000, low_db, high_db, p=1.0)] if kind < 0.4 else []


def _codec(task: Task, rng: np.random.Generator) -> Recipe:
    return _sometimes(rng, task.augmentation.codec_share, CodecRoundTrip())


def _sometimes(rng: np.random.Generator, share: float, transform: BaseWaveformTransform) -> Recipe:
    return [transform] if rng.random() < share else []


def _silence_dbfs(task: Task) -> float:
    """The lowest RMS level at which programme is made: safely over what the task's rules call silence."""
    return to_db(task.decision.silence.rms_below) + _ABOVE_SILENCE_DB

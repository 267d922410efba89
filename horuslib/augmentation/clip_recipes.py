"""Recipes of street sound (`tasks.kinds.STREET`): how a clip is varied, and how an example of a kind is generated.

Every copy gets its place on a background, its band and its gain by chance, whatever its class: what is left of a
recording's length, level, floor and bandwidth then says nothing about it (`training.shortcuts`).
"""

from collections.abc import Mapping

import numpy as np
from audiomentations import ClippingDistortion, PeakingFilter

from horuslib.augmentation.backgrounds import Backgrounds
from horuslib.augmentation.channel import CodecRoundTrip
from horuslib.augmentation.clips import (
    BandStop,
    CutOff,
    GainDip,
    LayOnBackground,
    NoiseInstead,
    ProgrammeInstead,
    ShiftPitch,
    StreetSound,
    Stretch,
    ToLevel,
)
from horuslib.augmentation.hard_negatives import AddFaintNoise
from horuslib.augmentation.transforms import Recipe, by_name, sometimes
from horuslib.tasks import Task
from horuslib.tasks.kinds import BEDS, STREET

TRANSFORMS = by_name(
    *(BandStop, CutOff, GainDip, LayOnBackground, NoiseInstead, ProgrammeInstead),
    *(ShiftPitch, Stretch, StreetSound, ToLevel),
)
_OF_A_KIND_SNR_DB = 10.0
"""A bed over another one is heard as both; the clip stays at least this far above."""


def is_street(kind: str) -> bool:
    """Whether these recipes are for labels of this kind."""
    return kind in STREET


def clip_recipe(
    label: str, levels: Mapping, task: Task, rng: np.random.Generator, number: int, own: Backgrounds | None
) -> Recipe:
    """A clip's copy: in turn another speed or pitch, then dip, missing band, background, edge of its band, gain.

    Parameters
    ----------
    levels : of the segment, with its start_s, end_s and fold.
    number : of the copy, from 1: which speed or pitch it gets.
    """
    a = task.augmentation
    turns: Recipe = [*(Stretch((x,)) for x in a.stretch_factors), *(ShiftPitch((x,)) for x in a.semitones)]
    recipe = [turns[(number - 1) % len(turns)]] if turns else []
    recipe += preparation(label, levels, task, own)
    recipe += sometimes(rng, a.dip_share, GainDip(*a.dip_s, *a.dip_db))
    recipe += sometimes(rng, a.band_stop_share, BandStop(*a.band_stop_hz, a.band_stop_q))
    return [*recipe, *_channel(task, rng)]


def preparation(label: str, levels: Mapping, task: Task, own: Backgrounds | None) -> Recipe:
    """What every clip goes through before training: a random place on a background, a random band and level."""
    a, is_bed = task.augmentation, task.kind(label) in BEDS
    low_db, high_db = a.clip_snr_db
    fold = int(levels.get("fold", -1))
    choices = own.of_fold(fold, label if is_bed else None) if own is not None else ()
    laid = LayOnBackground(
        own.sounds if own is not None else None,
        choices,
        *a.excerpt_share,
        max(low_db, _OF_A_KIND_SNR_DB) if is_bed else low_db,
        max(high_db, _OF_A_KIND_SNR_DB) if is_bed else high_db,
        once_share=0.0 if is_bed else a.once_share,
        clip_s=float(levels["end_s"] - levels["start_s"]),
    )
    return [laid, CutOff(*a.cutoff_hz), ToLevel(*a.level_dbfs)]


def generated_recipe(label: str, task: Task, rng: np.random.Generator) -> Recipe:
    """An example of a kind that is generated, over the segment or in its place."""
    a, kind = task.augmentation, task.kind(label)
    sound = StreetSound(kind, 0.0 if kind in BEDS else 0.5)
    return [sound, CutOff(*a.cutoff_hz), ToLevel(*a.level_dbfs), *_channel(task, rng)]


def lookalike_recipe(task: Task, rng: np.random.Generator) -> Recipe:
    """Surroundings in place of a siren: noise of its spectrum, or programme, in which nobody is to hear a siren."""
    a, sound = task.augmentation, NoiseInstead() if rng.random() < 0.5 else ProgrammeInstead()
    return [sound, CutOff(*a.cutoff_hz), ToLevel(*a.level_dbfs), *_channel(task, rng)]


def _channel(task: Task, rng: np.random.Generator) -> Recipe:
    a = task.augmentation
    return [
        *sometimes(rng, 0.4, PeakingFilter(100, 6000, *a.eq_db, 0.5, 1.5, p=1.0)),
        *sometimes(rng, 0.3, AddFaintNoise(*a.faint_noise_snr_db)),
        *sometimes(rng, a.clipped_share, ClippingDistortion(*map(round, a.clip_percent), p=1.0)),
        *sometimes(rng, a.codec_share, CodecRoundTrip()),
    ]

"""The model card of the bundled weights."""

import os

import pandas as pd

from horuslib.pretraining import responses, scenes, shards
from horuslib.pretraining.shards import Data
from horuslib.pretraining.targets import FAULTS
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES
from horuslib.synthesis.noise import HISSES

_CARD = """# The bundled backbone

Starting weights for `horuslib.training.backbone.build_backbone`: 128 x 128 log-mel spectrograms (5 s at 16 kHz, or 3 s
at 22.05 kHz) to feature maps. A task uses them with `training.weights: bundled`. Made by

    {command}

## Training data

{programmes} generated programmes of {programme_s:.0f} s: newsreaders, interviews, matches, adverts, drama (espeak-ng
voices of {languages} languages and accents, spoken, whispered and shouted, all reading invented Portuguese sentences),
music in {styles} styles, {places} kinds of places, machines, animals and bells, alone and mixed with the rest. Every
programme was rendered in {scenes} scenes, drawn from: {scene_kinds}.

- Rooms have RT60 {rt60_s[0]:g} to {rt60_s[1]:g} s, direct-to-reverberant ratios of {drr_db[0]:g} to {drr_db[1]:g} dB,
  and high frequencies that decay as slowly as low ones or much faster.
- Echoes have delays of {delay_ms[0]:.0f} to {delay_ms[1]:.0f} ms: {echoes}.
- Noise is {snr_db[0]:g} to {snr_db[1]:g} dB below the programme: {hisses}.
- Levels are between {quiet_lufs[0]:g} and {normal_lufs[1]:g} LUFS.
- {transitions:.0%} of the faults begin or end inside their scene.
- {speed_share:.0%} of the segments are played up to {speed:g} times faster or slower, at another speed in every epoch.
- All of it passes through equalisers, compressors, narrow lines, low sample rates and codecs; normal sound also has
  pauses, fades, furnished rooms and distant microphones.

No real recording was used for training. These weights were selected among several trained in the same way by their
scores on folds of recordings that are not part of this project (notebook 05).

## Targets

Which of six faults are present ({faults}), and log RT60, C50, log echo delay, echo gain, signal-to-noise ratio and
loudness where applicable. The heads are discarded.

| | |
|---|---|
| seed | {seed} |
| training segments | {train_segments} |
| epochs | {epochs} |
| parameters of the backbone | {parameters} |
| generating sound and spectrograms | {making_s:.1f} s of one core per programme |
| training | {training_minutes:.0f} minutes on {cores} cores |
| validation loss on unseen programmes | {loss:.3f} |

## Evaluation on unseen programmes

{unseen} segments of {unseen_programmes} further generated programmes, none of which was used for training. A fault is
predicted from a probability of one half on.

{fault_table}

Median errors, beside those of always predicting the median. log_rt60 and log_delay are natural logarithms of seconds:
an error of 0.2 is about 20 %.

{value_table}

## Limits

- The test programmes come from the same generator as the training programmes: these numbers do not cover real rooms,
  voices, noises and codecs. The effect of the weights on real recordings is measured on folds in notebook 05.
- espeak-ng's voices sound artificial, the music is synthetic. Echo delays in music, and rooms around sounds of steady
  level, are predicted poorly.
- The weights fit the standard architecture at width {width:g} and model inputs of kind `mel_fixed`.
"""


def table(frame: pd.DataFrame) -> str:
    """A Markdown table of a data frame with its index; numbers with two decimals, counts without."""
    lines = ["| " + " | ".join([frame.index.name, *frame.columns]) + " |", "|---" * (1 + len(frame.columns)) + "|"]
    for name, row in frame.iterrows():
        cells = [f"{int(v)}" if column in ("segments", "present") else f"{v:.2f}" for column, v in row.items()]
        lines.append("| " + " | ".join([str(name), *cells]) + " |")
    return "\n".join(lines)


def write_card(train: Data, unseen: Data, results: dict) -> str:
    """The card's Markdown.

    Parameters
    ----------
    results : settings and results of the run: seed, epochs, width, command, speed, speed_share, parameters,
        making_s, training_minutes, loss, fault_table, value_table.
    """
    return _CARD.format(
        programmes=len(set(train.programmes)),
        programme_s=shards.PROGRAMME_S,
        languages=len(set(shards.LANGUAGES)),
        styles=len(STYLES),
        places=len(BEDS),
        scenes=shards.SCENES_PER_PROGRAMME,
        scene_kinds=", ".join(f"{name} {share:.0%}" for name, share in scenes.SCENES.items()),
        rt60_s=responses.ROOMS["any"][1],
        drr_db=responses.ROOMS["any"][2],
        delay_ms=[1000 * s for s in responses.DELAY_S],
        echoes=", ".join(f"{name} {share:.0%}" for name, share in responses.ECHOES.items()),
        hisses=", ".join(HISSES),
        transitions=scenes.TRANSITION_SHARE,
        snr_db=scenes.HISS_SNR_DB,
        quiet_lufs=scenes.QUIET_LUFS,
        normal_lufs=scenes.NORMAL_LUFS,
        faults=", ".join(FAULTS),
        train_segments=len(train.truths),
        unseen=len(unseen.truths),
        unseen_programmes=len(set(unseen.programmes)),
        cores=os.cpu_count(),
        **results,
    )

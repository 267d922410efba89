"""The model card that is shipped beside the weights."""

import os

import pandas as pd

from horuslib.pretraining import responses, scenes, shards
from horuslib.pretraining.shards import Data
from horuslib.pretraining.targets import FAULTS
from horuslib.synthesis.beds import BEDS
from horuslib.synthesis.music import STYLES
from horuslib.synthesis.noise import HISSES

_CARD = """# The bundled backbone

Starting weights for `horuslib.training.model.build_backbone`: 128 x 128 mel pictures (5 s at 16 kHz, or 3 s at
22.05 kHz) to feature maps. A task uses them with `training.weights: bundled`. Made by

    {command}

## What it heard

{programmes} generated programmes of {programme_s:.0f} s: newsreaders, interviews, matches, adverts, drama (espeak-ng
voices of {languages} languages and accents, spoken, whispered and shouted, all reading invented Portuguese sentences),
music in {styles} styles, {places} kinds of places, machines, animals and bells, by themselves and under the rest. Every
programme was heard in {scenes} scenes, drawn from: {happenings}.

- Rooms have RT60 {rt60_s[0]:g} to {rt60_s[1]:g} s, direct-to-reverberant ratios of {drr_db[0]:g} to {drr_db[1]:g} dB,
  and high frequencies that die as late as the low ones or far sooner.
- Echoes come {delay_ms[0]:.0f} to {delay_ms[1]:.0f} ms late: {echoes}.
- Noise lies {snr_db[0]:g} to {snr_db[1]:g} dB under the programme: {hisses}.
- Levels lie between {quiet_lufs[0]:g} and {heard_lufs[1]:g} LUFS.
- {transitions:.0%} of the faults begin or end inside their scene.
- {speed_share:.0%} of the segments are played up to {speed:g} times faster or slower, another speed in every epoch.
- Equalisers, compressors, narrow lines, low rates and codecs come over all of it; normal sound also has pauses, fades,
  furnished rooms and far microphones.

Nothing of any real recording was learnt from. That these weights ship, rather than others made the same way, was
decided on folds of recordings that are no part of this project (notebook 05).

## What it was asked

Which of six faults are there ({faults}), and log RT60, C50, log echo delay, echo gain, signal-to-noise ratio and
loudness where there is such a thing. The heads that answered are thrown away.

| | |
|---|---|
| seed | {seed} |
| segments learnt from | {learnt} |
| epochs | {epochs} |
| parameters of the backbone | {parameters} |
| making sound and pictures | {making_s:.1f} s of one core per programme |
| training | {training_minutes:.0f} minutes on {cores} cores, no GPU, other work beside it |
| loss on programmes never heard | {loss:.3f} |

## What it hears on programmes never heard

{unseen} segments of {unseen_programmes} further generated programmes, none of which was learnt from. A fault counts as
said from one half on.

{fault_table}

Median errors, beside those of always guessing the median. log_rt60 and log_delay are natural logarithms of seconds: an
error of 0.2 is about 20 %.

{value_table}

## Limits

- The test programmes come from the same generator as the training programmes: real rooms, voices, noises and codecs
  are not in these numbers. What the weights are worth on real recordings is measured on folds in notebook 05.
- espeak-ng's voices are robots, the music is synthetic. Echo delays in music and rooms around sounds that do not move
  are guessed rather than heard.
- The weights fit the standard architecture at width {width:g} and pictures of kind `mel_fixed`.
"""


def table(frame: pd.DataFrame) -> str:
    """A Markdown table of a frame with its index; numbers with two decimals, counts without."""
    lines = ["| " + " | ".join([frame.index.name, *frame.columns]) + " |", "|---" * (1 + len(frame.columns)) + "|"]
    for name, row in frame.iterrows():
        cells = [f"{int(v)}" if column in ("segments", "present") else f"{v:.2f}" for column, v in row.items()]
        lines.append("| " + " | ".join([str(name), *cells]) + " |")
    return "\n".join(lines)


def write_card(learnt: Data, unseen: Data, measured: dict) -> str:
    """The card's Markdown.

    Parameters
    ----------
    measured : what only the run knows: seed, epochs, width, command, speed, speed_share, parameters,
        making_s, training_minutes, loss, fault_table, value_table.
    """
    return _CARD.format(
        programmes=len(set(learnt.programmes)),
        programme_s=shards.PROGRAMME_S,
        languages=len(set(shards.LANGUAGES)),
        styles=len(STYLES),
        places=len(BEDS),
        scenes=shards.SCENES_PER_PROGRAMME,
        happenings=", ".join(f"{name} {share:.0%}" for name, share in scenes.SCENES.items()),
        rt60_s=responses.ROOMS["any"][1],
        drr_db=responses.ROOMS["any"][2],
        delay_ms=[1000 * s for s in responses.DELAY_S],
        echoes=", ".join(f"{name} {share:.0%}" for name, share in responses.ECHOES.items()),
        hisses=", ".join(HISSES),
        transitions=scenes.TRANSITION_SHARE,
        snr_db=scenes.HISS_SNR_DB,
        quiet_lufs=scenes.QUIET_LUFS,
        heard_lufs=scenes.HEARD_LUFS,
        faults=", ".join(FAULTS),
        learnt=len(learnt.truths),
        unseen=len(unseen.truths),
        unseen_programmes=len(set(unseen.programmes)),
        cores=os.cpu_count(),
        **measured,
    )

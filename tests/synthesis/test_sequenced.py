"""Sequenced music repeats to a sample, as a sampler or a loop does, which no player does."""

import numpy as np
import pytest

from horuslib.synthesis import instruments
from horuslib.synthesis.music import music
from horuslib.synthesis.score import Score
from horuslib.synthesis.sequenced import SEQUENCED, TEMPOS, Sequencer

RATE_HZ = 16000


def repeat_db(score, beats):
    """Power of the difference between a piece and itself some beats later, re its own, the quieter part of its bars."""
    lag = round(beats * score.beat_s * score.sample_rate_hz)
    x = score.samples.astype(float)
    early, late = x[:-lag], x[lag:]
    bar = round(4 * score.beat_s * score.sample_rate_hz)
    ratios = [
        np.sum((late[i : i + bar] - early[i : i + bar]) ** 2) / max(np.sum(early[i : i + bar] ** 2), 1e-9)
        for i in range(2 * bar, len(early) - bar, bar)
    ]
    return 10 * np.log10(min(ratios) + 1e-12)


@pytest.mark.parametrize("style", ["drum_machine", "loops", "chip"])
def test_a_phrase_repeats_to_a_sample(style):
    found = []
    for seed in range(6):
        score = Sequencer(np.random.default_rng(seed), 40.0, RATE_HZ, beat_s=0.5)
        SEQUENCED[style](score)
        found.append(min(repeat_db(score, 4 * bars) for bars in (1, 2, 4)))
    assert np.median(found) < -20


def test_a_players_strokes_do_not_repeat(rng):
    for kind, below in ((Sequencer, True), (Score, False)):
        score = kind(np.random.default_rng(3), 14.0, RATE_HZ)
        score.beat_s = 0.5
        for bar in score.bars:
            score.stroke(instruments.snare, score.start_s(bar), 1.0)
        assert (repeat_db(score, 4) < -60) == below


def test_figures_of_minimal_music_repeat_each_by_itself():
    score = Sequencer(np.random.default_rng(0), 30.0, RATE_HZ, beat_s=0.5)
    SEQUENCED["minimal"](score)
    assert min(repeat_db(score, steps / 4) for steps in range(3, 49)) < -20


def test_an_effect_repeats_one_voice_of_the_mix():
    dry, wet = (Sequencer(np.random.default_rng(2), 20.0, RATE_HZ, beat_s=0.5) for _ in range(2))
    SEQUENCED["drum_machine"](dry)
    SEQUENCED["delayed_voice"](wet)
    voice = wet.samples - dry.samples
    delays = [round(beats * 0.5 * RATE_HZ) for beats in (0.5, 0.75, 1.0)]
    likeness = [np.dot(voice[:-d], voice[d:]) / np.dot(voice, voice) for d in delays]
    assert max(likeness) > 0.25
    assert np.std(voice) > 0.1 * np.std(dry.samples)


@pytest.mark.parametrize("style", SEQUENCED)
def test_tempos_vary_and_every_piece_sounds(style):
    tempos = [60 / Sequencer(np.random.default_rng(k), 1.0, 8000).beat_s for k in range(40)]
    assert min(tempos) >= TEMPOS[0] and max(tempos) <= TEMPOS[1] and max(tempos) > 2 * min(tempos)
    x = music(np.random.default_rng(1), 6.0, RATE_HZ, style)
    assert len(x) == 6 * RATE_HZ and np.isfinite(x).all()
    assert np.abs(x[len(x) // 2 :]).max() > 0.01

"""Faults of channels carry their times, and what is normal in stereo is none."""

import numpy as np
import pytest

from horuslib.audio.channels import Mixdown
from tests.audio.channels.test_mixdown import mixed
from tests.conftest import noise, syllables, tone

RATE = 16000
STEREO = ("FL", "FR")


def faults(left, right, layout=STEREO):
    mixdown = Mixdown()
    mixed([left, right], layout, mixdown, RATE)
    return mixdown.faults.all(), mixdown.notes()


@pytest.fixture
def speech(rng):
    return syllables(rng, 40, RATE, -23)


def part(samples, start_s, end_s, change):
    changed = samples.copy()
    span = slice(round(start_s * RATE), round(end_s * RATE))
    changed[span] = change(changed[span])
    return changed


def test_polarity_inverted_for_a_while(speech):
    (found,), notes = faults(speech, part(speech, 12, 27, np.negative))
    assert (found["kind"], found["channels"]) == ("inverted", ["FL", "FR"])
    assert (found["start"], found["end"]) == (pytest.approx(12, abs=0.3), pytest.approx(27, abs=0.3))
    assert any("FL and FR cancel at 12" in note and "inverted polarity?" in note for note in notes)


def test_a_stereo_programme_inverted_with_its_own_ambience(rng, speech):
    side = noise(rng, 40, RATE, -38)
    (found,), _ = faults(speech + side, part(speech - side, 10, 20, np.negative))
    assert (found["kind"], found["start"], found["end"]) == (
        "inverted",
        pytest.approx(10, abs=0.5),
        pytest.approx(20, abs=0.5),
    )


@pytest.mark.parametrize("floor_dbfs", [None, -68])
def test_a_channel_that_dies(rng, speech, floor_dbfs):
    """Into digital silence, or into the noise of a line."""
    floor = noise(rng, 40, RATE, floor_dbfs) if floor_dbfs else np.zeros(40 * RATE)
    (found,), notes = faults(speech, part(speech, 15, 40, lambda x: floor[: len(x)]))
    assert found == {"kind": "dead", "channels": ["FR"], "start": pytest.approx(15, abs=0.5), "end": 40.0}
    assert any("channel FR is silent at 1" in note for note in notes)


def test_a_channel_dead_twice(speech):
    right = part(part(speech, 5, 12, np.zeros_like), 25, 32, np.zeros_like)
    found, notes = faults(speech, right)
    assert [(x["kind"], round(x["start"]), round(x["end"])) for x in found] == [("dead", 5, 12), ("dead", 25, 32)]
    assert sum("silent" in note for note in notes) == 1


def test_pauses_of_the_programme_end_no_fault(speech):
    left = part(speech, 10, 14, np.zeros_like)
    (found,), _ = faults(left, np.zeros_like(left))
    assert (found["start"], found["end"]) == (pytest.approx(0, abs=0.5), 40.0)


def test_stereo_programme_has_no_fault(rng, speech):
    """Wide ambience, a voice panned for three seconds, different sound left and right."""
    wide = syllables(rng, 40, RATE, -30)
    assert faults(speech + wide, speech - wide)[0] == []
    assert faults(speech, part(speech, 10, 13, np.zeros_like))[0] == []
    assert faults(speech, wide)[0] == []
    assert faults(np.zeros(20 * RATE), np.zeros(20 * RATE))[0] == []


def test_channels_without_names_are_pairs(speech):
    mixdown = Mixdown()
    other = part(speech, 10, 20, np.negative)
    mixed([speech, speech, speech, other], ("1", "2", "3", "4"), mixdown, RATE)
    (found,) = mixdown.faults.all()
    assert found["channels"] == ["3", "4"]


def test_memory_does_not_grow_with_moments_that_are_no_fault():
    """Inverted for a second in every eight."""
    sound = tone(80, RATE, 440, -20)
    sign = np.where(np.arange(len(sound)) // RATE % 8 == 0, -1, 1)
    mixdown = Mixdown()
    mixed([sound, sign * sound], STEREO, mixdown, RATE)
    assert mixdown.faults.all() == [] and len(mixdown.faults._open) <= 1


def test_each_begin_and_end_is_among_the_changes_once(speech):
    mixdown, found = Mixdown(), []
    right = part(speech, 10, 20, np.zeros_like)
    for k in range(0, len(speech), RATE):
        mixdown.mix(np.stack([speech, right])[:, k : k + RATE].astype(np.float32), STEREO, RATE)
        found += [(what, fault["kind"], k // RATE + 1) for what, fault in mixdown.faults.changes()]
    assert found == [("begin", "dead", pytest.approx(16, abs=1)), ("end", "dead", pytest.approx(23, abs=1))]


@pytest.mark.slow
def test_memory_does_not_grow_with_faults_that_were_reported():
    """A channel that is dead for ten seconds in every twenty, for five minutes."""
    sound, block = tone(300, RATE, 440, -20).astype(np.float32), RATE
    other = np.where(np.arange(len(sound)) // RATE % 20 < 10, 0, sound)
    mixdown, ends, kept = Mixdown(), 0, []
    for k in range(0, len(sound), block):
        mixdown.mix(np.stack([sound, other])[:, k : k + block], STEREO, RATE)
        ends += sum(what == "end" for what, _ in mixdown.faults.changes())
        kept.append(len(mixdown.faults.all()))
    assert ends >= 14 and max(kept) <= 1

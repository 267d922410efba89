"""What shares sound is joined, whatever was done to it; what is merely alike is not, in small corpora and large."""

import logging
import weakref

import numpy as np
import pandas as pd
import pytest
import soxr

from horuslib.acoustics.rooms import convolve, echo_response, room_response
from horuslib.audio.encode import round_trip
from horuslib.datasets import groups as grouping
from horuslib.datasets.groups import group_recordings
from tests.conftest import noise, tone

RATE_HZ = 16000
SECONDS = 14.0


@pytest.fixture(autouse=True, params=["everything with everything", "landmarks"])
def way(request, monkeypatch):
    """Every test compares as in a small corpus, and as in a large one."""
    if request.param == "landmarks":
        monkeypatch.setattr(grouping, "EXHAUSTIVE_PIECES", 0)
    return request.param


@pytest.fixture(scope="module")
def voice():
    return speech(1)


def speech(seed, seconds=SECONDS):
    """One synthetic voice: four syllables a second, each with its own melody and vowel, and some breath."""
    rng = np.random.default_rng(seed)
    n, syllable = round(seconds * RATE_HZ), RATE_HZ // 4
    count = n // syllable + 1
    glide = np.linspace(rng.uniform(90, 180, count), rng.uniform(90, 180, count), syllable, axis=1)
    phase = 2 * np.pi * np.cumsum(glide, axis=1) / RATE_HZ + rng.uniform(0, 6, (count, 1))
    vowel = rng.uniform(0.2, 1, (20, count, 1))
    voiced = sum(vowel[k - 1] * np.sin(k * phase) / k for k in range(1, 20)) + 0.1 * rng.standard_normal(phase.shape)
    spoken = voiced * np.hanning(syllable) * (rng.random((count, 1)) > 0.2)
    return at_level(spoken.reshape(-1)[:n], -20)


def bed(seed, seconds=SECONDS):
    """Ambience: slowly varying pink-like noise."""
    rng = np.random.default_rng(seed)
    x = np.cumsum(noise(rng, seconds, RATE_HZ)) * 0.05
    x = np.diff(x, prepend=0) + 0.3 * noise(rng, seconds, RATE_HZ, level_dbfs=-20)
    return x.astype(np.float32)


def at_level(x, level_dbfs):
    return (x / np.sqrt(np.mean(x**2)) * 10 ** (level_dbfs / 20)).astype(np.float32)


def joined(a, b):
    groups, pairs = group_recordings({"a": a, "b": b}, RATE_HZ)
    assert (groups["b"] == "a") == (len(pairs) == 1)
    return len(pairs) == 1


@pytest.mark.slow
def test_the_same_sound_at_a_tenth_of_the_level(voice):
    assert joined(voice, 10 ** (-32 / 20) * voice)


def test_upside_down(voice):
    _, pairs = group_recordings({"a": voice, "b": -voice}, RATE_HZ)
    assert pairs.loc[0, "offset_s"] == 0


@pytest.mark.parametrize("codec", ["aac", "mp3", "opus"])
def test_after_a_lossy_codec(voice, codec):
    assert joined(voice, round_trip(voice, RATE_HZ, codec=codec, bit_rate=32000))


def test_under_noise_as_loud_as_itself(voice, rng):
    assert joined(voice, voice + noise(rng, SECONDS, level_dbfs=-20))


def test_in_a_cathedral(voice, rng):
    assert joined(voice, convolve(voice, room_response(rng, RATE_HZ, rt60_s=4.0, direct_to_reverberant_db=-6.0)))


def test_with_an_echo(voice):
    assert joined(voice, convolve(voice, echo_response(RATE_HZ, delay_s=0.37, gain_db=-3, repeats=3)))


def test_read_from_files_of_other_rates(voice):
    through_44100 = soxr.resample(soxr.resample(voice, RATE_HZ, 44100), 44100, RATE_HZ)
    through_48000 = soxr.resample(soxr.resample(voice, RATE_HZ, 48000), 48000, RATE_HZ)
    assert joined(through_44100, through_48000)


def test_the_offset_is_found():
    long = speech(1, 20)
    a, b = long, long[round(3.7 * RATE_HZ) :]
    _, pairs = group_recordings({"a": a, "b": b}, RATE_HZ)
    assert pairs.loc[0, "offset_s"] == pytest.approx(-3.7, abs=0.001)
    assert pairs.loc[0, "common_s"] == pytest.approx(16.3, abs=1.5)


@pytest.mark.slow
def test_the_offset_is_found_across_the_pieces_of_long_recordings():
    long = speech(1, 75)
    _, pairs = group_recordings({"a": long, "b": long[50 * RATE_HZ : 62 * RATE_HZ]}, RATE_HZ)
    assert pairs.loc[0, "offset_s"] == pytest.approx(-50, abs=0.001)


def test_one_voice_over_two_beds(voice):
    assert joined(voice + at_level(bed(2), -26), voice + at_level(bed(3), -26))


@pytest.mark.slow
def test_one_bed_under_two_voices(way):
    """18 dB under them it is found where everything is compared; landmarks may miss it even 8 dB under them."""
    beds = range(2, 8) if way == "landmarks" else [2]
    ambience = {seed: at_level(bed(seed), -28 if way == "landmarks" else -38) for seed in beds}
    found = [joined(speech(seed - 1) + ambience[seed], speech(seed + 3) + ambience[seed]) for seed in beds]
    assert sum(found) >= len(beds) - 1 if way == "landmarks" else all(found)


def test_a_bed_faded_down_and_muted_for_the_rest(voice):
    muted = voice.copy()
    muted[6 * RATE_HZ :] = 0
    assert joined(voice, 0.05 * muted)


def test_a_recording_shorter_than_four_seconds(voice):
    short = voice[: round(3.2 * RATE_HZ)]
    assert joined(short, 0.3 * short)


def alike(kind):
    """Two recordings that sound the same and share nothing."""
    rng = np.random.default_rng(7)
    t = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    silence = np.zeros(len(t), np.float32)
    hum = sum(0.01 / k * np.sin(2 * np.pi * 60 * k * t) for k in range(1, 12)).astype(np.float32)
    ident = tone(SECONDS) * ((t % 3) > 0.25)
    dither = (np.round(rng.uniform(-1, 1, (2, len(t)))) / 32768).astype(np.float32)
    return {
        "digital zero": (silence, silence),
        "dither": tuple(dither),
        "the same dither": (dither[0], dither[0]),
        "hum": (hum, 0.5 * np.roll(hum, 100)),
        "hum over different noise": (
            hum + noise(rng, SECONDS, level_dbfs=-60),
            hum + noise(rng, SECONDS, level_dbfs=-60),
        ),
        "line-up tones": (tone(SECONDS), tone(SECONDS, level_dbfs=-12)),
        "line-up tones through AAC": tuple(round_trip(tone(SECONDS, level_dbfs=x), RATE_HZ) for x in (-20, -18)),
        "interrupted line-up tones": (ident, 0.5 * ident),
        "the same tone in different programmes": (
            np.concatenate([speech(1, 7), tone(7)]),
            np.concatenate([speech(5, 7), tone(7)]),
        ),
        "white noise": (noise(rng, SECONDS), noise(rng, SECONDS)),
        "the same synthetic voice": (speech(1), speech(5)),
        "nothing": (np.zeros(0, np.float32), np.zeros(100, np.float32)),
        "not a number": (np.full(len(t), np.nan, np.float32), np.full(len(t), np.nan, np.float32)),
    }[kind]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        "digital zero",
        "dither",
        "the same dither",
        "hum",
        "hum over different noise",
        "line-up tones",
        "line-up tones through AAC",
        "interrupted line-up tones",
        "the same tone in different programmes",
        "white noise",
        "the same synthetic voice",
        "nothing",
        "not a number",
    ],
)
def test_alike_is_not_the_same(kind):
    assert not joined(*alike(kind))


def with_jingle(seed, jingle, at_s):
    x = speech(seed)
    start = round(at_s * RATE_HZ)
    x[start : start + len(jingle)] = jingle
    return x


@pytest.mark.parametrize(("seconds", "expected"), [(2.0, False), (6.0, True)])
def test_a_jingle_is_not_a_programme(seconds, expected):
    jingle = at_level(bed(9, seconds), -18)
    assert joined(with_jingle(1, jingle, 3.0), with_jingle(5, jingle, 7.1)) is expected


def drums(seed, beats_per_minute):
    """A drum machine: one sampled hit on every beat, under a song that the seed chooses."""
    x = speech(seed) + 0.3 * bed(seed)
    decay = np.exp(-np.arange(1600) / 300)
    hit = (decay * np.random.default_rng(0).standard_normal(1600) * 0.3).astype(np.float32)
    for start in np.arange(0, len(x) - len(hit), 60 / beats_per_minute * RATE_HZ).astype(int):
        x[start : start + len(hit)] += hit
    return x


def test_a_drum_machine_at_two_tempos():
    assert not joined(drums(1, 120), drums(2, 97))


def test_groups_are_what_pairs_connect(voice):
    ambience = at_level(bed(2), -24)
    audio = {
        "d": speech(8),
        "c": speech(5) + ambience,
        "b": voice + ambience,
        "a": 0.2 * voice,
        "e": np.zeros(RATE_HZ, np.float32),
    }
    groups, pairs = group_recordings(audio, RATE_HZ)
    assert groups == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e"}
    assert list(zip(pairs["a"], pairs["b"], strict=True)) == [("a", "b"), ("b", "c")]
    again_groups, again_pairs = group_recordings(dict(reversed(audio.items())), RATE_HZ)
    assert again_groups == groups
    pd.testing.assert_frame_equal(again_pairs, pairs)


def test_no_recordings_no_groups():
    groups, pairs = group_recordings({}, RATE_HZ)
    assert groups == {} and list(pairs.columns) == ["a", "b", "offset_s", "common_s", "score"] and pairs.empty


def corpus():
    """Forty recordings: ten voices, each in four states."""
    rng, audio = np.random.default_rng(3), {}
    for k in range(10):
        x = speech(30 + k)
        states = (
            x,
            0.1 * x[RATE_HZ:],
            x + noise(rng, SECONDS, level_dbfs=-26),
            convolve(x, echo_response(RATE_HZ, delay_s=0.3, gain_db=-3)),
        )
        audio |= {f"{k}{name}": state.astype(np.float32) for name, state in zip("abcd", states, strict=True)}
    return audio


@pytest.mark.slow
def test_many_recordings(way, monkeypatch):
    audio = corpus()
    groups, pairs = group_recordings(audio, RATE_HZ)
    assert groups == {name: f"{name[0]}a" for name in audio}
    assert len(pairs) == 10 * 6
    if way == "landmarks":  # the other way's pairs, for one
        monkeypatch.setattr(grouping, "EXHAUSTIVE_PIECES", 10**6)
        pd.testing.assert_frame_equal(group_recordings(audio, RATE_HZ)[1], pairs)
        monkeypatch.setattr(grouping, "EXHAUSTIVE_PIECES", 0)
    monkeypatch.setattr(grouping.os, "cpu_count", lambda: 1)
    monkeypatch.setattr(grouping, "_TASK", 7)
    again_groups, again_pairs = group_recordings(audio, RATE_HZ)
    assert again_groups == groups
    pd.testing.assert_frame_equal(again_pairs, pairs)


@pytest.mark.slow
def test_a_long_recording_is_known_by_a_few_of_its_pieces():
    long = speech(1, 200)
    _, pairs = group_recordings({"a": long, "b": 0.5 * long, "c": speech(2, 60)}, RATE_HZ)
    assert pairs[["a", "b", "offset_s", "common_s"]].to_numpy().tolist() == [["a", "b", 0.0, 30.0]]


@pytest.mark.slow
def test_progress_is_logged(caplog, way):
    caplog.set_level(logging.INFO, "horuslib")
    group_recordings({f"{k}": speech(k, 4) for k in range(20)}, RATE_HZ)
    assert caplog.messages[0] == "looking for sound shared by 20 recordings, 0.0 h"
    assert caplog.messages[-1] == "20 recordings make 20 groups; 0 pairs share sound"
    fingerprints = [message for message in caplog.messages if message.startswith("fingerprints: ")]
    assert fingerprints == [f"fingerprints: {n} of 20 recordings" for n in range(2, 21, 2) if way == "landmarks"]


def test_recordings_are_read_one_at_a_time(voice):
    handed_out, alive = [], []

    class Mapped(dict):
        def __getitem__(self, key):
            samples = super().__getitem__(key).copy()
            handed_out.append(weakref.ref(samples))
            alive.append(sum(ref() is not None for ref in handed_out))
            return samples

    group_recordings(Mapped({str(k): voice for k in range(8)}), RATE_HZ)
    assert max(alive) <= 2

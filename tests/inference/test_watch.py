"""Events of live sound."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from horuslib.audio.media import MediaError
from horuslib.inference.scan import scan_file
from horuslib.inference.watch import watch
from tests.conftest import noise, syllables, tone


def seconds(*pieces):
    whole = np.concatenate(pieces)
    return [whole[k : k + 16000] for k in range(0, len(whole), 16000)]


def lines_with_time(pieces, detector):
    """Each line, with the seconds of sound supplied when it was emitted."""
    given = []

    def blocks():
        for second in seconds(*pieces):
            given.append(second)
            yield second

    return [(len(given), line) for line in watch(blocks(), detector)]


def test_a_begin_is_reported_after_the_first_complete_segment_that_shows_it(detector, rng):
    (began, begin), (ended, _), *_, (_, last) = lines = lines_with_time(
        [syllables(rng, 10), tone(20), syllables(rng, 30)], detector
    )
    assert [line["what"] for _, line in lines] == ["begin", *["end"] * (len(lines) - 1)]
    assert {line["event"] for _, line in lines} == {1} and begin["type"] == "sinal_teste" and begin["end"] is None
    hop_s = detector.task.front_end.hop_s
    assert began <= 15 + hop_s + 1, "the tone fills its first segment from 10 to 15 s"
    assert ended <= 32.5 + hop_s + 1, "the last segment with half a tone in it ends at 32.5 s"
    assert last["start"] == pytest.approx(10, abs=1.25) and last["end"] == pytest.approx(30, abs=1.25)


def test_a_fault_that_returns_within_the_tolerated_gap_is_the_same_event(detector, rng):
    lines = [line for _, line in lines_with_time([tone(11), syllables(rng, 3), tone(12), syllables(rng, 20)], detector)]
    assert [line["what"] for line in lines[:3]] == ["begin", "end", "begin"] and lines[-1]["what"] == "end"
    assert {line["event"] for line in lines} == {1}
    assert lines[-1]["start"] == 0 and lines[-1]["end"] == pytest.approx(26, abs=1.25)


def test_watch_and_scan_give_the_same_events(detector, rng, tmp_path):
    pieces = [
        syllables(rng, 21),
        tone(9),
        syllables(rng, 18),
        noise(rng, 30),
        syllables(rng, 40),
        tone(8),
        np.zeros(160000),
    ]
    soundfile.write(tmp_path / "a.wav", np.concatenate(pieces), 16000, "FLOAT")
    scanned = [(e["type"], e["start"], e["end"]) for e in scan_file(tmp_path / "a.wav", detector)["events"]]
    last = {line["event"]: line for _, line in lines_with_time(pieces, detector)}
    assert {line["what"] for line in last.values()} == {"end"}
    assert sorted((e["type"], e["start"], e["end"]) for e in last.values()) == sorted(scanned)
    assert len(scanned) == 4


def test_an_open_event_ends_with_the_source(detector, rng):
    *_, (_, last) = lines_with_time([syllables(rng, 10), tone(11)], detector)
    assert (last["what"], last["end"]) == ("end", 21.0)


def test_a_source_that_fails_loses_no_event(detector, rng):
    def blocks():
        yield from seconds(syllables(rng, 10), tone(7))
        raise MediaError("gone")

    open_events = []
    with pytest.raises(MediaError, match="gone"):
        for line in watch(blocks(), detector):
            open_events.append(line)
    assert [(line["what"], line["end"]) for line in open_events] == [("begin", None), ("end", 17.0)]


def test_a_pipe_is_analysed_while_it_is_written(package, tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(12), 16000)
    command = [sys.executable, "-m", "horuslib.cli", "watch", "-", "--model", str(package)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdin.write((tmp_path / "a.wav").read_bytes())
        running.stdin.flush()
        begin = json.loads(running.stdout.readline())
        assert (begin["what"], begin["type"]) == ("begin", "sinal_teste")
        time.sleep(0.1)
        assert running.poll() is None, "it waits for more"
        running.stdin.close()
        end = json.loads(running.stdout.readline())
        assert (end["what"], end["event"], end["end"]) == ("end", begin["event"], 12.0)
        assert b"horus: standard input ended (end of stream).\n" in running.stderr.read()
    assert running.returncode == 0

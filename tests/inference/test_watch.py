"""Events of live sound."""

import json
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soundfile

from bench._programmes import programme, with_wrong_bytes, without_sound
from horuslib.audio.media import MediaError
from horuslib.inference.detector import Detector
from horuslib.inference.scan import scan_file
from horuslib.inference.watch import until_stopped, watch
from horuslib.tasks import load_task
from tests.conftest import noise, syllables, tone
from tests.packages import write_toy_package


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.fixture(params=["horus", pytest.param("heimdall", marks=pytest.mark.slow)])
def detector_of(request, tmp_path):
    """Detectors of two tasks: half a segment is a hop of the first, and longer than one of the second."""
    if request.param == "horus":
        return request.getfixturevalue("detector")
    return Detector.load(write_toy_package(tmp_path / "export", load_task(request.param)), environment={})


def test_lost_sound_is_announced_after_half_a_segment_and_placed_exactly(detector_of, rng):
    front_end = detector_of.task.front_end
    step_s, lost, given_s, half_s, rate_hz = 0.25, [], [0.0], front_end.segment_s / 2, front_end.sample_rate_hz
    before, after = syllables(rng, 12, rate_hz), syllables(rng, 20, rate_hz)
    sound = np.concatenate([before, np.zeros(9 * rate_hz, np.float32), after])

    def blocks():
        for block in np.array_split(sound, round(len(sound) / rate_hz / step_s)):
            given_s[0] += step_s
            if 12.3 < given_s[0] <= 21:
                lost[:] = [(12.3, given_s[0])]
            yield block

    lines = [(given_s[0], line) for line in watch(blocks(), detector_of, lost)]
    began_s, begin = lines[0]
    assert (begin["what"], begin["type"], begin["start"]) == ("begin", "ausencia_audio", 12.3)
    assert half_s <= began_s - 12.3 <= half_s + step_s
    assert {(line["event"], line["type"]) for _, line in lines} == {(1, "ausencia_audio")}
    assert (lines[-1][1]["start"], lines[-1][1]["end"]) == (12.3, 21)


def test_a_source_that_gives_nothing_can_be_stopped():
    stopped, never = threading.Event(), threading.Event()

    def blocks():
        yield np.zeros(10)
        never.wait()

    given = until_stopped(blocks(), stopped)
    assert len(next(given)) == 10
    threading.Timer(0.2, stopped.set).start()
    assert list(given) == []
    never.set()


def test_an_error_of_the_source_is_not_lost_between_threads():
    def blocks():
        yield np.zeros(10)
        raise MediaError("gone")

    with pytest.raises(MediaError, match="gone"):
        list(until_stopped(blocks(), threading.Event()))


@pytest.fixture
def watching(package, tmp_path):
    """`horus watch -` in which sound is lost, with its input still open."""
    path = without_sound(programme(tmp_path / "base.ts", 20.0), tmp_path / "x.ts", 6, 99)
    command = [sys.executable, "-m", "horuslib.cli", "watch", "-", "--model", str(package)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as running:
        running.stdin.write(path.read_bytes())
        running.stdin.flush()
        yield running
        running.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_is_open(watching, number):
    begin = json.loads(watching.stdout.readline())
    assert (begin["what"], begin["type"], begin["start"]) == ("begin", "ausencia_audio", pytest.approx(6, abs=0.3))
    time.sleep(0.5)
    watching.send_signal(number)
    out, err = watching.communicate()
    end = json.loads(out.splitlines()[-1])
    assert (end["what"], end["event"], end["start"]) == ("end", begin["event"], begin["start"])
    assert watching.returncode == 128 + number and b"Traceback" not in err and b"leaked" not in err


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_error(watching):
    watching.stdout.readline()
    watching.stdout.close()
    watching.stdin.close()
    err = watching.stderr.read()
    watching.wait()
    assert watching.returncode == 141 and b"Traceback" not in err and b"leaked" not in err


@pytest.mark.slow
@pytest.mark.parametrize("what", ["second track", "damaged bytes"])
def test_a_pipe_goes_on_after_what_is_odd_in_its_middle(package, tmp_path, rng, what):
    """Sound that is lost afterwards is found, at its time."""
    base = programme(tmp_path / "base.ts", 10.0)
    silent = without_sound(base, tmp_path / "silent.ts", -1, 99).read_bytes()
    if what == "second track":
        odd = programme(tmp_path / "two.ts", 10.0, tracks=2).read_bytes()
    else:
        odd = with_wrong_bytes(base.read_bytes(), rng)
    (tmp_path / "x.ts").write_bytes(base.read_bytes() + odd + base.read_bytes() + silent)
    command = [sys.executable, "-m", "horuslib.cli", "watch", "-", "--model", str(package)]
    with open(tmp_path / "x.ts", "rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    last = {line["event"]: line for line in map(json.loads, done.stdout.splitlines()) if "event" in line}
    (found,) = [line for line in last.values() if line["type"] == "ausencia_audio"]
    assert (found["start"], found["end"]) == (pytest.approx(30, abs=0.5), pytest.approx(40, abs=0.5))

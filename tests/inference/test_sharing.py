"""Several scans into one folder share the files."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import soundfile

from horuslib.core.claims import FOLDER, Claims
from horuslib.inference import scan as scan_module
from horuslib.inference.inputs import find_inputs
from horuslib.inference.scan import scan
from tests.conftest import syllables, tone


@pytest.fixture
def videos(tmp_path, rng):
    (tmp_path / "in").mkdir()
    for k in range(8):
        soundfile.write(tmp_path / "in" / f"{k}.wav", np.concatenate([syllables(rng, 10), tone(10)]), 16000)
    return find_inputs([tmp_path / "in"])


def test_a_claim_holds_until_it_is_released(tmp_path):
    one, other = Claims(tmp_path), Claims(tmp_path)
    assert one.take("a") and not other.take("a") and other.take("b")
    one.release("a")
    assert other.take("a") and not one.take("a")
    other.release_all()
    assert one.take("a")
    one.release_all()
    assert not (tmp_path / FOLDER).exists()


def test_a_claim_ends_with_its_process(tmp_path):
    program = "import sys; from pathlib import Path; from horuslib.core.claims import Claims; c = Claims(Path("
    program += "sys.argv[1])); print(c.take('a'), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"True\n"
        assert not Claims(tmp_path).take("a")
        holder.kill()
    assert Claims(tmp_path).take("a")


def test_two_scans_do_each_file_once(detector, videos, tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "POLL_S", 0.01)
    found: dict[str, list] = {"one": [], "other": []}

    def run(who):
        found[who] = list(scan(videos, detector, tmp_path / "out"))

    both = [threading.Thread(target=run, args=(who,)) for who in found]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    new = [[diagnosis["file"] for diagnosis, is_new in of if is_new] for of in found.values()]
    assert sorted(new[0] + new[1]) == [name for _, name in videos], "every file is new to one of them"
    assert all(len(of) == len(videos) for of in found.values()), "both tell of every file"
    assert not (tmp_path / "out" / FOLDER).exists()


def test_a_file_that_another_scan_has_in_hand_comes_last(detector, videos, tmp_path, monkeypatch):
    monkeypatch.setattr(scan_module, "POLL_S", 0.01)
    (tmp_path / "out").mkdir()
    other = Claims(tmp_path / "out")
    assert other.take(videos[0][1])
    order = []
    for diagnosis, _ in scan(videos, detector, tmp_path / "out"):
        order.append(diagnosis["file"])
        if len(order) == len(videos) - 1:
            other.release_all()
    assert order[-1] == videos[0][1] and len(order) == len(videos)


def test_without_patience_nothing_is_said_of_it(detector, videos, tmp_path):
    (tmp_path / "out").mkdir()
    other = Claims(tmp_path / "out")
    assert other.take(videos[0][1])
    assert list(scan(videos[:1], detector, tmp_path / "out", patient=False)) == []
    other.release_all()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity here")
def test_workers_are_started_where_they_pay():
    from horuslib.core.machine import cores
    from horuslib.inference.cluster import worthwhile

    assert not worthwhile(2, 1000) and not worthwhile(64, 2)
    assert worthwhile(64, 1000) == (cores() > 3)

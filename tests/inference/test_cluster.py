"""A real cluster of two worker processes, one of which is killed."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from horuslib.cli import main
from horuslib.core.errors import UserError
from horuslib.inference import cluster
from horuslib.inference.cluster import scan_on_workers
from horuslib.inference.detector import Detector
from horuslib.inference.inputs import find_inputs
from horuslib.inference.scan import scan
from tests.conftest import noise, tone
from tests.packages import write_toy_package

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def two_workers():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
    ) as both:
        yield both


@pytest.fixture
def files(tmp_path, rng):
    (tmp_path / "in").mkdir()
    minute = np.tile(noise(rng, 10), 12)
    for k in range(10):
        soundfile.write(tmp_path / "in" / f"{k}.wav", minute if k % 2 else tone(20), 16000)
    return find_inputs([tmp_path / "in"])


def test_a_killed_worker_loses_no_file_and_duplicates_none(two_workers, files, detector, package, tmp_path):
    with distributed.Client(two_workers) as client:
        pids = list(client.run(os.getpid).values())
        done = []
        # A worker may die between writing and reporting: its file is then found done, not scanned again.
        for found, _ in scan_on_workers(files, detector, package, tmp_path / "out", two_workers.scheduler_address):
            done.append(found["file"])
            assert found["status"] == "ok"
            if len(done) == 2:
                os.kill(pids[0], signal.SIGKILL)
        loaded = client.run(lambda: cluster._detector.cache_info().misses, on_error="ignore")
    assert len(pids) == 2 and sorted(done) == [name for _, name in files]
    assert max(loaded.values()) == 1, "the model is loaded once per worker"
    alone = {d["file"]: d for d, _ in scan(files, detector, tmp_path / "alone")}
    for _, name in files:
        assert json.loads((tmp_path / "out" / f"{name}.json").read_text()) == alone[name]
    for table in ("segments", "events"):
        ours, theirs = (
            pd.read_parquet(tmp_path / out / f"{table}.parquet").sort_values(["file", "start_s"], ignore_index=True)
            for out in ("out", "alone")
        )
        pd.testing.assert_frame_equal(ours, theirs)


def test_a_file_that_a_worker_wrote_before_it_died_is_counted_as_new(two_workers, files, detector, package, tmp_path):
    def die_after_writing(flag):
        from horuslib.inference import cluster

        scan = cluster.unpatched = cluster.scan

        def scan_and_die(*given, **named):
            found = list(scan(*given, **named))
            if not flag.exists():
                flag.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        cluster.scan = scan_and_die

    def undo():
        from horuslib.inference import cluster

        cluster.scan = getattr(cluster, "unpatched", cluster.scan)

    flag = tmp_path / "died"
    with distributed.Client(two_workers) as client:
        client.wait_for_workers(2, timeout=600)
        client.run(die_after_writing, flag)
        done = list(scan_on_workers(files, detector, package, tmp_path / "out", two_workers.scheduler_address))
        client.run(undo)
    assert flag.exists() and sorted(d["file"] for d, _ in done) == [name for _, name in files]
    assert all(new for _, new in done)


def test_what_is_done_is_skipped_by_workers_too(two_workers, files, detector, package, tmp_path, capsys):
    list(scan(files, detector, tmp_path / "out"))
    address = two_workers.scheduler_address
    command = ["scan", str(tmp_path / "in"), "--model", str(package), "--out", str(tmp_path / "out")]
    assert main([*command, "--scheduler", address]) == 0
    assert "10 files (10 done before, skipped)" in capsys.readouterr().out


def test_a_running_worker_loads_the_package_exported_last(two_workers, files, horus, tmp_path):
    address, folder = two_workers.scheduler_address, tmp_path / "export"
    first = Detector.load(write_toy_package(folder, horus), environment={}, dotenv=folder / "none")
    list(scan_on_workers(files[:2], first, folder, tmp_path / "out", address))
    stricter = horus.model_copy(update={"decision": horus.decision.model_copy(update={"gap_tolerance_segments": 3})})
    again = Detector.load(write_toy_package(folder, stricter), environment={}, dotenv=folder / "none")
    done = list(scan_on_workers(files[:2], again, folder, tmp_path / "out", address))
    assert [new for _, new in done] == [True, True]
    assert {found["model"]["key"] for found, _ in done} == {again.signature["key"]} != {first.signature["key"]}


def test_a_worker_that_reads_another_package_is_reported(two_workers, files, horus, tmp_path):
    folder = tmp_path / "export"
    detector = Detector.load(write_toy_package(folder, horus), environment={}, dotenv=folder / "none")
    other = horus.model_copy(update={"decision": horus.decision.model_copy(update={"gap_tolerance_segments": 3})})
    write_toy_package(folder, other)
    with pytest.raises(UserError, match=r"reads another package under .*export than the scan was started with"):
        list(scan_on_workers(files[:1], detector, folder, tmp_path / "out", two_workers.scheduler_address))


def test_a_scheduler_without_workers_is_a_clear_error(files, detector, package, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE_S", 1)
    scheduler = {"cls": distributed.Scheduler, "options": {"dashboard_address": ":0"}}
    idle = distributed.SpecCluster(scheduler=scheduler, silence_logs="CRITICAL")
    with idle, pytest.raises(UserError, match=r"The Dask scheduler at tcp://.* has no worker.*`dask worker tcp://"):
        list(scan_on_workers(files, detector, package, tmp_path / "out", idle.scheduler_address))


def test_an_unreachable_scheduler_is_a_clear_error(files, detector, package, tmp_path):
    with pytest.raises(UserError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(scan_on_workers(files, detector, package, tmp_path / "out", "tcp://127.0.0.1:9"))


def test_no_workers_is_wrong_usage(package, files, tmp_path, capsys):
    command = ["scan", str(tmp_path / "in"), "--model", str(package), "--out", str(tmp_path / "out")]
    assert main([*command, "--workers", "0"]) == 2
    assert "1 or more" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cores", "workers", "files", "pays"),
    [(8, 2, 1000, False), (8, 64, 2, False), (3, 64, 1000, False), (4, 64, 1000, True), (8, 4, 4, True)],
)
def test_workers_pay_where_they_are_more_than_the_cores_of_one_process(monkeypatch, cores, workers, files, pays):
    monkeypatch.setattr(cluster, "cores", lambda: cores)
    assert cluster.worthwhile(workers, files) == pays


@pytest.mark.parametrize("workers", [1, 3])
def test_as_many_workers_start_as_are_asked_for(workers):
    with cluster.connected(None, workers) as client:
        client.wait_for_workers(workers, timeout=120)
        assert len(client.nthreads()) == workers


def test_workers_of_this_machine_print_nothing_of_their_own(package, files, tmp_path):
    command = ["scan", str(files[0][0]), "--model", str(package), "--out", str(tmp_path / "out"), "--workers", "1"]
    done = subprocess.run([sys.executable, "-m", "horuslib.cli", *command], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1 files") and done.stderr == ""


def test_workers_that_cannot_write_give_one_sentence_and_no_traceback(package, files, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "events.parquet").touch()  # where a folder should be
    program = "import sys; from horuslib.cli import main; import horuslib.cli.scan as scan; "
    program += "scan._worthwhile = lambda *_: True; sys.exit(main(sys.argv[1:]))"
    command = ["scan", str(tmp_path / "in"), "--model", str(package), "--out", str(tmp_path / "out"), "--workers", "2"]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    (sentence,) = done.stderr.strip().splitlines()
    assert "cannot be written" in sentence and "scan again into the same folder" in sentence

"""The output folder of a scan, also after interruptions and errors."""

import json
import os
import signal
import subprocess
import sys
import time

import jsonschema
import numpy as np
import pandas as pd
import pytest
import soundfile

from horuslib.core.errors import UserError
from horuslib.inference import results
from horuslib.inference.detector import Detector
from horuslib.inference.inputs import find_inputs
from horuslib.inference.results import Results, fingerprint
from horuslib.inference.scan import scan
from horuslib.inference.tables import write_csv
from tests.conftest import PROJECT, noise, syllables, tone
from tests.packages import write_toy_package

SCHEMA = json.loads((PROJECT / "horuslib/inference/diagnosis.schema.json").read_text())


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Nine files of half a minute, one of a tone, and one that is not a media file."""
    rng, folder = np.random.default_rng(7), tmp_path_factory.mktemp("videos")
    for k in range(9):
        (folder / f"{k % 3}").mkdir(exist_ok=True)
        soundfile.write(folder / f"{k % 3}" / f"{k}.wav", syllables(rng, 30) if k % 2 else noise(rng, 30), 16000)
    soundfile.write(folder / "tone.wav", tone(10), 16000)
    (folder / "bad.mp4").write_text("no video")
    return folder


def command(package, videos, out):
    return [sys.executable, "-m", "horuslib.cli", "scan", str(videos), "--model", str(package), "--out", str(out)]


def content(out):
    """Every diagnosis, and both tables in a fixed order."""
    found = {p.relative_to(out).as_posix(): json.loads(p.read_text()) for p in sorted(out.rglob("*.json"))}
    tables = [pd.read_parquet(out / f"{name}.parquet") for name in ("segments", "events")]
    tables = [t.astype(object).where(t.notna(), None) for t in tables]
    return found, [t.sort_values(["file", "start_s"]).to_dict("records") for t in tables]


@pytest.fixture(scope="module")
def whole(package, videos, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    assert subprocess.run(command(package, videos, out), capture_output=True).returncode == 3
    return content(out)


@pytest.mark.slow
def test_every_diagnosis_keeps_to_the_schema(whole):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for diagnosis in whole[0].values():
        jsonschema.validate(diagnosis, SCHEMA)
    assert {d["status"] for d in whole[0].values()} == {"ok", "error"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**whole[0]["tone.wav.json"], "events": [{"type": "normal"}]}, SCHEMA)


@pytest.mark.slow
def test_tables_agree_with_the_diagnoses(whole):
    diagnoses, (segments, events) = whole
    assert len(segments) == sum(len(d["segments"]) for d in diagnoses.values()) == 9 * 11 + 3
    assert {(e["file"], e["type"], e["start_s"]) for e in events} == {
        (d["file"], e["type"], e["start"]) for d in diagnoses.values() for e in d["events"]
    }
    last = diagnoses["tone.wav.json"]["segments"][-1]
    (row,) = (s for s in segments if s["file"] == "tone.wav" and s["start_s"] == last["timestamp_start"])
    assert (row["predicted_class"], row["p_sinal_teste"]) == ("sinal_teste", last["probabilities"]["sinal_teste"])


@pytest.mark.slow
def test_a_killed_scan_loses_only_the_files_being_scanned(package, videos, whole, tmp_path):
    for _ in range(2):
        running = subprocess.Popen(command(package, videos, tmp_path), stdout=subprocess.DEVNULL)
        before = len(list(tmp_path.rglob("*.json")))
        while len(list(tmp_path.rglob("*.json"))) < min(before + 2, len(whole[0])) and running.poll() is None:
            time.sleep(0.001)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        kept, _ = content(tmp_path)
        assert kept.items() <= whole[0].items() and len(kept) >= min(before + 2, len(whole[0]))
    done = subprocess.run(command(package, videos, tmp_path), capture_output=True, text=True)
    assert f"({len(kept) - ('bad.mp4.json' in kept)} done before, skipped)" in done.stdout
    assert content(tmp_path) == whole
    assert not list(tmp_path.rglob(".*.partial")), "what the killed scans were writing is swept away"


@pytest.mark.slow
def test_two_scans_into_one_folder_give_the_result_of_one(package, videos, whole, tmp_path):
    both = [subprocess.Popen(command(package, videos, tmp_path), stdout=-3, stderr=-3) for _ in range(2)]
    assert [scan.wait() for scan in both] == [3, 3]
    assert content(tmp_path) == whole


def test_csv_holds_the_same_rows(detector, videos, tmp_path):
    list(scan([(videos / "tone.wav", "a.wav"), (videos / "0" / "0.wav", "b.wav")], detector, tmp_path))
    write_csv(tmp_path)
    for name in ("segments", "events"):
        table = pd.read_parquet(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / f"{name}.csv"), table, check_dtype=False)
    assert len(table) == 2


@pytest.mark.slow
def test_a_full_disk_is_a_clear_error_and_leaves_no_partial_file(package, videos, tmp_path):
    limited = f"ulimit -f 4; exec {' '.join(command(package, videos / '0', tmp_path / 'out'))}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "cannot be written (File too large)" in done.stderr
    left = [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert not [name for name in left if name.endswith((".json", ".partial"))]


def test_a_folder_that_cannot_be_made_is_named(detector, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file.out cannot be written"):
        Results(tmp_path / "file" / "out", detector)


@pytest.mark.parametrize("whole_up_to", [10**9, 1000])
def test_a_fingerprint_distinguishes_contents(tmp_path, monkeypatch, whole_up_to):
    monkeypatch.setattr(results, "WHOLE_UP_TO", whole_up_to)
    path = tmp_path / "a"
    path.write_bytes(bytes(2_000_000))
    first = fingerprint(path)
    assert fingerprint(path) == first
    path.write_bytes(bytes(1_999_999) + b"x")
    assert fingerprint(path) != first
    path.write_bytes(bytes(2_000_001))
    assert fingerprint(path)["size_bytes"] == 2_000_001


def test_a_copy_of_a_small_file_is_the_same_content(tmp_path):
    (tmp_path / "a").write_bytes(b"sound")
    first = fingerprint(tmp_path / "a")
    os.utime(tmp_path / "a", (1, 1))
    assert fingerprint(tmp_path / "a") == first


@pytest.mark.slow
def test_an_unchanged_export_scans_nothing_again_and_a_changed_rule_everything(videos, horus, tmp_path):
    def scanned(task):
        package = write_toy_package(tmp_path / "export", task)
        detector = Detector.load(package, environment={}, dotenv=package / "none")
        return [new for _, new in scan(find_inputs([videos / "0"]), detector, tmp_path / "out")]

    assert scanned(horus) == [True] * 3
    assert scanned(horus) == [False] * 3
    rules = horus.decision.model_copy(update={"gap_tolerance_segments": 2})
    assert scanned(horus.model_copy(update={"decision": rules})) == [True] * 3


@pytest.mark.slow
def test_a_folder_with_another_tasks_scan_is_refused_and_nothing_is_lost(videos, horus, heimdall, tmp_path):
    def detector(task):
        package = write_toy_package(tmp_path / task.name / "export", task)
        return Detector.load(package, environment={}, dotenv=package / "none")

    out = tmp_path / "out"
    list(scan([(videos / "tone.wav", "tone.wav")], detector(horus), out))
    before = content(out)
    with pytest.raises(UserError, match=r"holds a scan for the labels ausencia_audio, volume_baixo.*another folder"):
        list(scan([(videos / "tone.wav", "tone.wav")], detector(heimdall), out))
    assert content(out) == before
    assert "p_volume_baixo" in pd.read_parquet(out / "segments.parquet")

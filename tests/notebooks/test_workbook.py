"""The whole workbook, as `make all` runs it: real videos, a real training (a short one), real notebooks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import yaml

from horuslib.audio.encode import write_wav
from horuslib.core.paths import PROJECT, Paths
from horuslib.core.workbooks import AUDIO
from horuslib.review.panel.ledger import Ledger
from horuslib.synthesis.music import music
from horuslib.synthesis.programme import programme
from horuslib.tasks import load_task
from horuslib.workflow import runner
from tests.notebooks.conftest import horus, write_task

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(workbook, tmp_path, monkeypatch):
    """A copy of that root, to change."""
    root, task, _ = workbook
    shutil.copytree(root / "artifacts", tmp_path / "artifacts")
    shutil.copytree(root / "reports", tmp_path / "reports")
    monkeypatch.setenv("HORUS_ROOT", str(tmp_path))
    return tmp_path, task


def test_every_step_leaves_its_artifacts_and_its_report(workbook):
    root, _, _ = workbook
    paths = Paths(root=root)
    for step in AUDIO.names:
        provenance = json.loads((paths.step("quick", step) / "provenance.json").read_text("utf-8"))
        assert provenance["step"] == step
        assert (paths.reports("quick") / f"{step}.html").stat().st_size < 12e6
    assert (paths.reports() / "index.html").exists()
    for name in ("audio_model_finetune.keras", "audio_model_finetune.metadata.json", "labels.csv", ".env.horus"):
        assert (paths.export("quick") / name).is_file(), name


def test_the_summary_says_where_the_model_is_how_good_and_what_to_open(workbook):
    root, _, printed = workbook
    last = printed.strip().splitlines()[-4:]
    assert last[0].startswith("8 of 8 steps ran")
    assert last[1].startswith("Macro-F1: out of fold 0.")
    assert last[2] == f"Model for Horus: {root / 'artifacts' / 'quick' / 'export'}"
    assert last[3] == f"Open: {root / 'reports' / 'index.html'}"


def test_nothing_reruns_when_nothing_changed(workbook):
    root, task, _ = workbook
    again = horus("run", "08_export", "--task", task, root=root)
    assert again.stdout.count("up to date") == len(AUDIO.names)
    assert "0 of 8 steps ran" in again.stdout


def test_known_good_programme_is_learnt_and_judged_by_source(copy):
    root, task = copy
    paths, good = Paths(root=root), root / "known_good"
    for source, style, seed in (("radio", "loops", 1), ("radio", "song", 2), ("games", "chip", 3), ("tv", "rock", 4)):
        (good / source).mkdir(parents=True, exist_ok=True)
        write_wav(good / source / f"{style}.wav", music(np.random.default_rng(seed), 22.0, 16000, style), 16000)
    (good / "tv" / "broken.mp4").write_bytes(b"nothing")
    (good / "sources.csv").write_text("source,kind\nradio,music\n")
    outcomes = runner.run("07_review", str(task), {"good": str(good)}, paths)
    assert outcomes[0].ran and outcomes[4].ran and outcomes[6].ran

    ingest, train, evaluation = (paths.step("quick", AUDIO[word]) for word in ("ingest", "train", "evaluate"))
    known = pd.read_parquet(ingest / "known_good.parquet").set_index("path")
    assert known.status["tv/broken.mp4"] == "failed" and (known.status == "ok").sum() == 4
    assert known.fold["radio/loops.wav"] == known.fold["radio/song.wav"]
    assert set(known.fold[known.status == "ok"]) == {0, 1}, (
        "each source is evaluated by a model that never learnt from it"
    )
    assert not (ingest / "known_good_sound").exists(), "the sound is not kept"
    heard = pd.read_parquet(train / "known_good.parquet")
    assert set(heard.recording_id) == set(known.recording_id[known.status == "ok"])
    assert {"hard", "random"} & set(heard.chosen) and not (train / "examples.npy").exists()
    metrics = json.loads((evaluation / "metrics.json").read_text("utf-8"))["known_good"]
    alarms = pd.read_parquet(evaluation / "known_good_alarms.parquet")
    assert metrics["hours"] == pytest.approx(4 * 22 / 3600, rel=0.02) and metrics["count"] == len(alarms)
    assert "false alarms per hour of known-good programme" in (paths.reports("quick") / "index.html").read_text("utf-8")
    pages = [(paths.reports("quick") / f"{AUDIO[word]}.html").read_text("utf-8") for word in ("train", "evaluate")]
    assert "are learnt from" in pages[0] and "false alarm" in pages[1]
    assert {row["name"] for row in metrics["by_kind"]} == {"music", "unknown"}
    assert set(metrics["recall"]) == set(load_task(str(task)).labels)
    assert "alarms in 0.0 h" in pages[1] and "not evaluated here" in pages[1] and "recall" in pages[1]

    (good / "sources.csv").write_text("source,kind\nradio,music\ntv,speech\n")
    again = runner.run("06_evaluate", str(task), {"good": str(good)}, paths)
    assert [outcome.step for outcome in again if outcome.ran] == [AUDIO["evaluate"]]


def test_a_channels_own_level_is_measured_once_and_used_by_every_later_step(copy):
    root, task = copy
    paths, good = Paths(root=root), root / "known_good" / "tv"
    good.mkdir(parents=True)
    for seed, level in enumerate((-35, -32, -29)):
        samples = programme(np.random.default_rng(seed), 15.0, 16000, "debate", target_lufs=level).samples
        write_wav(good / f"{seed}.wav", samples, 16000)
    content = yaml.safe_load(task.read_text("utf-8"))
    content["decision"]["target_lufs"] = "auto"
    own = root / "own.yaml"
    own.write_text(yaml.safe_dump(content), "utf-8")
    options = {"good": str(good.parent)}
    assert all(outcome.ran for outcome in runner.run("04_features", str(own), options, paths))

    level = json.loads((paths.step("quick", AUDIO["ingest"]) / "channel_level.json").read_text("utf-8"))
    assert level["lufs"] == pytest.approx(-32, abs=1.5) and level["recordings"] == 3
    assert f"Typically {level['lufs']:.1f} LUFS" in (paths.reports("quick") / "01_ingest.html").read_text("utf-8")
    variations = pd.read_parquet(paths.step("quick", AUDIO["augment"]) / "variations.parquet")
    lowered = [x for row in variations.transforms for x in json.loads(row) if x["name"] == "LowerVolume"]
    assert lowered and max(x["parameters"]["lufs"] for x in lowered) <= level["lufs"] - 14
    assert not any(outcome.ran for outcome in runner.run("04_features", str(own), options, paths))


def test_a_training_parameter_reruns_training_and_what_follows(copy):
    root, _ = copy
    changed = write_task(root / "changed.yaml", dropout=0.3)
    outcomes = runner.run("05_train", str(changed), "", Paths(root=root))
    assert [o.step for o in outcomes if o.ran] == ["05_train"]


def test_saved_thresholds_rerun_evaluation_and_not_training(copy):
    root, task = copy
    paths, spec = Paths(root=root), load_task(str(task))
    chosen = paths.step("quick", "06_evaluate") / "thresholds.json"
    own = round(json.loads(chosen.read_text("utf-8"))["eco_reverb"] - 0.05, 2)  # another one than stands
    Ledger(spec, paths, "ana").save_thresholds({"eco_reverb": own}, {})
    outcomes = runner.run("06_evaluate", str(task), "", paths)
    assert [o.step for o in outcomes if o.ran] == ["06_evaluate"]
    assert json.loads(chosen.read_text("utf-8"))["eco_reverb"] == own
    first_screen = (paths.reports("quick") / "index.html").read_text("utf-8")
    assert "Since the previous run" in first_screen
    assert f"The threshold of eco_reverb was set to {own:.2f} by hand." in first_screen


def test_a_correction_that_was_taken_back_reruns_the_ingest_alone(copy):
    root, task = copy
    paths, spec = Paths(root=root), load_task(str(task))
    recordings = pd.read_parquet(paths.step("quick", "01_ingest") / "recordings.parquet")
    ledger = Ledger(spec, paths, "ana")
    ledger.undo(ledger.correct(recordings.sha256[0], 0, 5, "normal").entry)
    outcomes = runner.run("05_train", str(task), "", paths)
    assert [o.step for o in outcomes if o.ran] == ["01_ingest"]


def test_a_corrected_label_drives_the_next_run_and_its_first_page_says_so(copy):
    root, task = copy
    paths, spec = Paths(root=root), load_task(str(task))
    segments = pd.read_parquet(paths.step("quick", "01_ingest") / "segments.parquet")
    recordings = pd.read_parquet(paths.step("quick", "01_ingest") / "recordings.parquet").set_index("recording_id")
    chosen = segments[(segments.label == "normal") & (segments.split == "train")].iloc[0]
    Ledger(spec, paths, "ana").correct(
        recordings.sha256[chosen.recording_id], chosen.start_s, chosen.end_s, "eco_reverb"
    )
    ran = [o.step for o in runner.run("06_evaluate", str(task), "", paths) if o.ran]
    assert ran == ["01_ingest", "02_explore", "03_augment", "04_features", "05_train", "06_evaluate"]
    first_screen = (paths.reports("quick") / "index.html").read_text("utf-8")
    assert "Since the previous run" in first_screen and "1 correction more." in first_screen
    assert len(list((paths.task("quick") / "history").glob("*.json"))) == 2


def test_a_broken_cell_stops_the_run_and_loses_nothing(copy):
    root, task = copy
    project = root / "project"
    shutil.copytree(PROJECT / "notebooks", project / "notebooks")
    shutil.copytree(PROJECT / "data" / "demo", project / "data" / "demo")
    notebook = project / "notebooks" / "03_augment.ipynb"
    content = json.loads(notebook.read_text("utf-8"))
    code = [i for i, cell in enumerate(content["cells"]) if cell["cell_type"] == "code"]
    broken = code[-2]
    content["cells"][broken]["source"] = ["1 / 0"]
    notebook.write_text(json.dumps(content), "utf-8")
    paths = Paths(root=root, project=project)
    before = (paths.step("quick", "03_augment") / "provenance.json").read_bytes()

    with pytest.raises(runner.StepFailed) as stopped:
        runner.run("08_export", str(task), "", paths)

    said = str(stopped.value).splitlines()
    assert said[0] == f"notebooks/03_augment.ipynb stopped in cell {broken + 1}."
    assert said[1] == "ZeroDivisionError: division by zero"
    failed = paths.task("quick") / "03_augment.failed.ipynb"
    assert said[2].endswith(str(failed))
    errors = [o for c in json.loads(failed.read_text("utf-8"))["cells"] for o in c.get("outputs", [])]
    assert any(o.get("ename") == "ZeroDivisionError" for o in errors)
    assert (paths.step("quick", "03_augment") / "provenance.json").read_bytes() == before

    mended = runner.run("03_augment", str(task), "", Paths(root=root))
    assert not failed.exists(), "a step that runs through sweeps the failed notebook away"
    assert [o.step for o in mended if o.ran] in ([], ["03_augment"])


def test_a_run_killed_half_way_starts_clean(copy):
    root, task = copy
    step = Paths(root=root).step("quick", "01_ingest")
    before = (step / "provenance.json").read_bytes()
    shutil.rmtree(step.parent / "03_augment")
    run = subprocess.Popen(
        [sys.executable, "-m", "horuslib.cli", "run", "03_augment", "--task", str(task)],
        env={**os.environ, "HORUS_ROOT": str(root)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    partial = step.parent / ".03_augment.partial"
    deadline = time.monotonic() + 120
    while not partial.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert partial.exists(), "the run was cut off while the step was being written"
    assert not (step.parent / "03_augment").exists()

    outcomes = runner.run("03_augment", str(task), "", Paths(root=root))
    assert [o.step for o in outcomes if o.ran] == ["03_augment"]
    assert not partial.exists()
    assert (step / "provenance.json").read_bytes() == before


def test_two_runs_of_one_task_do_not_meet(copy):
    root, task = copy
    with (
        runner._only_one(Paths(root=root).task("quick"), "quick"),
        pytest.raises(runner.UserError, match="Another run is at work on task quick"),
    ):
        runner.run("01_ingest", str(task), "", Paths(root=root))


def test_an_unknown_step_is_told_the_steps(root):
    with pytest.raises(runner.UserError, match=r"There is no step 'trian'.*05_train"):
        runner.run("trian")


def test_a_missing_folder_of_videos_is_a_sentence(root):
    done = horus("run", "01_ingest", "--raw", root / "nowhere", root=root)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"horus: There is no folder {root / 'nowhere'}: give the folder that holds the videos."
    ]


def test_the_quick_task_is_the_horus_task_but_for_its_size(workbook):
    _, task, _ = workbook
    assert load_task(str(task)).labels == load_task("horus").labels

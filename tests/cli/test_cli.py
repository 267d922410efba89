"""The command line from the user's view: output, files, exit statuses."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from horuslib.cli import main
from tests.conftest import syllables, tone


@pytest.fixture
def videos(tmp_path, rng, monkeypatch):
    """One good file and one bad, in a working folder without `.env`."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "videos"
    (folder / "normal_clips").mkdir(parents=True)
    soundfile.write(folder / "tone.wav", tone(10), 16000)
    soundfile.write(folder / "normal_clips" / "news.wav", syllables(rng, 10), 16000)
    return folder


HELP = """
import sys
from horuslib.cli import main
try:
    main(["--help"])
except SystemExit:
    print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_help_imports_no_library_but_the_standard_one():
    """What takes time in `horus --help` are imports: the interpreter alone starts in 0.02 s."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True)
    assert "scan" in done.stdout and "score" in done.stdout and "run" in done.stdout
    imported = set(done.stdout.splitlines()[-1].split())
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    at_start = {name.partition(".")[0] for name in bare.stdout.split()}  # of the environment: finders, tracers
    assert imported - at_start - sys.stdlib_module_names == {"horuslib"}


@pytest.mark.slow
def test_a_scan_writes_what_score_reads(export, videos, tmp_path, capsys):
    assert main(["scan", str(videos), "--model", str(export), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "2 files" in printed and "sinal_teste 1" in printed
    truth = {
        "tone.wav": {"seconds": 10, "faults": [{"start": 0, "end": 10, "label": "sinal_teste"}]},
        "normal_clips/news.wav": {"seconds": 10, "faults": []},
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    assert main(["score", str(tmp_path / "truth.json"), str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["macro_f1"], result["false_alarms_per_hour"], result["missing"]) == (1.0, 0.0, [])
    assert main(["score", str(tmp_path / "truth.json"), str(tmp_path / "out")]) == 0
    assert "macro-F1 1.000" in capsys.readouterr().out


@pytest.mark.slow
def test_the_report_of_a_scan_plays_its_events(export, videos, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["scan", str(videos), "--model", str(export), "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["report", str(out), "--sound", str(videos)]) == 0
    assert capsys.readouterr().out.startswith(f"{out / 'report.html'} (0.")
    page = (out / "report.html").read_text("utf-8")
    assert "1 event in 1 of 2 videos" in page and "data:audio/webm" in page
    (videos / "tone.wav").unlink()
    assert main(["report", str(out), "--sound", str(videos), "--out", str(tmp_path / "page.html")]) == 0
    printed = capsys.readouterr()
    assert "0 playable events" in printed.out and "1 video is not in the folder of sound: tone.wav" in printed.err
    assert main(["report", str(videos)]) == 2
    assert "holds no diagnosis" in capsys.readouterr().err


def test_an_unreadable_file_does_not_stop_the_scan_and_sets_the_exit_status(export, videos, tmp_path, capsys):
    (videos / "bad.mp4").write_text("no video")
    assert main(["scan", str(videos), "--model", str(export), "--out", str(tmp_path / "out")]) == 3
    assert "bad.mp4" in capsys.readouterr().err
    assert json.loads((tmp_path / "out" / "bad.mp4.json").read_text())["status"] == "error"
    assert json.loads((tmp_path / "out" / "tone.wav.json").read_text())["status"] == "ok"


@pytest.mark.slow
def test_fail_on_fault_sets_the_exit_status(export, videos, tmp_path, capsys):
    scan = ["scan", "--model", str(export), "--out", str(tmp_path / "out"), "--fail-on-fault"]
    assert main([*scan, str(videos / "normal_clips")]) == 0
    assert main([*scan, str(videos)]) == 1
    assert main([*scan, str(videos)]) == 1, "faults of skipped files count too"
    assert "skipped" in capsys.readouterr().out


def test_csv_writes_the_tables_also_as_csv(export, videos, tmp_path):
    assert main(["scan", str(videos), "--model", str(export), "--out", str(tmp_path / "out"), "--csv"]) == 0
    assert (tmp_path / "out" / "events.csv").read_text().splitlines()[1].startswith('"tone.wav","sinal_teste",0,10')


def test_a_threshold_can_be_given(export, videos, tmp_path, capsys):
    arguments = [
        "scan",
        str(videos / "tone.wav"),
        "--model",
        str(export),
        "--out",
        str(tmp_path),
        "--threshold",
        "default=1",
    ]
    assert main(arguments) == 0
    assert "Events: none" in capsys.readouterr().out


def test_horuss_environment_sets_thresholds(export, videos, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AUDIO_THRESH_SINAL_TESTE", "1")
    assert main(["scan", str(videos / "tone.wav"), "--model", str(export), "--out", str(tmp_path)]) == 0
    assert "Events: none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"input": "nowhere"}, "nowhere"),
        ({"model": "no_model"}, "no_model"),
        ({"more": ["--threshold", "eco_reverb"]}, "LABEL=SHARE"),
        ({"more": ["--threshold", "eco_reverb=2"]}, "number from 0 to 1"),
    ],
)
def test_user_errors_are_one_sentence(export, videos, tmp_path, capsys, changes, word):
    command = ["scan", changes.get("input", str(videos)), "--model", changes.get("model", str(export))]
    assert main([*command, "--out", str(tmp_path / "out"), *changes.get("more", [])]) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1 and word in printed
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [[], ["scan"], ["dance"], ["score", "one"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage" in capsys.readouterr().err


def test_an_unknown_step_or_task_is_one_sentence(root, capsys):
    assert main(["run", "dance"]) == 2
    assert "dance" in capsys.readouterr().err
    assert main(["run", "export", "--task", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err


@pytest.mark.slow
def test_a_scan_in_a_separate_process_prints_only_its_own_messages(export, videos, tmp_path):
    command = [sys.executable, "-m", "horuslib.cli", "scan", str(videos / "tone.wav")]
    done = subprocess.run([*command, "--model", str(export), "--out", str(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert np.isclose(json.loads((tmp_path / "tone.wav.json").read_text())["duration_s"], 10)


@pytest.mark.slow
def test_a_closed_output_pipe_gives_no_traceback(tmp_path):
    videos = {f"{k:05d}.mp4": {"seconds": 5, "faults": []} for k in range(5000)}
    (tmp_path / "truth.json").write_text(json.dumps(videos))
    (tmp_path / "out").mkdir()
    command = f"{sys.executable} -m horuslib.cli score {tmp_path}/truth.json {tmp_path}/out --json | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_a_scan_of_known_good_programme_reports_its_alarms(export, videos, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["scan", str(videos), "--model", str(export), "--out", str(out), "--good"]) == 0
    printed = capsys.readouterr().out
    assert f"{out / 'report.html'} (0." in printed and "lists 1 alarm as normal" in printed
    assert "False alarms by source" in (out / "report.html").read_text("utf-8")
    assert "tone" not in (out / "hard_normals.csv").read_text("utf-8").splitlines()[0]
    assert main(["scan", str(videos / "tone.wav"), "--model", str(export), "--out", str(out), "--good"]) == 2
    assert "--good takes one folder" in capsys.readouterr().err

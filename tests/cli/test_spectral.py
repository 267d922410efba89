"""`horus spectral`: what is odd, another class, generated events."""

import os

import pytest

from horuslib.cli import main
from horuslib.cli.status import DONE, SOME_UNREADABLE, WRONG
from tests.conftest import write_tree


def test_check_names_what_is_odd_event_by_event(tmp_path, capsys):
    write_tree(
        tmp_path,
        {
            "event_a/sensors.csv": "",
            "event_a/metadata.json": '{"classification": "Ruido ambiente"}',
            "event_b/sensors.csv": "timestamp,magnetic_magnitude\n0.1,48\n",
            "event_b/metadata.json": '{"classification": "Fantasma"}',
        },
    )
    assert main(["spectral", "check", str(tmp_path)]) == SOME_UNREADABLE
    shown = capsys.readouterr().out
    assert "error: event_a/sensors.csv: it is empty" in shown
    assert "warning: event_b/metadata.json: classification 'Fantasma' is none of" in shown
    assert "warning: event_b/sensors.csv: one row only" in shown
    assert shown.splitlines()[-1] == "2 events: Ruído_Ambiente 1, no class 1"


def test_check_goes_event_by_event_the_worst_of_each_first(tmp_path, capsys):
    write_tree(tmp_path, {"event_a/metadata.json": "{}", "event_b/sensors.csv": "", "event_c/metadata.json": "["})
    (tmp_path / "event_d").mkdir()
    assert main(["spectral", "check", str(tmp_path)]) == SOME_UNREADABLE
    rows = [line.split(": ")[:2] for line in capsys.readouterr().out.splitlines()[:-1]]
    named = [file.split("/")[0] for _, file in rows]
    assert named == sorted(named) and set(named) == {"event_a", "event_b", "event_c", "event_d"}
    of_b = [severity for severity, file in rows if file.startswith("event_b")]
    assert of_b == ["error", "warning", "warning", "note"]


def test_a_folder_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["spectral", "check", str(tmp_path / "nowhere")]) == WRONG
    assert "is no folder" in capsys.readouterr().err


def test_demo_and_label(root, tmp_path, capsys):
    assert main(["spectral", "demo", str(tmp_path / "made"), "--events", "1"]) == DONE
    event = next((tmp_path / "made").glob("event_*"))
    assert main(["spectral", "label", str(event), "forma humanoide potencial"]) == DONE
    assert "Ruído_Ambiente -> Forma_Humanoide_Potencial" in capsys.readouterr().out
    assert main(["spectral", "label", str(event), "Fantasma"]) == WRONG
    assert (root / "data" / "labels" / "event_classes.csv").read_text("utf-8").count("\n") == 2


def test_only_a_folder_that_holds_an_event_is_given_a_class(root, tmp_path, capsys):
    write_tree(tmp_path, {"all/event_a/sensors.csv": "timestamp,magnetic_magnitude\n0,48\n"})
    assert main(["spectral", "label", str(tmp_path / "all"), "forma humanoide potencial"]) == WRONG
    assert "holds none of video.mp4, audio.wav, sensors.csv: give the folder of one event" in capsys.readouterr().err
    assert not (root / "data" / "labels" / "event_classes.csv").exists()
    odd = tmp_path / "all" / os.fsdecode(b"event_\xff")
    (tmp_path / "all" / "event_a").rename(odd)
    assert main(["spectral", "label", str(odd), "forma humanoide potencial"]) == DONE
    assert r"event_\xff" in (root / "data" / "labels" / "event_classes.csv").read_text("utf-8")
    assert r"event_\xff: no class -> Forma_Humanoide_Potencial" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["check", "label", "demo", "watch"])
def test_every_action_has_help(action, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["spectral", action, "--help"])
    assert stopped.value.code == 0 and "usage" in capsys.readouterr().out

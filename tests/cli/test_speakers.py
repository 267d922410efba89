"""`horus speakers`: files in, turns and sentences out."""

import json
import re

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.cli import main
from horuslib.cli.status import DONE, SOME_UNREADABLE, WRONG
from horuslib.speakers.conversation import Setting, conversation
from tests.conftest import tone
from tests.speakers.conftest import MAN, WOMAN, needs_metrics, needs_voices
from tests.speakers.networks import spectral_mean_network


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two recordings to diarize and two that cannot be."""
    folder = tmp_path_factory.mktemp("recordings")
    samples, _ = conversation(np.random.default_rng(3), [MAN, WOMAN], 15, Setting(overlap=0))
    write_wav(folder / "talk.wav", samples, 16000)
    write_wav(folder / "sub" / "again.wav", samples, 16000)
    write_wav(folder / "tone.wav", tone(5), 16000)
    (folder / "broken.mp3").write_bytes(b"nothing")
    return folder


@needs_voices
@needs_metrics
def test_what_can_be_diarized_is_and_the_rest_is_named(folder, tmp_path, capsys):
    assert (
        main(["speakers", "diarize", str(folder), "--out", str(tmp_path), "--speakers", "2", "--csv"])
        == SOME_UNREADABLE
    )
    said = capsys.readouterr()
    assert "talk.wav: 2 speakers" in said.out
    assert "2 of 4 recordings diarized" in said.out
    assert "tone.wav: nobody speaks" in said.err
    assert "broken.mp3 cannot be opened" in said.err
    assert (tmp_path / "sub" / "again.rttm").is_file()
    assert (tmp_path / "turns.csv").is_file()
    assert json.loads((tmp_path / "talk.json").read_text("utf-8"))["settings"]["number"]["exact"] == 2
    assert main(["speakers", "score", str(tmp_path / "talk.rttm"), str(tmp_path / "sub" / "again.rttm")]) == DONE
    assert re.search(r"^ *all( +\S+)( +0\.0){4} +2 of 2$", capsys.readouterr().out, re.M)
    assert main(["speakers", "score", "--json", str(tmp_path), str(tmp_path)]) == DONE
    assert json.loads(capsys.readouterr().out)["total"][0]["der"] == 0


@needs_voices
def test_varieties_are_declared_by_the_folders_table_or_by_the_option(folder, tmp_path, capsys):
    given = tmp_path / "in"
    (given / "sub").mkdir(parents=True)
    for name in ("talk.wav", "sub/again.wav"):
        (given / name).write_bytes((folder / name).read_bytes())
    (given / "speakers.csv").write_text("recording,variety\nsub/again.wav,pt-ao\n", "utf-8")
    base = ["speakers", "diarize", str(given), "--out", str(tmp_path)]
    assert main([*base, "--variety", "pt-br"]) == DONE
    for name, variety in (("talk", "pt-BR"), ("sub/again", "pt-AO")):
        assert json.loads((tmp_path / f"{name}.json").read_text("utf-8"))["variety"] == variety
    assert main([*base, "--variety", "klingon"]) == WRONG
    assert "The variety 'klingon' is none of pt-BR" in capsys.readouterr().err


def test_contradicting_numbers_and_unknown_backends_are_said(folder, tmp_path, capsys):
    base = ["speakers", "diarize", str(folder / "talk.wav"), "--out", str(tmp_path)]
    assert main([*base, "--min", "3", "--max", "2"]) == WRONG
    assert "--min is 3 and --max is 2" in capsys.readouterr().err
    assert main([*base, "--backend", "xvector"]) == WRONG
    assert "choose one of mfcc" in capsys.readouterr().err


def test_two_recordings_of_one_name_are_refused(folder, tmp_path, capsys):
    write_wav(tmp_path / "in" / "a.wav", tone(2), 16000)
    write_wav(tmp_path / "in" / "a.flac.wav", tone(2), 16000)
    (tmp_path / "in" / "a.mp3").write_bytes(b"")
    assert main(["speakers", "diarize", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == WRONG
    assert "would both be written as" in capsys.readouterr().err


@pytest.mark.slow
@needs_voices
def test_statistics_are_computed_used_and_refused(folder, tmp_path, capsys):
    from horuslib.speakers.corpus.statistics import load
    from horuslib.speech.rttm import write_rttm
    from horuslib.speech.turns import Turn

    voices = tmp_path / "voices"
    samples, turns = conversation(np.random.default_rng(5), [MAN, WOMAN], 15, Setting(overlap=0))
    write_wav(voices / "known.wav", samples, 16000)
    write_rttm(voices / "known.rttm", "known", turns)
    assert main(["speakers", "stats", str(voices), "--out", str(tmp_path / "v.npz")]) == DONE
    said = capsys.readouterr().out
    assert "2 speakers" in said
    assert "10 speakers and 30 minutes are the least" in said
    base = [
        "speakers",
        "diarize",
        str(voices / "known.wav"),
        "--out",
        str(tmp_path / "out"),
        "--stats",
        str(tmp_path / "v.npz"),
    ]
    assert main(base) == DONE
    assert "voices are compared without them" in capsys.readouterr().out
    beside = json.loads((tmp_path / "v.json").read_text("utf-8"))
    (tmp_path / "v.json").write_text(json.dumps(beside | {"speakers": 12, "minutes": 40}), "utf-8")
    assert load(tmp_path / "v.npz").enough
    assert main(base) == SOME_UNREADABLE
    assert "known.wav is among the recordings of the statistics" in capsys.readouterr().err
    assert main([*base, "--backend", "onnx:x.onnx"]) == WRONG
    assert "--stats is for the backend mfcc" in capsys.readouterr().err
    write_rttm(voices / "known.rttm", "known", [Turn(0, 30, "A")])
    assert main(["speakers", "stats", str(voices), "--out", str(tmp_path / "w.npz")]) == WRONG
    assert "Statistics need two speakers" in capsys.readouterr().err
    assert not (tmp_path / "w.npz").exists()


def test_corrections_are_recorded_and_taken_back(root, tmp_path, capsys):
    from horuslib.core.paths import Paths
    from horuslib.speakers.corrections import standing

    path = write_wav(tmp_path / "x.wav", tone(2), 16000)
    assert main(["speakers", "correct", str(path), "rename", "--at", "1", "--name", "Ana"]) == DONE
    entry = capsys.readouterr().out.split(":")[0]
    ((_, (correction,)),) = standing(Paths())[0].items()
    assert (correction.action, correction.name, correction.entry) == ("rename", "Ana", entry)
    assert main(["speakers", "correct", str(path), "undo", "--entry", entry]) == DONE
    assert standing(Paths())[0] == {}
    assert main(["speakers", "correct", str(path), "merge", "--at", "1"]) == WRONG
    assert "merge needs a second time" in capsys.readouterr().err
    assert main(["speakers", "correct", str(tmp_path / "y.wav"), "rename", "--name", "A"]) == WRONG
    assert "There is no file" in capsys.readouterr().err


@needs_voices
def test_a_correction_is_applied_by_the_next_diarization(folder, root, tmp_path, capsys):
    path = folder / "talk.wav"
    main(["speakers", "diarize", str(path), "--out", str(tmp_path), "--speakers", "2"])
    turn = json.loads((tmp_path / "talk.json").read_text("utf-8"))["turns"][0]
    at_s = (turn["start_s"] + turn["end_s"]) / 2
    main(["speakers", "correct", str(path), "rename", "--at", f"{at_s:.2f}", "--name", "Ana"])
    main(["speakers", "correct", str(path), "move", "--at", "900", "--to", "901"])
    assert main(["speakers", "diarize", str(path), "--out", str(tmp_path), "--speakers", "2"]) == DONE
    speakers = {one["speaker"] for one in json.loads((tmp_path / "talk.json").read_text("utf-8"))["speakers"]}
    assert "Ana" in speakers and len(speakers) == 2
    assert "Correction not used: talk.wav: move at 900.0 s finds nobody there" in capsys.readouterr().err


@pytest.mark.slow
@needs_voices
def test_who_is_enrolled_is_named_in_another_recording(folder, tmp_path, capsys):
    pytest.importorskip("onnx")
    pytest.importorskip("kaldi_native_fbank")
    backend, out = spectral_mean_network(tmp_path / "mean.onnx"), tmp_path / "voices.npz"
    known = tmp_path / "known"
    samples, _ = conversation(np.random.default_rng(4), [WOMAN], 15)
    write_wav(known / "eva.wav", samples, 16000)
    (known / "speakers.csv").write_text("recording,speaker\neva.wav,Eva\n", "utf-8")
    assert main(["speakers", "enrol", str(known), "--out", str(out), "--backend", backend]) == DONE
    assert re.search(r"Eva: \d+\.\d s of speech, from eva\.wav", capsys.readouterr().out)
    other, _ = conversation(np.random.default_rng(5), [WOMAN], 15)
    write_wav(tmp_path / "other.wav", other, 16000)
    command = ["speakers", "diarize", str(tmp_path / "other.wav"), "--out", str(tmp_path / "turns"), "--speakers", "1"]
    assert main([*command, "--backend", backend, "--voices", str(out)]) == DONE
    assert "S01 is recognised as Eva" in capsys.readouterr().out
    assert "Eva" in (tmp_path / "turns" / "other.rttm").read_text("utf-8")
    assert main([*command, "--voices", str(out)]) == WRONG
    assert "mfcc cannot be compared across recordings" in capsys.readouterr().err
    assert main(["speakers", "enrol", str(known), "--out", str(out), "--backend", "mfcc"]) == WRONG

"""The package from the outside: what stands in it, and whether it works where this project does not exist."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from horuslib.errors import UserError
from horuslib.export.bundle import calibrated_model, env_lines, write_bundle
from horuslib.sound.features import segment_to_input
from tests.conftest import noise, syllables, tone
from tests.packages import CALIBRATION, toy_model, write_toy_package

ALONE = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "horuslib":
            raise ImportError("there is no horuslib here")

sys.meta_path.insert(0, Refused())
sys.path.insert(0, sys.argv[1])
import json
import keras
import numpy as np
import preprocess as p

sounds = np.load(sys.argv[2])
inputs = np.concatenate([p.audio_segment_to_input(x, sr=p.DEFAULT_SR) for x in sounds])
model = keras.models.load_model(sys.argv[1] + "/models/audio_model_finetune.keras")
np.savez(sys.argv[3], inputs=inputs, probabilities=model.predict(inputs, verbose=0))
print(json.dumps([p.SEGMENT_DURATION, p.DEFAULT_SR, "horuslib" in sys.modules]))
"""


@pytest.mark.parametrize("name", ["horus", "heimdall"])
def test_it_works_where_horuslib_is_not(name, request, tmp_path, rng):
    task = request.getfixturevalue(name)
    front = task.front_end
    rate, seconds = front.sample_rate_hz, front.segment_s
    package = write_toy_package(tmp_path / "export", task) / "model_audio_keras"
    # Horus's own probe first, then every kind of sound, too short and too long
    sounds = [
        0.5 * np.sin(2 * np.pi * 1000 * np.arange(front.segment_samples) / rate).astype(np.float32),
        noise(rng, seconds, rate),
        syllables(rng, seconds, rate),
        syllables(rng, seconds, rate, level_dbfs=-50),
        np.zeros(front.segment_samples, np.float32),
    ]
    np.save(tmp_path / "sounds.npy", np.stack(sounds))
    command = [sys.executable, "-I", "-c", ALONE, package, tmp_path / "sounds.npy", tmp_path / "out.npz"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [seconds, rate, False]
    out = np.load(tmp_path / "out.npz")
    wanted = np.stack([segment_to_input(x, front) for x in sounds])
    assert out["inputs"].shape == wanted.shape
    assert np.abs(out["inputs"] - wanted).max() < 1e-5
    heard = [task.labels[k] for k in out["probabilities"].argmax(axis=1)]
    assert heard[:3] == ["sinal_teste", "ruido_hiss", "normal"]
    assert out["probabilities"].sum(axis=1) == pytest.approx(np.ones(len(sounds)))


def test_metadata_says_what_horus_reads(export, horus):
    about = json.loads((export / "audio_model_finetune.metadata.json").read_text())
    assert about["labels"] == horus.labels
    assert about["input_shape"] == [128, 128, 1]
    assert (about["sample_rate"], about["segment_duration_s"], about["duration"], about["hop"]) == (
        16000,
        5.0,
        5.0,
        2.5,
    )
    assert [about[k] for k in ("n_mels", "n_fft", "hop_length", "fmax")] == [128, 2048, 512, 8000]
    assert about["calibration"]["temperature"] == CALIBRATION["temperature"]
    steps = [step["step"] for step in about["preprocessing"]]
    assert steps == ["mono", "resample", "fit_length", "melspectrogram", "power_to_db", "clip", "scale", "resize"]
    assert about["preprocessing"][3]["shape"] == [128, 157]
    assert (export / "metadata.json").read_text() == (export / "audio_model_finetune.metadata.json").read_text()


def test_the_hash_in_the_metadata_is_the_models(export):
    about = json.loads((export / "audio_model_finetune.metadata.json").read_text())
    for model in export.rglob("*.keras"):
        assert hashlib.sha256(model.read_bytes()).hexdigest() == about["sha256"]


def test_labels_stand_in_the_models_order_under_their_header(export):
    wanted = "class\nausencia_audio\nvolume_baixo\neco_reverb\nruido_hiss\nsinal_teste\nnormal\n"
    places = sorted(p.relative_to(export).as_posix() for p in export.rglob("labels.csv"))
    assert places == [
        "labels.csv",
        "model_audio_keras/models/labels.csv",
        "model_audio_keras/models/training_files/labels.csv",
        "training_files/labels.csv",
    ]
    assert {(export / place).read_text() for place in places} == {wanted}


def test_env_lines_are_horuss(heimdall):
    assert env_lines(heimdall, dict.fromkeys(heimdall.faults, 0.7) | {"eco_reverb": 0.85}) == [
        "AUDIO_THRESH_AUSENCIA_AUDIO=0.7",
        "AUDIO_THRESH_ECO_REVERB=0.85",
        "AUDIO_THRESH_RUIDO_HISS=0.7",
        "AUDIO_THRESH_SINAL_TESTE=0.7",
        "AUDIO_THRESH_DEFAULT=0.68",
    ]


def test_both_languages_have_the_lines_and_the_places(export):
    text = (export / "README.md").read_text()
    for piece in (
        "## Install",
        "## Instalar",
        "## Validate",
        "## Validar",
        "AUDIO_THRESH_ECO_REVERB=0.6",
        "labels.csv",
    ):
        assert piece in text


def test_the_temperature_divides_the_logits(tmp_path, horus):
    picture = segment_to_input(tone(), horus.front_end)[np.newaxis]
    model = toy_model(horus)
    model.save(tmp_path / "m.keras")
    before = np.asarray(model(picture, training=False), float)
    after = np.asarray(calibrated_model(tmp_path / "m.keras", horus, 3.0)(picture, training=False), float)
    wanted = before ** (1 / 3) / (before ** (1 / 3)).sum()
    assert after == pytest.approx(wanted, abs=1e-5)
    assert np.abs(after - before).max() > 0.01


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_none_is_refused(tmp_path, horus, temperature):
    with pytest.raises(UserError, match="greater than 0"):
        calibrated_model(tmp_path / "m.keras", horus, temperature)


def test_a_model_of_another_task_is_refused(tmp_path, horus, heimdall):
    toy_model(heimdall).save(tmp_path / "m.keras")
    with pytest.raises(UserError, match=r"6 outputs.*make train TASK=horus"):
        calibrated_model(tmp_path / "m.keras", horus, 1.0)


def test_a_missing_threshold_leaves_the_old_package_alone(tmp_path, horus):
    old = tmp_path / "export"
    old.mkdir()
    (old / "kept").write_text("yes")
    with pytest.raises(UserError, match="no threshold for volume_baixo, eco_reverb"):
        write_bundle(
            old,
            horus,
            Path("m.keras"),
            {"temperature": 1},
            dict.fromkeys(["ausencia_audio", "ruido_hiss", "sinal_teste"], 0.5),
            {},
            {},
        )
    assert [p.name for p in tmp_path.iterdir()] == ["export"] and (old / "kept").exists()


def test_a_write_that_fails_half_way_leaves_the_old_package_alone(tmp_path, horus):
    package = write_toy_package(tmp_path / "out" / "export", horus)
    before = (package / "README.md").read_text(), (package / "audio_model_finetune.keras").read_bytes()
    with pytest.raises(TypeError):
        write_toy_package(package, horus, metrics={"not for JSON": object()})
    assert ((package / "README.md").read_text(), (package / "audio_model_finetune.keras").read_bytes()) == before
    assert sorted(p.name for p in package.parent.iterdir()) == ["export", "trained.keras"]


def test_a_new_package_takes_the_old_ones_place_whole(tmp_path, horus):
    package = write_toy_package(tmp_path / "out" / "export", horus)
    (package / "left over").write_text("")
    write_toy_package(package, horus, thresholds=dict.fromkeys(horus.faults, 0.9))
    assert not (package / "left over").exists()
    assert json.loads((package / "thresholds.json").read_text())["eco_reverb"] == 0.9

"""The exported package: its files, its atomic replacement, and its metadata."""

import errno
import hashlib
import json
import resource
import zipfile
from pathlib import Path

import numpy as np
import pytest

from horuslib.audio.features import segment_to_input
from horuslib.core.errors import UserError
from horuslib.export.bundle import calibrated_model, env_lines, write_bundle
from horuslib.tasks import load_task
from tests.conftest import tone
from tests.packages import CALIBRATION, toy_model, write_toy_package


def test_metadata_has_the_keys_that_horus_reads(export, horus):
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


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_hashes_in_the_metadata_are_the_files(export):
    about = json.loads((export / "audio_model_finetune.metadata.json").read_text())
    for model in export.rglob("*.keras"):
        assert sha256(model) == about["sha256"]
    assert sha256(export / "audio_model_finetune.tflite") == about["sha256_tflite"]
    assert {name: sha256(export / "model_audio_keras" / name) for name in about["files"]} == about["files"]
    assert {"preprocess.py", "models/audio_model_finetune.keras", "models/labels.csv"} < set(about["files"])


def test_the_zip_is_the_folder(export):
    folder = export / "model_audio_keras"
    with zipfile.ZipFile(export / "model_audio_keras.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert content == {f"model_audio_keras/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in files}


def test_the_readme_of_a_model_without_level_states_it(tmp_path):
    package = write_toy_package(tmp_path / "export", load_task("horus_minmax160"))
    about = json.loads((package / "audio_model_finetune.metadata.json").read_text())
    assert (about["input_shape"], about["front_end"], about["hears_level"]) == ([160, 160, 3], "minmax160", False)
    steps = [step["step"] for step in about["preprocessing"]]
    assert steps[3:] == ["melspectrogram", "power_to_db", "min_max", "channels", "resize", "scale"]
    text = (package / "README.md").read_text()
    assert "does not contain level" in text and "não contém o nível" in text and "160 x 160 x 3" in text


def test_labels_are_in_the_models_order_under_their_header(export):
    wanted = "class\nausencia_audio\nvolume_baixo\neco_reverb\nruido_hiss\nsinal_teste\nnormal\n"
    places = sorted(p.relative_to(export).as_posix() for p in export.rglob("labels.csv"))
    assert places == [
        "labels.csv",
        "model_audio_keras/models/labels.csv",
        "model_audio_keras/models/training_files/labels.csv",
        "training_files/labels.csv",
    ]
    assert {(export / place).read_text() for place in places} == {wanted}


def test_env_lines_have_horuss_format(heimdall):
    assert env_lines(heimdall, dict.fromkeys(heimdall.faults, 0.7) | {"eco_reverb": 0.85}) == [
        "AUDIO_THRESH_AUSENCIA_AUDIO=0.7",
        "AUDIO_THRESH_ECO_REVERB=0.85",
        "AUDIO_THRESH_RUIDO_HISS=0.7",
        "AUDIO_THRESH_SINAL_TESTE=0.7",
        "AUDIO_THRESH_DEFAULT=0.68",
        "HORUS_THRESHOLDS_FOR=network",
    ]


def test_both_languages_have_the_env_lines_and_the_sections(export):
    text = (export / "README.md").read_text()
    for piece in (
        "## Install",
        "## Instalar",
        "## Validate",
        "## Validar",
        "AUDIO_THRESH_ECO_REVERB=0.6",
        "python validate_audio_model_for_horus.py",
        "python run_inference_test.py",
        "horus validate",
        "--rollback",
    ):
        assert piece in text


def test_the_temperature_divides_the_logits(tmp_path, horus):
    inputs = segment_to_input(tone(), horus.front_end)[np.newaxis]
    model = toy_model(horus)
    model.save(tmp_path / "m.keras")
    before = np.asarray(model(inputs, training=False), float)
    after = np.asarray(calibrated_model(tmp_path / "m.keras", horus, 3.0)(inputs, training=False), float)
    wanted = before ** (1 / 3) / (before ** (1 / 3)).sum()
    assert after == pytest.approx(wanted, abs=1e-5)
    assert np.abs(after - before).max() > 0.01


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_an_invalid_temperature_is_refused(tmp_path, horus, temperature):
    with pytest.raises(UserError, match="greater than 0"):
        calibrated_model(tmp_path / "m.keras", horus, temperature)


def test_a_model_of_another_task_is_refused(tmp_path, horus, heimdall):
    toy_model(heimdall).save(tmp_path / "m.keras")
    with pytest.raises(UserError, match=r"6 outputs.*make train TASK=horus"):
        calibrated_model(tmp_path / "m.keras", horus, 1.0)


def test_the_top_class_is_unchanged_when_softmax_is_applied_again(export, horus):
    """Horus's validator applies softmax to the output: the top class must not change at any confidence."""
    import keras

    model = keras.saving.load_model(export / "audio_model_finetune.keras", compile=False)
    assert isinstance(model.layers[-1], keras.layers.Softmax)
    for first in range(len(horus.labels)):
        for lead in (0.01, 1.0, 50.0):
            logits = np.linspace(0, 1, len(horus.labels))
            logits[first] = 1 + lead
            shares = np.asarray(model.layers[-1](logits[np.newaxis].astype(np.float32)))
            again = np.exp(shares) / np.exp(shares).sum()
            assert again.argmax() == shares.argmax() == first


def test_a_corrupted_trained_model_is_a_clear_error(tmp_path, horus):
    (tmp_path / "m.keras").write_bytes(b"no zip at all")
    with pytest.raises(UserError, match=r"m\.keras does not load as a Keras model .*make train TASK=horus"):
        calibrated_model(tmp_path / "m.keras", horus, 1.0)


@pytest.fixture
def full_disk():
    """Limits files to 20 kB, as if the disk filled up during a write."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_a_clear_error_and_keeps_the_old_package(tmp_path, horus, full_disk):
    package = write_toy_package(tmp_path / "out" / "export", horus)
    before = {p: p.read_bytes() for p in package.rglob("*") if p.is_file()}
    full_disk()
    with pytest.raises(
        UserError, match=r"export could not be written \(File too large\); its previous content"
    ) as error:
        write_bundle(
            package, horus, package.with_name("trained.keras"), CALIBRATION, dict.fromkeys(horus.faults, 0.5), {}, {}
        )
    assert error.value.__cause__.errno == errno.EFBIG
    assert {p: p.read_bytes() for p in package.rglob("*") if p.is_file()} == before
    assert sorted(p.name for p in package.parent.iterdir()) == ["export", "trained.keras"]


def test_a_missing_threshold_keeps_the_old_package(tmp_path, horus):
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


def test_a_write_that_fails_half_way_keeps_the_old_package(tmp_path, horus):
    package = write_toy_package(tmp_path / "out" / "export", horus)
    before = (package / "README.md").read_text(), (package / "audio_model_finetune.keras").read_bytes()
    with pytest.raises(TypeError):
        write_toy_package(package, horus, metrics={"not for JSON": object()})
    assert ((package / "README.md").read_text(), (package / "audio_model_finetune.keras").read_bytes()) == before
    assert sorted(p.name for p in package.parent.iterdir()) == ["export", "trained.keras"]


@pytest.mark.slow
def test_a_new_package_replaces_the_old_one_completely(tmp_path, horus):
    package = write_toy_package(tmp_path / "out" / "export", horus)
    (package / "left over").write_text("")
    write_toy_package(package, horus, thresholds=dict.fromkeys(horus.faults, 0.9))
    assert not (package / "left over").exists()
    assert json.loads((package / "thresholds.json").read_text())["eco_reverb"] == 0.9

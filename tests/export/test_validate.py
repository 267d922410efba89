"""The checks of a package: each fails on the defect it is meant to detect, with the exit status."""

import hashlib
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from horuslib.audio.levels import rms_dbfs
from horuslib.cli import main
from horuslib.export.files.validate_audio_model_for_horus import (
    MODEL,
    NoPackage,
    _check_probes,
    checks,
    load_preprocess,
    package_folder,
    probes,
    read_metadata,
)
from horuslib.tasks import Task
from tests.packages import toy_model, write_toy_package

METADATA = "models/audio_model_finetune.metadata.json"


@pytest.fixture
def package(export, tmp_path):
    return shutil.copytree(export / "model_audio_keras", tmp_path / "model_audio_keras")


def failed(folder):
    return [row.check for row in checks(folder) if not row.passed]


def list_hash(folder, name):
    """Have the metadata list the file as it is now."""
    files = json.loads((folder / METADATA).read_text())["files"]
    change(folder, files=files | {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()})


def change(folder, **entries):
    """Write other entries into the metadata."""
    about = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps(about | entries))


@pytest.mark.slow
def test_a_valid_package_passes_every_check(package, capsys):
    rows = checks(package)
    assert [row for row in rows if not row.passed] == []
    predicted = {row.check: row.found.split()[0] for row in rows if row.expected.endswith("or more")}
    assert predicted == {
        "1 kHz tone, amplitude 0.5": "sinal_teste",
        "1 kHz tone, -16 dBFS": "sinal_teste",
        "1 kHz tone, -30 dBFS": "sinal_teste",
        "digital silence": "ausencia_audio",
        "noise floor, -80 dBFS": "ausencia_audio",
        "white noise, -30 dBFS": "ruido_hiss",
        "programme, -23 dBFS": "normal",
        "programme, 25 dB down": "volume_baixo",
        "programme, hiss 10 dB under it": "ruido_hiss",
    }
    assert main(["validate", str(package.parent)]) == 0
    assert f"{package}: all {len(rows)} checks passed." in capsys.readouterr().out


@pytest.mark.slow
def test_a_modified_file_is_detected_by_its_hash(package, capsys):
    script = package / "run_inference_test.py"
    script.write_text(script.read_text() + "\n# touched\n")
    assert failed(package) == ["sha256 of run_inference_test.py"]
    assert main(["validate", str(package)]) == 1
    out = capsys.readouterr().out
    assert "1 of " in out and out.count("FAILED") == 1


@pytest.mark.slow
def test_modified_code_is_not_run(package, capfd):
    script = package / "preprocess.py"
    script.write_text(script.read_text() + "\nprint('it runs')\n")
    assert failed(package) == ["sha256 of preprocess.py", "everything loads"]
    command = [sys.executable, str(package / "run_inference_test.py"), "any.wav"]
    assert subprocess.run(command, check=False).returncode == 2
    printed = capfd.readouterr()
    assert "preprocess.py is not the file that the metadata lists" in printed.err and "it runs" not in printed.out
    list_hash(package, "preprocess.py")
    assert failed(package) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "needed"),
    [
        ("validate_audio_model_for_horus.py", "numpy"),
        ("validate_audio_model_for_horus.py", "tensorflow"),
        ("validate_audio_model_for_horus.py", "librosa"),
        ("run_inference_test.py", "numpy"),
        ("run_inference_test.py", "tensorflow"),
    ],
)
def test_a_python_without_what_is_needed_gives_no_verdict(package, script, needed):
    """Python's own exit status would be 1, which says that a check failed."""
    run = f"import sys; sys.modules['{needed}'] = None; import runpy; sys.path.insert(0, '.'); "
    run += f"sys.argv = [{script!r}, *sys.argv[1:]]; runpy.run_path({script!r}, run_name='__main__')"
    given = ["any.wav"] if script.startswith("run") else []
    done = subprocess.run([sys.executable, "-c", run, *given], cwd=package, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"The package {needed} is missing" in done.stderr and "pip install" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("script", ["validate_audio_model_for_horus.py", "run_inference_test.py"])
def test_a_crash_has_a_status_of_its_own(package, script):
    """Whatever goes wrong within: here the tensorflow that is found is broken."""
    run = "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow'); import runpy; "
    run += f"sys.path.insert(0, '.'); sys.argv = [{script!r}, 'x'][:{1 + script.startswith('run')}]; "
    run += f"runpy.run_path({script!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", run], cwd=package, capture_output=True, text=True)
    assert done.returncode == 70 and "Traceback" in done.stderr and "no verdict" in done.stderr


@pytest.mark.parametrize("name", [MODEL, "preprocess.py", "models/labels.csv", "models/training_files/labels.csv"])
def test_a_package_that_lists_no_hash_of_what_it_needs_is_refused(package, name, capsys):
    files = json.loads((package / METADATA).read_text())["files"]
    files.pop(name)
    change(package, files=files)
    assert main(["validate", str(package)]) == 2
    assert f"`files` does not list {name}" in capsys.readouterr().err


@pytest.mark.slow
def test_a_task_with_labels_of_its_own_is_checked_as_far_as_its_classes_are_known(horus, tmp_path):
    content = horus.model_dump(mode="json", exclude_defaults=True)
    renamed = {label: f"own_{k}" for k, label in enumerate(horus.labels)}
    kinds = {own: horus.kind(label) for label, own in renamed.items()}
    rules = {renamed[label]: rule for label, rule in content["decision"]["labels"].items()}
    content |= {"name": "own", "labels": list(renamed.values()), "kinds": kinds, "aliases": {}}
    content["decision"] |= {"labels": rules, "priority": [renamed[x] for x in content["decision"].get("priority", [])]}
    package = write_toy_package(tmp_path / "export", Task(**content))
    found = {row.check: row.passed for row in checks(package_folder(package))}
    assert all(found.values()) and "the output is a softmax" in found
    assert sum(check.startswith("threshold of") for check in found) == len(horus.faults)


@pytest.mark.slow
def test_the_model_for_horus_scan_is_checked_too(export, tmp_path, capsys):
    """Given the whole export, the model that `horus scan` loads is checked too."""
    copy = shutil.copytree(export, tmp_path / "copy")
    (copy / "audio_model_finetune.tflite").write_bytes(b"cut off")
    assert main(["validate", str(copy)]) == 1
    assert "audio_model_finetune.tflite is damaged" in capsys.readouterr().err
    assert main(["validate", str(copy / "model_audio_keras")]) == 0


@pytest.mark.slow
def test_no_library_writes_to_standard_error(export):
    command = [sys.executable, "-m", "horuslib.cli", "validate", str(export)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "checks passed" in result.stdout and result.stderr == ""


def test_labels_in_another_order_are_detected(package):
    lines = (package / "models/labels.csv").read_text().splitlines()
    (package / "models/labels.csv").write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n")
    assert failed(package) == ["sha256 of models/labels.csv", "labels of models/labels.csv"]


def test_parameters_of_another_model_are_detected(package):
    change(package, sample_rate=22050, input_shape=[160, 160, 3], thresholds={"eco_reverb": 1.5})
    found = failed(package)
    for check in ("preprocess.DEFAULT_SR", "model's input and output", "threshold of eco_reverb"):
        assert check in found


def test_a_model_that_misses_classes_fails_on_their_probes(package, horus):
    model = toy_model(horus)
    weights, bias = model.get_layer("logits").get_weights()
    bias[horus.labels.index("normal")] = 1000
    model.get_layer("logits").set_weights([weights, bias])
    model.save(package / MODEL)
    found = failed(package)
    assert {"1 kHz tone, amplitude 0.5", "digital silence", "programme, 25 dB down"} < set(found)
    assert "programme, -23 dBFS" not in found and "the output is a softmax" not in found


def test_a_model_that_outputs_logits_is_detected(package, horus):
    import keras

    model = toy_model(horus)
    keras.Model(model.input, model.get_layer("logits").output).save(package / MODEL)
    assert "the output is a softmax" in failed(package)


@pytest.mark.parametrize("name", ["preprocess.py", MODEL])
def test_a_file_that_does_not_load_is_a_failed_check_with_a_reason(package, name):
    (package / name).write_bytes(b"\0 neither Python nor a model")
    list_hash(package, name)
    *_, last = checks(package)
    assert last.check == "everything loads" and not last.passed
    assert name.split("/")[-1] in last.found


def test_without_a_package_the_error_names_what_is_missing(tmp_path, package, capsys):
    with pytest.raises(NoPackage, match="nowhere is no folder"):
        package_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert main(["validate", str(tmp_path / "empty")]) == 2
    assert "holds no models/audio_model_finetune.metadata.json" in capsys.readouterr().err
    (package / METADATA).write_text('{"labels": ["normal"]}')
    assert main(["validate", str(package)]) == 2
    assert "KeyError: 'sample_rate'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "models/../../secret", "linked/secret", "a\0b"])
def test_a_hash_of_a_file_outside_of_the_package_is_refused(package, name, capsys):
    (package.parent / "secret").write_text("secret")
    (package / "linked").symlink_to(package.parent)
    change(package, files={name: "0" * 64})
    assert main(["validate", str(package)]) == 2
    printed = capsys.readouterr()
    assert "cannot be used" in printed.err and "is not a path in the package" in printed.err and printed.out == ""


@pytest.mark.parametrize(
    "entry",
    [
        {"files": ["preprocess.py"]},
        {"files": {"preprocess.py": 3}},
        {"labels": "normal"},
        {"labels": [["normal"]]},
        {"thresholds": []},
        {"sample_rate": "16000"},
        {"segment_duration_s": None},
        {"input_shape": 128},
        {"input_shape": ["128"]},
    ],
)
def test_metadata_of_another_type_is_refused(package, entry, capsys):
    change(package, **entry)
    assert main(["validate", str(package)]) == 2
    (name,) = entry
    assert f"`{name}` must be" in capsys.readouterr().err


@pytest.mark.parametrize(("right", "passed"), [(3, True), (2, True), (1, False)])
def test_two_of_three_programmes_must_be_classified_correctly(export, horus, right, passed):
    about = read_metadata(package_folder(export))
    labels, normal = about["labels"], about["labels"].index("normal")
    played = probes(about["sample_rate"], about["segment_duration_s"])
    before = sum(len(p.sounds) for p in played[: [p.name for p in played].index("programme, -23 dBFS")])

    def model(inputs, training):
        shares = np.full((len(inputs), len(labels)), 0.01)
        predicted = [normal if before <= k < before + right else 0 for k in range(len(inputs))]
        shares[np.arange(len(inputs)), predicted] = 1 - 0.01 * (len(labels) - 1)
        return shares

    (row,) = (
        row
        for row in _check_probes(model, load_preprocess(package_folder(export), about), about)
        if row.check == "programme, -23 dBFS"
    )
    assert row.passed == passed


@pytest.mark.parametrize(
    ("target_lufs", "named"),
    [
        (-23.0, {"programme, -23 dBFS": -23, "programme, 25 dB down": -48}),
        (-31.5, {"programme, -31.5 dBFS": -31.5, "programme, 22.5 dB down": -54}),
    ],
)
def test_programme_is_played_at_the_channels_level(export, target_lufs, named):
    about = read_metadata(package_folder(export))
    about = {**about, "task": {**about["task"], "decision": {**about["task"]["decision"], "target_lufs": target_lufs}}}

    def model(inputs, training):
        return np.full((len(inputs), len(about["labels"])), 1 / len(about["labels"]))

    rows = [row.check for row in _check_probes(model, load_preprocess(package_folder(export), about), about)]
    assert set(named) < set(rows)
    played = {p.name: p.sounds for p in probes(16000, 5.0, level_dbfs=target_lufs)}
    assert {name: rms_dbfs(played[name][0]) for name in named} == pytest.approx(named, abs=0.01)


@pytest.mark.slow
def test_a_model_of_street_sound_is_asked_for_sirens():
    """Hi-lo horns must be sirens; a line-up tone, noise and silence must not, whatever else they are."""
    labels = ["emergency_sirens", "alert_sounds"]
    about = {
        "labels": labels,
        "sample_rate": 16000,
        "segment_duration_s": 10.0,
        "task": {"kinds": {"emergency_sirens": "siren", "alert_sounds": "alert"}},
    }
    played = [probe for probe in probes(16000, 10.0, "emergency_sirens") if probe.label == "emergency_sirens"]
    assert [probe.never for probe in played] == [False, True, True]

    class Whole:
        """Gives each sound as it is, so that the stand-in for a model can hear it."""

        @staticmethod
        def audio_segment_to_input(samples, sr):
            return np.asarray(samples, np.float32)[np.newaxis]

    def alternates(sounds, training):
        """Whether a sound's strongest frequency changes between its half seconds."""
        parts = np.abs(np.fft.rfft(sounds.reshape(len(sounds), -1, 8000), axis=-1)).argmax(axis=-1)
        siren = (np.abs(parts[:, 0] / np.maximum(parts[:, 1], 1) - 0.75) < 0.02).astype(float)
        return np.column_stack([0.9 * siren + 0.05, 0.95 - 0.9 * siren])

    def verdicts(model):
        return {
            row.check: row.passed
            for row in _check_probes(model, Whole, about)
            if "siren" in row.check or "horn" in row.check
        }

    assert verdicts(alternates) == {
        "hi-lo horn": True,
        "1 kHz tone, no siren": True,
        "noise and silence, no siren": True,
    }
    always = verdicts(lambda sounds, training: np.tile([0.9, 0.1], (len(sounds), 1)))
    assert always == {"hi-lo horn": True, "1 kHz tone, no siren": False, "noise and silence, no siren": False}
    never = verdicts(lambda sounds, training: np.tile([0.1, 0.9], (len(sounds), 1)))
    assert never == {"hi-lo horn": False, "1 kHz tone, no siren": True, "noise and silence, no siren": True}

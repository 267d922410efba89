"""Whether the package works without this project, in a separate environment (`environment.py`)."""

import csv
import json
import subprocess

import numpy as np
import pytest

from horuslib.acoustics.rooms import convolve, echo_response, room_response
from horuslib.audio.encode import write_wav
from horuslib.audio.features import segments_to_inputs
from horuslib.tasks import load_task
from tests.conftest import noise, syllables, tone
from tests.export.environment import bare_environment
from tests.packages import write_toy_package

pytestmark = pytest.mark.slow

TASKS = ("horus", "heimdall", "horus_minmax160")
PREPARE = """
import importlib.util, json, sys
import numpy as np

facts = {}
for name, folder in zip(sys.argv[2::2], sys.argv[3::2]):
    spec = importlib.util.spec_from_file_location("preprocess", folder + "/preprocess.py")
    p = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(p)
    with np.load(f"{sys.argv[1]}/{name}.npz") as sounds:
        inputs = {key: p.audio_segment_to_input(x, sr=p.DEFAULT_SR) for key, x in sounds.items()}
    np.savez(f"{sys.argv[1]}/{name}_inputs.npz", **inputs)
    facts[name] = [p.SEGMENT_DURATION, p.DEFAULT_SR]
facts["installed"] = [m for m in ("horuslib", "pandas", "pydantic", "av") if importlib.util.find_spec(m)]
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    return bare_environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    return {name: write_toy_package(folder / name / "export", load_task(name)) for name in TASKS}


def alone(python, *arguments, status=0, cwd=None):
    """Run the other environment's Python, isolated from this one; returns its standard output."""
    command = [python, "-E", "-s", *arguments]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=300, cwd=cwd or python.parent
    )
    assert done.returncode == status, done.stdout + done.stderr[-3000:]
    return done.stdout


def every_class(front_end, rng):
    """Sound of each class, at a task's rate, and sounds that are too short, too long and below every floor."""
    seconds, rate = front_end.segment_s, front_end.sample_rate_hz
    voice = syllables(rng, seconds, rate, level_dbfs=-23)
    return {
        "normal": voice,
        "volume_baixo": syllables(rng, seconds, rate, level_dbfs=-50),
        "eco_reverb, echo": convolve(voice, echo_response(rate, 0.3, -3.0)).astype(np.float32),
        "eco_reverb, room": convolve(voice, room_response(rng, rate, 2.0, -6.0)).astype(np.float32),
        "ruido_hiss": voice + noise(rng, seconds, rate, level_dbfs=-30),
        "sinal_teste": tone(seconds, rate),
        "ausencia_audio, zero": np.zeros(front_end.segment_samples, np.float32),
        "ausencia_audio, floor": noise(rng, seconds, rate, level_dbfs=-80),
        "under the floor": noise(rng, seconds, rate, level_dbfs=-150),
        "short": voice[: len(voice) // 3],
        "long": np.concatenate([voice, voice]),
    }


def test_its_preprocessing_equals_ours(python, packages, tmp_path, rng):
    sounds = {name: every_class(load_task(name).front_end, rng) for name in TASKS}
    for name in TASKS:
        np.savez(tmp_path / f"{name}.npz", **sounds[name])
    folders = [part for name in TASKS for part in (name, packages[name] / "model_audio_keras")]
    facts = json.loads(alone(python, "-c", PREPARE, tmp_path, *folders))
    assert facts.pop("installed") == []
    for name in TASKS:
        front_end = load_task(name).front_end
        assert facts[name] == [front_end.segment_s, front_end.sample_rate_hz]
        inputs = np.load(tmp_path / f"{name}_inputs.npz")
        wanted = segments_to_inputs(list(sounds[name].values()), front_end)
        for key, expected in zip(sounds[name], wanted, strict=True):
            assert inputs[key].shape == (1, *front_end.input_shape) and inputs[key].dtype == np.float32
            np.testing.assert_allclose(inputs[key][0], expected, atol=1e-5, err_msg=f"{name}: {key}")


@pytest.mark.parametrize("name", ["horus", "horus_minmax160"])
def test_it_validates_itself(python, packages, name):
    folder = packages[name] / "model_audio_keras"
    printed = alone(python, folder / "validate_audio_model_for_horus.py")
    lines = printed.splitlines()
    row = next(line for line in lines if line.startswith("1 kHz tone, amplitude 0.5"))
    assert "sinal_teste 0.90 or more" in row and row.endswith("ok")
    assert any("digital silence" in line and "ausencia_audio" in line for line in lines)
    # A model without level in its input is not tested on level.
    assert any("25 dB down" in line for line in lines) == (name == "horus")
    assert lines[-1].endswith("checks passed.") and not any(line.endswith("FAILED") for line in lines)


def test_it_lists_its_predictions_for_files(python, packages, tmp_path, rng):
    sound = np.concatenate([tone(10), syllables(rng, 6)])
    write_wav(tmp_path / "a.wav", sound, 16000)
    (tmp_path / "b.wav").write_text("no sound")
    script = packages["horus"] / "model_audio_keras" / "run_inference_test.py"
    printed = alone(python, script, "--csv", tmp_path / "t.csv", "a.wav", "b.wav", status=3, cwd=tmp_path)
    assert printed.startswith("a.wav: 6 segments of 5 s, one every 2.5 s")
    with open(tmp_path / "t.csv", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert list(rows[0]) == ["file", "timestamp_start", "timestamp_end", "predicted_class", "confidence"]
    spans = [(float(row["timestamp_start"]), float(row["timestamp_end"])) for row in rows]
    # 16 s: five whole segments, and the last second in one that ends with the file
    assert spans == [(0, 5), (2.5, 7.5), (5, 10), (7.5, 12.5), (10, 15), (11, 16)]
    assert [row["predicted_class"] for row in rows][:3] == ["sinal_teste"] * 3
    assert rows[-1]["predicted_class"] == "normal"
    assert all(0.5 < float(row["confidence"]) <= 1 for row in (rows[0], rows[-1]))

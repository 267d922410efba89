"""Many files, long files, and files that fail while being read."""

import subprocess
import sys
import wave

import numpy as np
import pytest
import soundfile

from horuslib.audio.media import stream_audio
from horuslib.inference.pipeline import diagnoses
from tests.conftest import syllables, tone

MEASURED_SCAN = """
import re, sys
from horuslib.cli import main
status = main(sys.argv[1:])
# Not getrusage: its peak begins with that of the process which started this one.
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 2**10)
sys.exit(status)
"""


@pytest.mark.slow
def test_files_that_share_batches_keep_their_own_sound(detector, tmp_path, rng):
    """Lengths around a block and a batch, tones at odd positions: no sound may leak into another file."""
    lengths_s = [5, 6, 41, 44, 90, 170, 7, 23]
    for k, seconds in enumerate(lengths_s):
        sound = tone(seconds) if k % 2 else syllables(rng, seconds)
        soundfile.write(tmp_path / f"{k}.wav", sound, 16000)
    files = [(tmp_path / f"{k}.wav", f"{k}") for k in range(len(lengths_s))]
    found = {d["file"]: d for d in diagnoses(files, detector, decoders=[stream_audio] * 3)}
    assert len(found) == len(files)
    for k, seconds in enumerate(lengths_s):
        (alone,) = diagnoses([files[k]], detector, decoders=[stream_audio])
        assert found[f"{k}"] == alone
        assert alone["duration_s"] == seconds
        assert alone["audio"]["class"] == ("sinal_teste" if k % 2 else "normal")
        starts = [s["timestamp_start"] for s in alone["segments"]]
        assert starts == sorted(starts)


def test_progress_is_counted_during_classification(detector, tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", tone(60), 16000)
    processed = []
    list(diagnoses([(tmp_path / "a.wav", "a")], detector, processed=processed.append))
    assert sum(processed) == pytest.approx(60, abs=5) and len(processed) > 1


def test_an_error_of_the_list_itself_reaches_the_caller(detector, tmp_path):
    def files():
        yield tmp_path / "missing.wav", "missing"
        raise OSError("the list went away")

    given = diagnoses(files(), detector)
    with pytest.raises(OSError, match="the list went away"):
        assert [next(given)["status"], *given] == ["error"]


@pytest.mark.slow
def test_a_reader_may_stop_early(detector, tmp_path, rng):
    soundfile.write(tmp_path / "a.wav", np.tile(tone(10), 60), 16000)
    given = diagnoses([(tmp_path / "a.wav", f"{k}") for k in range(20)], detector)
    assert next(given)["status"] == "ok"
    given.close()


@pytest.mark.slow
def test_eight_hours_need_no_more_memory_than_a_scan_may_have(package, tmp_path, rng):
    with wave.open(str(tmp_path / "day.wav"), "wb") as day:
        day.setparams((1, 1, 8000, 0, "NONE", ""))
        minute = np.clip(rng.normal(128, 20, 8000 * 60), 0, 255).astype(np.uint8).tobytes()
        for _ in range(8 * 60):
            day.writeframesraw(minute)
    given = ["scan", str(tmp_path / "day.wav"), "--model", str(package), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", MEASURED_SCAN, *given], capture_output=True, text=True)
    assert done.returncode == 0 and "8.00 h of sound" in done.stdout
    assert float(done.stdout.splitlines()[-1]) < 1200, "MiB at the peak"

import numpy as np
import pytest

from horuslib.audio.encode import write_video
from horuslib.audio.levels import rms_dbfs, tone_share
from horuslib.export.files.run_inference_test import read, segments
from tests.conftest import tone


@pytest.mark.parametrize(
    ("total", "spans"),
    [
        (50, [(0, 50)]),
        (30, [(0, 30)]),
        (51, [(0, 50), (1, 51)]),
        (75, [(0, 50), (25, 75)]),
        (80, [(0, 50), (25, 75), (30, 80)]),
    ],
)
def test_every_sample_is_covered_and_the_last_segment_ends_with_the_file(total, spans):
    assert segments(total, 50, 25) == spans


@pytest.mark.slow
def test_a_video_is_read_where_there_is_no_ffmpeg_to_call(tmp_path, monkeypatch):
    frame = np.zeros((64, 64, 3), np.uint8)
    write_video(tmp_path / "v.mp4", tone(4, 48000), 48000, [frame] * 40, 10)
    monkeypatch.setenv("PATH", "")
    samples = read(str(tmp_path / "v.mp4"), 16000)
    assert samples.ndim == 1 and len(samples) == pytest.approx(4 * 16000, abs=2048)
    assert rms_dbfs(samples[8000:-8000]) == pytest.approx(-20, abs=0.5)
    assert tone_share(samples[8000:-8000], 16000) > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, b"no sound"])
def test_an_unreadable_file_is_a_clear_error_with_its_name(tmp_path, content):
    if content:
        (tmp_path / "x.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.mp4: (there is no such file|no sound can be read here; install ffmpeg)"):
        read(str(tmp_path / "x.mp4"), 16000)

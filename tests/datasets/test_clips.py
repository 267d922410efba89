"""Clips of any length: from folders and from a table, too short ones with a sentence, all others in one segment."""

import numpy as np
import pytest

from horuslib.audio.encode import write_wav
from horuslib.core.errors import UserError
from horuslib.datasets.dataset import ingest, require_learnable
from horuslib.tasks import load_task

TASK = load_task("sirens")
RATE_HZ = TASK.front_end.sample_rate_hz


def write(path, seconds, seed=0):
    rng = np.random.default_rng([seed, *path.name.encode(), round(1000 * seconds)])
    return write_wav(path, 0.1 * rng.standard_normal(round(seconds * RATE_HZ)), RATE_HZ)


def test_a_clip_is_one_segment_of_its_folders_class(tmp_path):
    write(tmp_path / "raw/Emergency Sirens/a.wav", 3.0)
    write(tmp_path / "raw/human-scream/b.wav", 0.4)
    write(tmp_path / "raw/road_traffic/c.wav", 10.0)
    segments = ingest(tmp_path / "raw", TASK, tmp_path / "cache").segments.sort_values("end_s")
    assert segments.label.tolist() == ["human_scream", "emergency_sirens", "road_traffic"]
    assert segments.end_s.round(2).tolist() == [0.4, 3.0, 10.0] and (segments.start_s == 0).all()


@pytest.mark.parametrize("seconds", [0.1, 0.0])
def test_a_clip_too_short_to_know_is_a_sentence(tmp_path, seconds):
    write(tmp_path / "raw/human_scream/a.wav", seconds)
    tables = ingest(tmp_path / "raw", TASK, tmp_path / "cache")
    assert len(tables.segments) == 0
    assert len(tables.report) == 1
    with pytest.raises(UserError, match="No recording with labelled sound"):
        require_learnable(tables, TASK)


@pytest.mark.slow
def test_a_class_without_clips_says_where_they_belong(tmp_path):
    write(tmp_path / "raw/human_scream/a.wav", 1.0)
    with pytest.raises(UserError, match=r"Only one recording .*: add clips, in a folder per class"):
        require_learnable(ingest(tmp_path / "raw", TASK, tmp_path / "cache"), TASK)
    for label in TASK.labels[1:]:
        write(tmp_path / "raw" / label / f"{label}1.wav", 1.5)
    with pytest.raises(UserError, match=r"for emergency_sirens: add at least one clip of it, in a folder of that name"):
        require_learnable(ingest(tmp_path / "raw", TASK, tmp_path / "cache"), TASK)


def test_a_table_names_the_class_of_each_clip(tmp_path):
    for name in ("a", "b", "c"):
        write(tmp_path / f"raw/clips/{name}.wav", 2.0)
    rows = "path,label\nclips/a.wav,siren\nclips/b.wav,Road Traffic\nclips/x.wav,siren\nclips/c.wav,whistle\n"
    (tmp_path / "raw/labels.csv").write_text(rows)
    tables = ingest(tmp_path / "raw", TASK, tmp_path / "cache")
    assert sorted(tables.segments.label.dropna()) == ["emergency_sirens", "road_traffic"]
    assert sorted(tables.report.problem) == ["no such clip", "unknown class 'whistle'"]


def test_a_table_without_its_columns_is_a_sentence(tmp_path):
    write(tmp_path / "raw/a.wav", 2.0)
    (tmp_path / "raw/labels.csv").write_text("file,class\na.wav,siren\n")
    report = ingest(tmp_path / "raw", TASK, tmp_path / "cache").report
    assert report.problem.tolist() == ["no column path, label"]
